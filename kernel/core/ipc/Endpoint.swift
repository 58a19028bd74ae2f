/// A rendezvous for messages: a queue of senders or of receivers, never both.
public struct Endpoint: BitwiseCopyable {
  public enum Waiters: UInt8, BitwiseCopyable { case none, senders, receivers }

  var queue = ThreadQueue()
  var waiters = Waiters.none
  /// `destroy` was called: every use answers `peerGone`.
  var isDestroyed = false
  /// Capabilities to it, and those of them with `read` (in any slot state).
  var capabilityCount: UInt32 = 0
  var readerCount: UInt32 = 0
  let budget: BudgetID

  init(budget: BudgetID) { self.budget = budget }

  /// Whether nobody can ever receive from it.
  var isDeserted: Bool { isDestroyed || readerCount == 0 }
}
