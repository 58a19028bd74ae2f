import MnosABI

/// A 64-bit word that signals OR into, and the threads that wait for it to be non-zero.
public struct Notification: KernelObject, BitwiseCopyable {
  public static var type: ObjectType { .notification }

  public internal(set) var header = ObjectHeader(.notification)
  /// What was signalled and not taken yet; 0 while anybody waits.
  var word: UInt64 = 0
  var queue = List<WaitingThreads>()
  /// The thread whose receive takes this word too.
  var boundThread = ThreadID.none
  /// `destroy` was called: every use answers `peerGone`.
  var isDestroyed = false
}
