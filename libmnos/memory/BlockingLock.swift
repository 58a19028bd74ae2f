import Synchronization

/// A lock whose waiters sleep, so that one of a high priority cannot keep its holder from
/// running.
struct BlockingLock: ~Copyable {
  private enum State {
    static var free: UInt32 { 0 }
    static var held: UInt32 { 1 }
    static var contended: UInt32 { 2 }
  }

  private let state = Atomic<UInt32>(State.free)
  /// Handles of the notification that waiters wait on, and of its signaller; 0 while the
  /// process has one thread, which never finds the lock held.
  private let wakeUp = Atomic<UInt32>(0)
  private let signaller = Atomic<UInt32>(0)

  /// Prepares for a second thread.
  func allowWaiting(on notification: consuming Notification) throws(SyscallStatus) {
    guard wakeUp.load(ordering: .acquiring) == 0 else { return }
    let signaller = try notification.makeSignaller(bits: 1)
    self.signaller.store(signaller.relinquish().rawValue, ordering: .relaxed)
    wakeUp.store(notification.relinquish().rawValue, ordering: .releasing)
  }

  var canWait: Bool { wakeUp.load(ordering: .acquiring) != 0 }

  func lock() {
    let (isFree, _) = state.compareExchange(
      expected: State.free, desired: State.held, ordering: .acquiring)
    if isFree { return }
    while state.exchange(State.contended, ordering: .acquiring) != State.free {
      let handle = UInt64(wakeUp.load(ordering: .acquiring))
      _ = try? SystemCall.invoke(.wait, handle, Deadline.never)
    }
  }

  func unlock() {
    guard state.exchange(State.free, ordering: .releasing) == State.contended else { return }
    _ = try? SystemCall.invoke(.signal, UInt64(signaller.load(ordering: .relaxed)))
  }
}
