import Libmnos

/// Who serves what, and who waits for it. Pure: handles are numbers to it.
///
/// Names come from the manifest; only their owner may register them. A client that looks a
/// name up gets the endpoint of an owner that is alive, or waits for one, or is told that
/// there is none now: never an endpoint of one that ended.
struct NameDirectory {
  /// Clients that can wait at a time.
  static var waiterCapacity: Int { 64 }

  private struct Entry {
    let name: Name
    let owner: Int
    /// Whether the endpoint outlives who serves it.
    let keepsQueue: Bool
    var endpoint: Handle
    /// Whether its owner has said that it serves it.
    var isServed = false
  }
  struct Waiter: Equatable {
    let name: Name
    let reply: Handle
  }

  private var entries: [Entry] = []
  private var waiters: [Waiter] = []

  init(_ services: [ServiceEntry]) {
    for (index, service) in services.enumerated() {
      for name in service.serves {
        entries.append(
          Entry(name: name, owner: index, keepsQueue: service.keepsQueue, endpoint: .none))
      }
    }
  }

  /// What a look-up found.
  enum Finding: Equatable {
    case endpoint(Handle)
    /// The owner is not there now; at this endpoint one can wait for it.
    case queue(Handle)
    /// The name is known; its owner is not there now.
    case absent
    case unknown
  }

  func find(_ name: Name) -> Finding {
    guard let entry = entries.first(where: { $0.name == name }) else { return .unknown }
    guard entry.endpoint != .none else { return .absent }
    return entry.isServed ? .endpoint(entry.endpoint) : .queue(entry.endpoint)
  }

  func owner(of name: Name) -> Int? { entries.first { $0.name == name }?.owner }

  func isServed(_ name: Name) -> Bool { if case .endpoint = find(name) { true } else { false } }

  /// Whether this service may register this name.
  func permits(_ name: Name, by owner: Int) -> Bool {
    entries.contains { $0.name == name && $0.owner == owner }
  }

  /// Puts an owner's endpoint in, in place of an earlier one.
  ///
  /// - Precondition: it is permitted.
  /// - Returns: the endpoint replaced, to be deleted (or none), and who waited for the name.
  mutating func register(
    _ name: Name, _ endpoint: Handle
  ) -> (replaced: Handle, waiters: [Waiter]) {
    guard let index = entries.firstIndex(where: { $0.name == name }) else {
      return (endpoint, [])
    }
    let replaced = entries[index].endpoint
    entries[index].endpoint = endpoint
    entries[index].isServed = true
    return (replaced, takeWaiters(for: name))
  }

  /// Puts in the endpoint that is kept for an owner, which does not serve it yet.
  ///
  /// - Returns: who waited for the name.
  mutating func keep(_ name: Name, _ endpoint: Handle) -> [Waiter] {
    guard let index = entries.firstIndex(where: { $0.name == name }) else { return [] }
    entries[index].endpoint = endpoint
    return takeWaiters(for: name)
  }

  /// Notes that the owner serves the endpoint that is kept for it.
  mutating func serve(_ name: Name) {
    for index in entries.indices where entries[index].name == name {
      entries[index].isServed = entries[index].endpoint != .none
    }
  }

  private mutating func takeWaiters(for name: Name) -> [Waiter] {
    let woken = waiters.filter { $0.name == name }
    waiters.removeAll { $0.name == name }
    return woken
  }

  /// - Returns: false if too many wait already.
  mutating func addWaiter(_ waiter: Waiter) -> Bool {
    guard waiters.count < Self.waiterCapacity else { return false }
    waiters.append(waiter)
    return true
  }

  var waiterCount: Int { waiters.count }

  /// Forgets what an owner that ended had registered. What is kept for it stays.
  ///
  /// - Returns: the endpoints, to be deleted.
  mutating func ownerEnded(_ owner: Int) -> [Handle] {
    var dropped: [Handle] = []
    for index in entries.indices where entries[index].owner == owner {
      entries[index].isServed = false
      guard !entries[index].keepsQueue, entries[index].endpoint != .none else { continue }
      dropped.append(entries[index].endpoint)
      entries[index].endpoint = .none
    }
    return dropped
  }

  /// Forgets an owner that will not come back.
  ///
  /// - Returns: its endpoints, to be deleted, and who waited for its names in vain.
  mutating func ownerGivenUp(_ owner: Int) -> (dropped: [Handle], waiters: [Waiter]) {
    var dropped = ownerEnded(owner)
    var woken: [Waiter] = []
    for index in entries.indices where entries[index].owner == owner {
      if entries[index].endpoint != .none { dropped.append(entries[index].endpoint) }
      entries[index].endpoint = .none
      woken += takeWaiters(for: entries[index].name)
    }
    return (dropped, woken)
  }
}
