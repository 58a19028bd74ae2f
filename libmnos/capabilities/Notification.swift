extension Notification {
  /// Sets the bits of this capability's badge in the word.
  public func signal() throws(SyscallStatus) { try SystemCall.invoke(.signal, argument) }

  /// Waits until the word is not 0, and takes it.
  ///
  /// - Throws: `timedOut`; `wouldBlock` for `Deadline.poll`; `peerGone`, `cancelled`.
  public func wait(deadline: UInt64 = Deadline.never) throws(SyscallStatus) -> UInt64 {
    try SystemCall.invoke(.wait, argument, deadline)
  }

  /// A capability that sets `bits` when signalled and can do nothing else.
  public func makeSignaller(bits: UInt64) throws(SyscallStatus) -> Notification {
    try copy(rights: Rights.write.union(.copy).union(.transfer), badge: bits)
  }

  /// Lets one receive of `thread` wait for messages and for this word.
  public func bind(to thread: borrowing Thread) throws(SyscallStatus) {
    try SystemCall.invoke(.bind, argument, thread.argument)
  }

  public func destroy() throws(SyscallStatus) { try SystemCall.invoke(.destroy, argument) }
}

extension Interrupt {
  /// Signals `notification`, with that capability's badge, each time the line fires.
  public func bind(to notification: borrowing Notification) throws(SyscallStatus) {
    try SystemCall.invoke(.bind, argument, notification.argument)
  }

  /// Says that the device was served: the line may fire again.
  public func acknowledge() throws(SyscallStatus) {
    try SystemCall.invoke(.acknowledge, argument)
  }
}

extension PortRange {
  /// Lets every thread of `process` use the ports without a system call.
  public func enable(for process: borrowing Process) throws(SyscallStatus) {
    try SystemCall.invoke(.bind, argument, process.argument)
  }

  /// A capability to part of the range.
  public func derive(
    firstPortOffset: UInt64, count: UInt64, rights: Rights
  ) throws(SyscallStatus) -> PortRange {
    PortRange(
      adopting: Handle(
        value: try SystemCall.invoke(
          .derive, argument, firstPortOffset, UInt64(SlotChoice.any), word0: count,
          word1: UInt64(rights.bits))))
  }
}
