extension Budget {
  /// A budget inside this one: what it may use is taken from this one at once.
  ///
  /// - Parameter share: How much of the CPU's time it may use, taken from the nearest budget above
  ///   that has a share; nil to use that one's with all others that do so.
  /// - Throws: `noMemory`, `noSlot`, `unavailable` if this one has not that much memory, objects
  ///   or time left; `badArgument` for a share that cannot be.
  public func makeBudget(
    memoryLimit: UInt64, objectLimit: UInt64, share: CPUShare? = nil
  ) throws(SyscallStatus) -> Budget {
    Budget(
      adopting: try create(
        .budget, memoryLimit, objectLimit, share?.microseconds ?? 0, share?.period ?? 0))
  }

  public func makeEndpoint() throws(SyscallStatus) -> ReceiveEndpoint {
    ReceiveEndpoint(adopting: try create(.endpoint))
  }

  public func makeNotification() throws(SyscallStatus) -> Notification {
    Notification(adopting: try create(.notification))
  }

  /// Zeroed memory, in any frames.
  ///
  /// - Parameters:
  ///   - byteCount: Rounded up to whole pages.
  ///   - caching: How its mappings are cached.
  /// - Throws: `noMemory` when the budget is spent.
  public func makeMemory(
    byteCount: UInt64, caching: Caching = .normal
  ) throws(SyscallStatus) -> Memory {
    Memory(
      adopting: try create(
        .memory, try Pages.roundUp(byteCount), MemoryOptions.cached(caching).bits))
  }

  /// Zeroed memory in one run of frames, as devices need it. Whoever has `manage` on it can ask
  /// where it is.
  ///
  /// - Parameters:
  ///   - byteCount: Rounded up to whole pages.
  ///   - alignment: Bytes: a power of two from the page size to 2^40; nil for a page.
  ///   - limit: Where it has to end at the latest, on a page boundary; nil for anywhere.
  ///   - caching: How its mappings are cached.
  /// - Throws: `noMemory` when the budget is spent or no such run is free; `badArgument` for an
  ///   alignment or a limit that cannot be.
  public func makeContiguousMemory(
    byteCount: UInt64, alignment: UInt64? = nil, below limit: PhysicalAddress? = nil,
    caching: Caching = .normal
  ) throws(SyscallStatus) -> Memory {
    Memory(
      adopting: try create(
        .memory, try Pages.roundUp(byteCount),
        MemoryOptions.contiguous.union(.cached(caching)).bits, limit?.rawValue ?? 0,
        alignment ?? 0))
  }

  /// An empty process: no memory, no capabilities, no threads.
  public func makeProcess() throws(SyscallStatus) -> Process {
    Process(adopting: try create(.process))
  }

  /// A thread that was not started, with a priority no higher than the caller's.
  public func makeThread(
    in process: borrowing Process, priority: UInt8
  ) throws(SyscallStatus) -> Thread {
    Thread(adopting: try create(.thread, process.argument, UInt64(priority)))
  }

  /// The registers of a device; `machine` needs `manage`.
  public func makeDeviceMemory(
    at address: PhysicalAddress, byteCount: UInt64, of machine: borrowing Machine,
    caching: Caching = .device
  ) throws(SyscallStatus) -> Memory {
    Memory(
      adopting: try create(
        .memory, try Pages.roundUp(byteCount), MemoryOptions.device.union(.cached(caching)).bits,
        machine.argument, address.rawValue))
  }

  /// What a device may reach; `machine` needs `manage`. Only memory of this budget can be mapped in
  /// it, so this is not the budget of who may end before the device is stopped.
  ///
  /// - Parameter limit: One past the highest address that the device can use, on a page boundary;
  ///   nil if it can use all.
  public func makeDMASpace(
    of machine: borrowing Machine, below limit: DeviceAddress? = nil
  ) throws(SyscallStatus) -> DMASpace {
    DMASpace(adopting: try create(.dmaSpace, machine.argument, limit?.rawValue ?? 0))
  }

  public func makeInterrupt(
    line: UInt64, of machine: borrowing Machine
  ) throws(SyscallStatus) -> Interrupt {
    Interrupt(adopting: try create(.interrupt, machine.argument, line))
  }

  public func makePortRange(
    first: UInt16, count: UInt64, of machine: borrowing Machine
  ) throws(SyscallStatus) -> PortRange {
    PortRange(adopting: try create(.portRange, machine.argument, UInt64(first), count))
  }

  /// Ends everything that is charged to it, whoever holds capabilities to that: processes,
  /// threads, memory, endpoints, budgets made from it. On return its parent has all of it
  /// back, and every capability to what ended is gone, those to the budget itself included.
  ///
  /// - Throws: `noRight` without `manage`.
  public func destroy() throws(SyscallStatus) { try SystemCall.invoke(.destroy, argument) }

  /// What it may use and what it does: bytes and objects.
  public func usage() throws(SyscallStatus) -> BudgetUsage {
    let words = try query()
    return BudgetUsage(
      memoryLimit: words[0], memoryUsed: words[1], objectLimit: words[2], objectsUsed: words[3],
      processCount: words[4],
      share: words[6] == 0 ? nil : CPUShare(microseconds: words[5], period: words[6]),
      timeUsed: words[7])
  }

  private func create(
    _ type: ObjectType, _ word0: UInt64 = 0, _ word1: UInt64 = 0, _ word2: UInt64 = 0,
    _ word3: UInt64 = 0
  ) throws(SyscallStatus) -> Handle {
    Handle(
      value: try SystemCall.invoke(
        .create, argument, UInt64(type.rawValue), UInt64(SlotChoice.any), word0: word0,
        word1: word1, word2: word2, word3: word3))
  }
}

public struct BudgetUsage: Equatable, Sendable {
  public let memoryLimit: UInt64
  public let memoryUsed: UInt64
  public let objectLimit: UInt64
  public let objectsUsed: UInt64
  /// Processes charged to it, and budgets made from it.
  public let processCount: UInt64
  /// What of the CPU's time it may use, without what budgets made from it were given.
  public var share: CPUShare?
  /// Nanoseconds of its share that are used in the period that runs.
  public var timeUsed: UInt64 = 0

  /// Bytes that may still be used.
  public var freeMemory: UInt64 { memoryLimit > memoryUsed ? memoryLimit - memoryUsed : 0 }
}

/// How much of a CPU's time may be used in each period. Who has used it up runs only when nobody
/// else wants the CPU, until the period ends.
public struct CPUShare: Equatable, Sendable {
  /// At most the period, more than 0.
  public let microseconds: UInt64
  /// Microseconds, 1,000 to 1,000,000.
  public let period: UInt64

  public init(microseconds: UInt64, period: UInt64) {
    self.microseconds = microseconds
    self.period = period
  }

  /// So many hundredths of each 20 milliseconds: short enough not to be noticed by who waits for
  /// somebody else's share to end.
  ///
  /// - Precondition: 1 to 100.
  public static func percent(_ hundredths: UInt64) -> CPUShare {
    CPUShare(microseconds: hundredths * 200, period: 20_000)
  }

  /// Whether the kernel would take it.
  public var isPossible: Bool {
    (1_000...1_000_000).contains(period) && microseconds > 0 && microseconds <= period
  }

  /// Millionths of a CPU, rounded up as the kernel does when it adds shares.
  ///
  /// - Precondition: `isPossible`.
  public var millionths: UInt64 { (microseconds * 1_000_000 + period - 1) / period }
}

/// Arithmetic on pages.
public enum Pages {
  /// `byteCount` as whole pages. - Throws: `badArgument` if that does not fit 64 bits.
  public static func roundUp(_ byteCount: UInt64) throws(SyscallStatus) -> UInt64 {
    let (sum, overflow) = byteCount.addingReportingOverflow(Limits.pageByteCount - 1)
    guard !overflow else { throw .badArgument }
    return sum & ~(Limits.pageByteCount - 1)
  }
}
