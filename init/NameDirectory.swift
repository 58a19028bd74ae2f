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
    var endpoint: Handle
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
        entries.append(Entry(name: name, owner: index, endpoint: .none))
      }
    }
  }

  /// What a look-up found.
  enum Finding: Equatable {
    case endpoint(Handle)
    /// The name is known; its owner is not there now.
    case absent
    case unknown
  }

  func find(_ name: Name) -> Finding {
    guard let entry = entries.first(where: { $0.name == name }) else { return .unknown }
    return entry.endpoint == .none ? .absent : .endpoint(entry.endpoint)
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
    let woken = waiters.filter { $0.name == name }
    waiters.removeAll { $0.name == name }
    return (replaced, woken)
  }

  /// - Returns: false if too many wait already.
  mutating func addWaiter(_ waiter: Waiter) -> Bool {
    guard waiters.count < Self.waiterCapacity else { return false }
    waiters.append(waiter)
    return true
  }

  var waiterCount: Int { waiters.count }

  /// Forgets what an owner registered.
  ///
  /// - Returns: the endpoints, to be deleted.
  mutating func ownerEnded(_ owner: Int) -> [Handle] {
    var dropped: [Handle] = []
    for index in entries.indices where entries[index].owner == owner {
      if entries[index].endpoint != .none { dropped.append(entries[index].endpoint) }
      entries[index].endpoint = .none
    }
    return dropped
  }
}
