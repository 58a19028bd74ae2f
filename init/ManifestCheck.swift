import Libmnos

/// What is wrong with a manifest, as far as only the whole of it shows.
enum ManifestProblem: Error, Equatable {
  /// Two services of one name, or one served by two.
  case duplicateName(Name)
  /// Something is needed that nobody serves.
  case nobodyServes(Name)
  /// A service would wait for itself, directly or through others.
  case circularNeed(Name)
  /// A priority that init cannot give.
  case priorityTooHigh(Name)
  /// The same capability twice.
  case duplicateGrant(Name)
  /// A service with no memory or no objects: it could not start.
  case noBudget(Name)
  /// A share of the CPU's time that the kernel would refuse.
  case badShare(Name)
  /// With this one's share they add up to more time than there is.
  case tooManyShares(Name)
  /// A queue is to be kept for other than one name.
  case queueWithoutOneName(Name)
}

enum ManifestCheck {
  /// - Throws: The first problem. Cost: O(services²).
  static func check(
    _ services: [ServiceEntry], highestPriority: UInt8
  ) throws(ManifestProblem) {
    var shares: UInt64 = 0
    for (index, service) in services.enumerated() {
      let name = service.name.asName
      for other in services[..<index] {
        guard other.name != service.name else { throw .duplicateName(name) }
        for served in service.serves where other.serves.contains(served) {
          throw .duplicateName(served)
        }
      }
      guard service.priority < highestPriority else { throw .priorityTooHigh(name) }
      guard service.memoryLimit > 0, service.objectLimit > 0 else { throw .noBudget(name) }
      guard service.share.isPossible else { throw .badShare(name) }
      guard !service.keepsQueue || service.serves.count == 1 else {
        throw .queueWithoutOneName(name)
      }
      shares += service.share.millionths
      guard shares <= 1_000_000 else { throw .tooManyShares(name) }
      for (place, grant) in service.grants.enumerated()
      where service.grants[..<place].contains(grant) {
        throw .duplicateGrant(name)
      }
      for needed in service.needs where server(of: needed, in: services) == nil {
        throw .nobodyServes(needed)
      }
    }
    try checkOrder(services)
  }

  /// Goes through the order of starts: in each round, every service whose needs are served by
  /// those started before.
  private static func checkOrder(_ services: [ServiceEntry]) throws(ManifestProblem) {
    var isStarted = [Bool](repeating: false, count: services.count)
    var didStart = true
    while didStart {
      didStart = false
      for (index, service) in services.enumerated() where !isStarted[index] {
        let isReady = service.needs.allSatisfy { need in
          server(of: need, in: services).map { isStarted[$0] } ?? false
        }
        if isReady {
          isStarted[index] = true
          didStart = true
        }
      }
    }
    for (index, service) in services.enumerated() where !isStarted[index] {
      throw .circularNeed(service.name.asName)
    }
  }

  private static func server(of name: Name, in services: [ServiceEntry]) -> Int? {
    services.firstIndex { $0.serves.contains(name) }
  }
}
