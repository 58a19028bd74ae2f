import MnosABI

/// A rendezvous for messages: a queue of senders or of receivers, never both.
public struct Endpoint: KernelObject, BitwiseCopyable {
  public static var type: ObjectType { .endpoint }
  public enum Waiters: UInt8, BitwiseCopyable { case none, senders, receivers }

  public internal(set) var header = ObjectHeader(.endpoint)
  /// In order of arrival, whatever the priorities.
  var queue = List<WaitingThreads>()
  var waiters = Waiters.none
  /// `destroy` was called: every use answers `peerGone`.
  var isDestroyed = false
  /// Capabilities to it with `read`, in any slot state.
  var readerCount: UInt32 = 0

  /// Whether nobody can ever receive from it. It never ceases to be so.
  var isDeserted: Bool { isDestroyed || readerCount == 0 }
}
