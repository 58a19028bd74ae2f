extension Machine {
  public func statistics() throws(SyscallStatus) -> MachineStatistics {
    MachineStatistics(words: try query())
  }

  /// Turns the machine off; returns only if it cannot.
  public func powerOff() throws(SyscallStatus) { try control(.powerOff) }
  /// Starts the machine anew; returns only if it cannot.
  public func reboot() throws(SyscallStatus) { try control(.reboot) }

  /// Writes bytes to the kernel's log.
  public func log(_ bytes: Span<UInt8>) throws(SyscallStatus) {
    var start = 0
    while start < bytes.count {
      let count = min(bytes.count - start, 64)
      var words: [8 of UInt64] = .init(repeating: 0)
      for index in 0..<count {
        words[index / 8] |= UInt64(bytes[start + index]) << (8 * UInt64(index % 8))
      }
      var registers = CallRegisters(
        CallWord(.control), argument, MachineOperation.log.rawValue, UInt64(count), words: words)
      let result = SystemCall.perform(&registers)
      guard result.statusCode == 0 else { throw result.status }
      start += count
    }
  }

  private func control(_ operation: MachineOperation) throws(SyscallStatus) {
    try SystemCall.invoke(.control, argument, operation.rawValue)
  }
}

/// What `query` says about the machine as a whole.
public struct MachineStatistics: Equatable, Sendable {
  public let totalFrames: UInt64
  public let freeFrames: UInt64
  public let processes: UInt64
  public let threads: UInt64
  public let capabilities: UInt64
  public let kernelObjects: UInt64
  public let kernelFrames: UInt64
  public let onlineProcessors: UInt64

  public init(words: [8 of UInt64]) {
    totalFrames = words[0]
    freeFrames = words[1]
    processes = words[2]
    threads = words[3]
    capabilities = words[4]
    kernelObjects = words[5]
    kernelFrames = words[6]
    onlineProcessors = words[7]
  }
}
