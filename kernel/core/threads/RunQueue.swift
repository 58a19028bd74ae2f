import KernelHAL

/// The ready threads of one CPU, by priority. All operations are O(1).
///
///     priority 255 ─> (empty)
///              200 ─> A ─> B          ready: the head of the highest non-empty queue is next
///              ...
///               10 ─> C               occupied = {200, 10}
///
///     current: in no queue. Preempted, it goes to the head of its own, so that it is the next
///     of its priority; after its slice, or by `yield`, to the end.
///
/// A suspended thread that does not wait is ready too, but in no queue.
public struct RunQueue: BitwiseCopyable {
  /// The priorities whose queue is not empty.
  private var occupied = PrioritySet()
  private var queues: [256 of List<WaitingThreads>] = .init(repeating: List())

  init() {}

  /// The highest priority of a ready thread, or -1.
  @inline(__always)
  var highestPriority: Int { occupied.highest }

  /// The thread that runs next of a priority, or none.
  func first(atPriority priority: Int) -> ThreadID { queues[priority].first }
  /// The queue of a priority, for those who look at a kernel from outside.
  func queue(atPriority priority: Int) -> List<WaitingThreads> { queues[priority] }

  /// Puts a thread into the queue of its priority.
  ///
  /// - Parameter atHead: For a thread that was preempted; one that became ready goes to the end.
  /// - Precondition: It is ready, not suspended, and in no queue.
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

  /// Takes a thread out.
  ///
  /// - Precondition: It is in the queue, and its priority is the one that it was inserted with:
  ///   `setPriority` takes it out before it changes that.
  mutating func remove<P: Platform & ~Copyable>(_ thread: ThreadID, in store: ObjectStore<P>) {
    let priority = store[thread].priority
    queues[Int(priority)].remove(thread, in: store)
    if queues[Int(priority)].isEmpty { occupied.remove(priority) }
    store[thread].isQueued = false
  }
}
