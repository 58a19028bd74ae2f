import KernelHAL
import MnosABI

/// Objects about whose end something is to be done, by the priority of those who caused it.
///
///            doom                    adopt                    take
///     none ───────> incoming ────────────────> queued ────────────────> none
///                      ^                         │
///                      └─────────────────────────┘ doom, by whoever else wants its end
///
/// Nothing ends in the middle of an operation: an operation that takes away the last that
/// kept an object alive, or that makes its waiters wait in vain, puts the object here. The
/// kernel carries the ends out afterwards, in counted steps; see ending/Reaper.swift.
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

  /// Notes that the reaper has to look at an object; one that is queued already becomes as
  /// urgent as whoever says so now, if that is more. O(1).
  fileprivate mutating func add<P: Platform & ~Copyable>(
    _ object: AnyObjectID, in store: ObjectStore<P>
  ) {
    switch store[object].reaperPlace {
    case .incoming: return
    case .queued:
      // `priority` stays: the object comes back at its urgency or above, by `adopt`.
      let level = store[object].urgency
      lists[Int(level)].remove(object, in: store)
      if lists[Int(level)].isEmpty { occupied.remove(level) }
    case .none: break
    }
    store[object].reaperPlace = .incoming
    incoming.append(object, in: store)
  }

  /// Queues what this entry added, as urgent as the one who caused it. Cost: linear in what
  /// was added, each of which was a step of its own.
  ///
  /// - Parameter isFirst: Whether it goes before the others of its priority. What the reaper
  ///   itself dooms goes behind them, so that nobody's end waits for all of another's.
  mutating func adopt<P: Platform & ~Copyable>(
    atPriority causer: UInt8, isFirst: Bool, in store: ObjectStore<P>
  ) {
    while !incoming.isEmpty {
      let object = incoming.first
      incoming.remove(object, in: store)
      put(
        object, atPriority: max(causer, store[object].urgency), isFirst: isFirst, in: store)
    }
  }

  /// Takes the first of the highest priority.
  ///
  /// - Precondition: `priority >= 0`, and nothing is incoming.
  mutating func takeFirst<P: Platform & ~Copyable>(in store: ObjectStore<P>) -> AnyObjectID {
    let object = lists[priority].first
    lists[priority].remove(object, in: store)
    if lists[priority].isEmpty {
      occupied.remove(UInt8(priority))
      priority = occupied.highest
    }
    store[object].reaperPlace = .none
    store[object].urgency = 0
    return object
  }

  /// Puts an object behind or before the others of a priority.
  ///
  /// - Precondition: It is in no list of the queue.
  mutating func put<P: Platform & ~Copyable>(
    _ object: AnyObjectID, atPriority level: UInt8, isFirst: Bool = false,
    in store: ObjectStore<P>
  ) {
    store[object].reaperPlace = .queued
    store[object].urgency = level
    if isFirst {
      lists[Int(level)].prepend(object, in: store)
    } else {
      lists[Int(level)].append(object, in: store)
    }
    occupied.insert(level)
    priority = max(priority, Int(level))
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
  func doom(_ object: AnyObjectID) { shared.reaper.add(object, in: self) }
}
