import KernelHAL

/// A thread's place in the timer queue: a node of a pairing heap.
struct TimerNode: BitwiseCopyable {
  var deadline: UInt64 = 0
  var child = ThreadID.none
  var next = ThreadID.none
  /// The parent for a first child, else the previous sibling.
  var previous = ThreadID.none
  var isArmed = false
}

/// Threads with a deadline, earliest first.
///
/// A pairing heap linked through the threads. Insertion is O(1); removal is O(log n)
/// amortised, and touches at most all threads that were inserted since the last removal.
public struct TimerQueue: BitwiseCopyable {
  private(set) var earliest = ThreadID.none

  func deadline<P: Platform & ~Copyable>(in store: ObjectStore<P>) -> UInt64 {
    earliest.isNone ? .max : store[earliest].timer.deadline
  }

  mutating func insert<P: Platform & ~Copyable>(
    _ thread: ThreadID, deadline: UInt64, in store: ObjectStore<P>
  ) {
    store[thread].timer = TimerNode(deadline: deadline, isArmed: true)
    earliest = Self.meld(earliest, thread, in: store)
  }

  /// - Precondition: `thread` is in the queue.
  mutating func remove<P: Platform & ~Copyable>(_ thread: ThreadID, in store: ObjectStore<P>) {
    let children = Self.meldPairs(store[thread].timer.child, in: store)
    if thread == earliest {
      earliest = children
    } else {
      let next = store[thread].timer.next
      let previous = store[thread].timer.previous
      if store[previous].timer.child == thread {
        store[previous].timer.child = next
      } else {
        store[previous].timer.next = next
      }
      if !next.isNone { store[next].timer.previous = previous }
      earliest = Self.meld(earliest, children, in: store)
    }
    store[thread].timer = TimerNode()
  }

  private static func meld<P: Platform & ~Copyable>(
    _ left: ThreadID, _ right: ThreadID, in store: ObjectStore<P>
  ) -> ThreadID {
    if left.isNone { return right }
    if right.isNone { return left }
    let isLeftFirst = store[left].timer.deadline <= store[right].timer.deadline
    let parent = isLeftFirst ? left : right
    let child = isLeftFirst ? right : left
    let sibling = store[parent].timer.child
    store[child].timer.next = sibling
    store[child].timer.previous = parent
    if !sibling.isNone { store[sibling].timer.previous = child }
    store[parent].timer.child = child
    return parent
  }

  // Melds siblings two by two, then the results from the last to the first. `previous`
  // chains the results meanwhile, so no stack is needed.
  private static func meldPairs<P: Platform & ~Copyable>(
    _ first: ThreadID, in store: ObjectStore<P>
  ) -> ThreadID {
    var melded = ThreadID.none
    var left = first
    while !left.isNone {
      let right = store[left].timer.next
      let rest = right.isNone ? ThreadID.none : store[right].timer.next
      store[left].timer.next = .none
      if !right.isNone { store[right].timer.next = .none }
      let pair = meld(left, right, in: store)
      store[pair].timer.previous = melded
      melded = pair
      left = rest
    }
    var root = ThreadID.none
    while !melded.isNone {
      let earlier = store[melded].timer.previous
      store[melded].timer.previous = .none
      root = meld(root, melded, in: store)
      melded = earlier
    }
    return root
  }
}
