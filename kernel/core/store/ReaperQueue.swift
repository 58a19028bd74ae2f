import KernelHAL
import MnosABI

/// Objects about whose end something is to be done, by the priority of those who caused it.
///
/// Nothing ends in the middle of an operation: an operation that takes away the last that
/// kept an object alive, or that makes its waiters wait in vain, puts the object here. The
/// kernel carries the ends out afterwards, in counted steps; see threads/Reaper.swift.
struct ReaperQueue: BitwiseCopyable {
  /// What this entry added; its priority is not known yet.
  private(set) var incoming = List<Doomed>()
  private var lists: [256 of List<Doomed>] = .init(repeating: List())
  private var occupied = PrioritySet()
  /// The highest priority of those in the queue, or -1.
  private(set) var priority = -1

  var isEmpty: Bool { priority < 0 && incoming.isEmpty }
  var hasIncoming: Bool { @inline(__always) get { !incoming.isEmpty } }

  func list(at priority: Int) -> List<Doomed> { lists[priority] }

  /// - Precondition: `object` is in no reaper queue.
  mutating func add<P: Platform & ~Copyable>(_ object: AnyObjectID, in store: ObjectStore<P>) {
    incoming.append(object, in: store)
  }

  /// Gives what this entry added the priority of who caused it.
  mutating func adopt<P: Platform & ~Copyable>(
    atPriority causer: UInt8, in store: ObjectStore<P>
  ) {
    guard !incoming.isEmpty else { return }
    lists[Int(causer)].append(contentsOf: &incoming, in: store)
    occupied.insert(causer)
    priority = max(priority, Int(causer))
  }

  /// Takes the first of the highest priority.
  ///
  /// - Precondition: `priority >= 0`.
  mutating func takeFirst<P: Platform & ~Copyable>(in store: ObjectStore<P>) -> AnyObjectID {
    let object = lists[priority].first
    lists[priority].remove(object, in: store)
    if lists[priority].isEmpty {
      occupied.remove(UInt8(priority))
      priority = occupied.highest
    }
    return object
  }

  /// Puts one back behind the others of its priority: there is more to do.
  mutating func putBack<P: Platform & ~Copyable>(
    _ object: AnyObjectID, atPriority priority: Int, in store: ObjectStore<P>
  ) {
    lists[priority].append(object, in: store)
    occupied.insert(UInt8(priority))
    self.priority = max(self.priority, priority)
  }
}

/// A set of priorities, with its highest at hand.
struct PrioritySet: BitwiseCopyable {
  /// Bit p % 64 of word p / 64.
  private var words: [4 of UInt64] = .init(repeating: 0)

  @inline(__always)
  mutating func insert(_ priority: UInt8) {
    words[Int(priority >> 6)] |= 1 << UInt64(priority & 63)
  }
  @inline(__always)
  mutating func remove(_ priority: UInt8) {
    words[Int(priority >> 6)] &= ~(1 << UInt64(priority & 63))
  }
  /// The highest member, or -1.
  @inline(__always)
  var highest: Int {
    if words[3] != 0 { return 255 - words[3].leadingZeroBitCount }
    if words[2] != 0 { return 191 - words[2].leadingZeroBitCount }
    if words[1] != 0 { return 127 - words[1].leadingZeroBitCount }
    if words[0] != 0 { return 63 - words[0].leadingZeroBitCount }
    return -1
  }
}

extension ObjectStore where P: ~Copyable {
  /// Has the reaper look at an object after this operation. O(1).
  func doom(_ object: AnyObjectID) {
    guard !self[object].isDoomed else { return }
    self[object].isDoomed = true
    shared.reaper.add(object, in: self)
  }
}
