extension Process {
  public func status() throws(SyscallStatus) -> ProcessStatus {
    ProcessStatus(words: try query())
  }

  /// Ends it: all threads, memory and capabilities. Cost: O(what it holds).
  public func destroy() throws(SyscallStatus) { try SystemCall.invoke(.destroy, argument) }

  /// Signals `notification` when this process ends or stops by a fault.
  public func supervise(by notification: borrowing Notification) throws(SyscallStatus) {
    try SystemCall.invoke(.bind, argument, notification.argument)
  }
}

extension Memory {
  public func byteCount() throws(SyscallStatus) -> UInt64 { try query()[0] }

  /// A capability to part of the memory; revoking this one ends it.
  ///
  /// - Parameters: `offset` and `byteCount`: whole pages.
  public func derive(
    offset: UInt64, byteCount: UInt64, rights: Rights
  ) throws(SyscallStatus) -> Memory {
    Memory(
      adopting: Handle(
        value: try SystemCall.invoke(
          .derive, argument, offset, UInt64(SlotChoice.any), word0: byteCount,
          word1: UInt64(rights.bits))))
  }

  /// Maps whole pages at an address of the caller's choice.
  ///
  /// The mapping ends with this capability. It is safe in another process; in its own a
  /// program uses `MappedMemory`.
  public func map(
    into process: borrowing Process, at address: UInt64, offset: UInt64 = 0, byteCount: UInt64,
    rights: Rights
  ) throws(SyscallStatus) {
    try SystemCall.invoke(
      .map, argument, process.argument, address, word0: offset, word1: byteCount,
      word2: UInt64(rights.bits))
  }
}

/// What `query` says about a process.
public struct ProcessStatus: Equatable, Sendable {
  public let state: ProcessState
  /// The exit value, or `ExitValue` bits; once ended or stopped.
  public let exitValue: UInt64
  public let threadCount: UInt64
  public let memoryByteCount: UInt64
  public let processorNanoseconds: UInt64
  public let capabilityCount: UInt64
  /// Of the fault that stopped it.
  public let faultAddress: UInt64
  public let faultProgramCounter: UInt64

  public init(words: [8 of UInt64]) {
    state = ProcessState(rawValue: UInt8(truncatingIfNeeded: words[0])) ?? .ended
    exitValue = words[1]
    threadCount = words[2]
    memoryByteCount = words[3]
    processorNanoseconds = words[4]
    capabilityCount = words[5]
    faultAddress = words[6]
    faultProgramCounter = words[7]
  }
}
