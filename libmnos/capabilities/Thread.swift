extension Thread {
  /// Starts a thread of another process.
  ///
  /// - Throws: `badState` if it was started before.
  public func start(entry: UInt64, stack: UInt64, argument value: UInt64) throws(SyscallStatus) {
    try SystemCall.invoke(.start, argument, entry, stack, word0: value)
  }

  public func suspend() throws(SyscallStatus) { try SystemCall.invoke(.suspend, argument) }
  public func resume() throws(SyscallStatus) { try SystemCall.invoke(.resume, argument) }

  /// - Parameter priority: At most the highest that the caller may give.
  public func setPriority(_ priority: UInt8) throws(SyscallStatus) {
    try SystemCall.invoke(.setPriority, argument, UInt64(priority))
  }

  public func destroy() throws(SyscallStatus) { try SystemCall.invoke(.destroy, argument) }

  public func status() throws(SyscallStatus) -> ThreadStatus {
    let words = try query()
    return ThreadStatus(
      state: ThreadState(rawValue: UInt8(truncatingIfNeeded: words[0])) ?? .ended,
      exitValue: words[1], priority: UInt8(truncatingIfNeeded: words[2]),
      processorNanoseconds: words[3], isSuspended: words[4] != 0)
  }
}

/// What `query` says about a thread.
public struct ThreadStatus: Equatable, Sendable {
  public let state: ThreadState
  public let exitValue: UInt64
  public let priority: UInt8
  public let processorNanoseconds: UInt64
  public let isSuspended: Bool
}
