extension Budget {
  /// A budget inside this one: what it uses, this one uses too.
  public func makeBudget(memoryLimit: UInt64, objectLimit: UInt64) throws(SyscallStatus) -> Budget {
    Budget(adopting: try create(.budget, memoryLimit, objectLimit))
  }

  public func makeEndpoint() throws(SyscallStatus) -> ReceiveEndpoint {
    ReceiveEndpoint(adopting: try create(.endpoint))
  }

  public func makeNotification() throws(SyscallStatus) -> Notification {
    Notification(adopting: try create(.notification))
  }

  /// Zeroed memory.
  ///
  /// - Parameter byteCount: Rounded up to whole pages.
  /// - Throws: `noMemory` when the budget is spent.
  public func makeMemory(byteCount: UInt64) throws(SyscallStatus) -> Memory {
    Memory(adopting: try create(.memory, try Pages.roundUp(byteCount)))
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
    at address: PhysicalAddress, byteCount: UInt64, of machine: borrowing Machine
  ) throws(SyscallStatus) -> Memory {
    Memory(
      adopting: try create(
        .memory, try Pages.roundUp(byteCount), MemoryOptions.device, machine.argument,
        address.rawValue))
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
      processCount: words[4])
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

  /// Bytes that may still be used.
  public var freeMemory: UInt64 { memoryLimit > memoryUsed ? memoryLimit - memoryUsed : 0 }
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
