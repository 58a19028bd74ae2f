import KernelHAL

/// A thread's place in the timer queue: a node of a leftist heap.
struct TimerNode: BitwiseCopyable {
  var deadline: UInt64 = 0
  var parent = ThreadID.none
  var left = ThreadID.none
  var right = ThreadID.none
  /// Nodes on the way down the right side until there is none: at most log2(n + 1) of n nodes.
  var rank: UInt8 = 0
  var isArmed = false
}

/// Threads with a deadline, earliest first: a leftist heap linked through the threads.
///
///              10 (2)            in brackets the rank: 1 more than the right child's,
///             /     \             and a missing child has 0
///         20 (1)   15 (1)
///         /
///     30 (1)                     30 is on the left: the right side is the short one
///
/// A node's deadline is not after its children's, and the way down the right side is never
/// longer than the one down the left. So right sides are short, and melding two heaps
/// goes down those only. Cost: O(log n) for everything, in the worst case too.
///
/// The nodes know their parents, so that a thread can leave the middle of the heap when its wait
/// ends before the deadline.
///
/// Source: Knuth, The Art of Computer Programming vol. 3, §5.2.3 (leftist trees).
public struct TimerQueue: BitwiseCopyable {
  private(set) var earliest = ThreadID.none

  init() {}

  /// The earliest deadline, or `.max` if no thread has one.
  func deadline<P: Platform & ~Copyable>(in store: ObjectStore<P>) -> UInt64 {
    earliest.isNone ? .max : store[earliest].timer.deadline
  }

  /// Adds a thread: a heap of its own, melded with the rest.
  ///
  /// - Precondition: `thread` is not in a timer queue.
  mutating func insert<P: Platform & ~Copyable>(
    _ thread: ThreadID, deadline: UInt64, in store: ObjectStore<P>
  ) {
    store[thread].timer = TimerNode(deadline: deadline, rank: 1, isArmed: true)
    earliest = Self.meld(earliest, thread, in: store)
  }

  /// - Precondition: `thread` is in the queue.
  mutating func remove<P: Platform & ~Copyable>(_ thread: ThreadID, in store: ObjectStore<P>) {
    let node = store[thread].timer
    let children = Self.meld(node.left, node.right, in: store)
    store[thread].timer = TimerNode()
    guard !node.parent.isNone else {
      earliest = children
      return
    }
    if store[node.parent].timer.left == thread {
      store[node.parent].timer.left = children
    } else {
      store[node.parent].timer.right = children
    }
    if !children.isNone { store[children].timer.parent = node.parent }
    Self.restoreRanks(from: node.parent, in: store)
  }

  /// Makes one heap of two; either may be none. Returns its root.
  private static func meld<P: Platform & ~Copyable>(
    _ first: ThreadID, _ second: ThreadID, in store: ObjectStore<P>
  ) -> ThreadID {
    var (left, right) = (first, second)
    var root = ThreadID.none
    var parent = ThreadID.none
    // Down both right sides, the earlier node first. Of equal deadlines, the one that is in
    // the queue already.
    while !left.isNone, !right.isNone {
      if store[right].timer.deadline < store[left].timer.deadline { swap(&left, &right) }
      attach(left, under: parent, root: &root, in: store)
      parent = left
      left = store[left].timer.right
    }
    attach(left.isNone ? right : left, under: parent, root: &root, in: store)
    restoreAllRanks(from: parent, in: store)
    return root
  }

  /// Hangs a node to the right of another, or makes it the root.
  private static func attach<P: Platform & ~Copyable>(
    _ node: ThreadID, under parent: ThreadID, root: inout ThreadID, in store: ObjectStore<P>
  ) {
    if parent.isNone { root = node } else { store[parent].timer.right = node }
    if !node.isNone { store[node].timer.parent = parent }
  }

  private static func rank<P: Platform & ~Copyable>(
    _ node: ThreadID, in store: ObjectStore<P>
  ) -> UInt8 { node.isNone ? 0 : store[node].timer.rank }

  /// Puts the child of the lower rank to the right and sets a node's own.
  ///
  /// - Returns: Whether its rank changed.
  private static func restoreRank<P: Platform & ~Copyable>(
    of node: ThreadID, in store: ObjectStore<P>
  ) -> Bool {
    let (left, right) = (store[node].timer.left, store[node].timer.right)
    if rank(left, in: store) < rank(right, in: store) {
      store[node].timer.left = right
      store[node].timer.right = left
    }
    let before = store[node].timer.rank
    store[node].timer.rank = rank(store[node].timer.right, in: store) + 1
    return store[node].timer.rank != before
  }

  /// After a meld: up the way that it went down, which was O(log n) long.
  private static func restoreAllRanks<P: Platform & ~Copyable>(
    from start: ThreadID, in store: ObjectStore<P>
  ) {
    var node = start
    while !node.isNone {
      _ = restoreRank(of: node, in: store)
      node = store[node].timer.parent
    }
  }

  /// After a removal: up until a rank stays as it was. That is at most O(log n) nodes,
  /// because each that changes has a rank one higher than the one before.
  private static func restoreRanks<P: Platform & ~Copyable>(
    from start: ThreadID, in store: ObjectStore<P>
  ) {
    var node = start
    while !node.isNone, restoreRank(of: node, in: store) { node = store[node].timer.parent }
  }
}
