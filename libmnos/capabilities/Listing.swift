/// One answer of a list that is read step by step, as it is at each step.
public enum ListStep<Member: Equatable & Sendable>: Equatable, Sendable {
  case member(Member)
  /// None among those that one call looks at: to be asked again from here.
  case goOn(from: UInt64)
  case end
}

/// What a slot of a process's table holds. Its handle is of use to that process alone.
public struct CapabilityListing: Equatable, Sendable {
  public let slot: UInt16
  public let generation: UInt16
  public let type: ObjectType
  public let rights: Rights
  /// Of a port range: first port, count in bits 32 to 63.
  public let badge: UInt64
  public let state: SlotState
  /// While it is `bound`: what for.
  public let role: BindingRole

  public init(
    slot: UInt16, generation: UInt16, type: ObjectType, rights: Rights, badge: UInt64,
    state: SlotState = .held, role: BindingRole = .none
  ) {
    self.slot = slot
    self.generation = generation
    self.type = type
    self.rights = rights
    self.badge = badge
    self.state = state
    self.role = role
  }
}

/// A thread of a process, by the number that no other thread of it ever has.
public struct ThreadListing: Equatable, Sendable {
  public let number: UInt64
  public let state: ThreadState
  public let priority: UInt8
  public let processorNanoseconds: UInt64
  public let isSuspended: Bool
  /// Its share of the CPU's time is spent.
  public let isThrottled: Bool

  public init(
    number: UInt64, state: ThreadState, priority: UInt8, processorNanoseconds: UInt64,
    isSuspended: Bool = false, isThrottled: Bool = false
  ) {
    self.number = number
    self.state = state
    self.priority = priority
    self.processorNanoseconds = processorNanoseconds
    self.isSuspended = isSuspended
    self.isThrottled = isThrottled
  }
}

/// A process of the machine, by the number that no other process ever has.
public struct ProcessListing: Equatable, Sendable {
  public let number: UInt64
  public let state: ProcessState
  public let threadCount: UInt64
  /// Charged for its address space and its table; what it maps is charged elsewhere.
  public let memoryByteCount: UInt64
  public let processorNanoseconds: UInt64
  public let capabilityCount: UInt64
  /// The number of the process that made it, or 0; that one may have ended.
  public let maker: UInt64
}

extension Process {
  /// What the first slot from a position on holds that is not empty.
  ///
  /// - Throws: `noRight` without `read`. Cost: at most 64 slots are looked at.
  public func nextCapability(
    from position: UInt64
  ) throws(SyscallStatus) -> ListStep<CapabilityListing> {
    try SystemCall.list(argument, .capabilities, from: position) { (words) in
      CapabilityListing(
        slot: UInt16(truncatingIfNeeded: words[0]),
        generation: UInt16(truncatingIfNeeded: words[4]),
        type: ObjectType(rawValue: UInt8(truncatingIfNeeded: words[1])) ?? .none,
        rights: Rights(bits: UInt16(truncatingIfNeeded: words[2])), badge: words[3],
        state: SlotState(rawValue: UInt8(truncatingIfNeeded: words[5])) ?? .held,
        role: BindingRole(rawValue: UInt8(truncatingIfNeeded: words[6])) ?? .none)
    }
  }

  /// The first thread from a number on that has not ended.
  ///
  /// - Throws: `noRight` without `read`. Cost: O(log n) of the threads.
  public func nextThread(
    from number: UInt64
  ) throws(SyscallStatus) -> ListStep<ThreadListing> {
    try SystemCall.list(argument, .threads, from: number) { (words) in
      ThreadListing(
        number: words[0],
        state: ThreadState(rawValue: UInt8(truncatingIfNeeded: words[1])) ?? .ended,
        priority: UInt8(truncatingIfNeeded: words[2]), processorNanoseconds: words[3],
        isSuspended: words[4] != 0, isThrottled: words[5] != 0)
    }
  }
}

extension Machine {
  /// The first process from a number on that has not ended, whoever made it.
  ///
  /// - Throws: `noRight` without `read`. Cost: O(log n) of the processes.
  public func nextProcess(
    from number: UInt64
  ) throws(SyscallStatus) -> ListStep<ProcessListing> {
    try SystemCall.list(argument, .processes, from: number) { (words) in
      ProcessListing(
        number: words[0],
        state: ProcessState(rawValue: UInt8(truncatingIfNeeded: words[1])) ?? .ended,
        threadCount: words[2], memoryByteCount: words[3], processorNanoseconds: words[4],
        capabilityCount: words[5], maker: words[6])
    }
  }
}
