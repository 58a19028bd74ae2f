import KernelHAL

/// The ready threads of one CPU, by priority. All operations are O(1).
public struct RunQueue: BitwiseCopyable {
  private var occupied = PrioritySet()
  private var queues: [256 of List<WaitingThreads>] = .init(repeating: List())

  init() {}

  /// The highest priority of a ready thread, or -1.
  @inline(__always)
  var highestPriority: Int { occupied.highest }

  func first(atPriority priority: Int) -> ThreadID { queues[priority].first }
  func queue(atPriority priority: Int) -> List<WaitingThreads> { queues[priority] }

  mutating func insert<P: Platform & ~Copyable>(
    _ thread: ThreadID, atHead: Bool, in store: ObjectStore<P>
  ) {
    let priority = store[thread].priority
    if atHead {
      queues[Int(priority)].prepend(thread, in: store)
    } else {
      queues[Int(priority)].append(thread, in: store)
    }
    occupied.insert(priority)
    store[thread].isQueued = true
  }

  mutating func remove<P: Platform & ~Copyable>(_ thread: ThreadID, in store: ObjectStore<P>) {
    let priority = store[thread].priority
    queues[Int(priority)].remove(thread, in: store)
    if queues[Int(priority)].isEmpty { occupied.remove(priority) }
    store[thread].isQueued = false
  }
}
