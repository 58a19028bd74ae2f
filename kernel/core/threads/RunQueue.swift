import KernelHAL

/// The ready threads of one CPU, by priority. All operations are O(1).
public struct RunQueue: BitwiseCopyable {
  private var queues: [256 of ThreadQueue] = .init(repeating: ThreadQueue())
  /// Bit p % 64 of word p / 64: queue p is not empty.
  private var occupied: [4 of UInt64] = .init(repeating: 0)

  init() {}

  /// The highest priority of a ready thread, or -1.
  @inline(__always)
  var highestPriority: Int {
    if occupied[3] != 0 { return 255 - occupied[3].leadingZeroBitCount }
    if occupied[2] != 0 { return 191 - occupied[2].leadingZeroBitCount }
    if occupied[1] != 0 { return 127 - occupied[1].leadingZeroBitCount }
    if occupied[0] != 0 { return 63 - occupied[0].leadingZeroBitCount }
    return -1
  }

  func first(atPriority priority: Int) -> ThreadID { queues[priority].head }

  mutating func insert<P: Platform & ~Copyable>(
    _ thread: ThreadID, atHead: Bool, in store: ObjectStore<P>
  ) {
    let priority = Int(store[thread].priority)
    if atHead {
      queues[priority].prepend(thread, in: store)
    } else {
      queues[priority].append(thread, in: store)
    }
    occupied[priority >> 6] |= 1 << UInt64(priority & 63)
    store[thread].isQueued = true
  }

  mutating func remove<P: Platform & ~Copyable>(_ thread: ThreadID, in store: ObjectStore<P>) {
    let priority = Int(store[thread].priority)
    queues[priority].remove(thread, in: store)
    if queues[priority].isEmpty { occupied[priority >> 6] &= ~(1 << UInt64(priority & 63)) }
    store[thread].isQueued = false
  }
}
