import Libmnos

/// How much `/tmp` holds: so little that a full one leaves the service memory to go on with. A
/// file that does not fit is an error for who writes it; a heap that is used up would end the
/// service, and with it everything under `/tmp`.
struct TemporaryRoom: Equatable {
  /// As many as 8 MiB take.
  static var largestPageCount: Int { 2065 }
  static var largestNodeCount: Int { 4096 }
  /// Bytes that a file or directory costs at most, with its name and its place in a directory.
  static var nodeByteCount: Int { 512 }

  /// Pages of all files, and how many files and directories there can be.
  let pageCapacity: Int
  let nodeCapacity: Int

  /// - Parameter memory: Bytes that the service has.
  init(memory: UInt64) {
    // Half is for the service itself, and for the heap to have gaps.
    let room = Int(clamping: memory / 2)
    nodeCapacity = min(Self.largestNodeCount, room / 4 / Self.nodeByteCount)
    pageCapacity = min(
      Self.largestPageCount, (room - nodeCapacity * Self.nodeByteCount) / 4096)
  }
}
