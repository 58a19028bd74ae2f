import KernelHAL

/// A first-in first-out queue of threads, linked through the threads themselves.
public struct ThreadQueue: BitwiseCopyable {
  public private(set) var head = ThreadID.none
  private var tail = ThreadID.none

  @inlinable public init() {}
  public var isEmpty: Bool { head.isNone }

  @inline(__always)
  mutating func append<P: Platform & ~Copyable>(_ thread: ThreadID, in store: ObjectStore<P>) {
    store[thread].nextInQueue = .none
    store[thread].previousInQueue = tail
    if tail.isNone { head = thread } else { store[tail].nextInQueue = thread }
    tail = thread
  }

  mutating func prepend<P: Platform & ~Copyable>(_ thread: ThreadID, in store: ObjectStore<P>) {
    store[thread].previousInQueue = .none
    store[thread].nextInQueue = head
    if head.isNone { tail = thread } else { store[head].previousInQueue = thread }
    head = thread
  }

  /// - Precondition: `thread` is in this queue.
  @inline(__always)
  mutating func remove<P: Platform & ~Copyable>(_ thread: ThreadID, in store: ObjectStore<P>) {
    let next = store[thread].nextInQueue
    let previous = store[thread].previousInQueue
    if previous.isNone { head = next } else { store[previous].nextInQueue = next }
    if next.isNone { tail = previous } else { store[next].previousInQueue = previous }
  }
}
