/// Which thread and which slot is taken for which place of a canonical state.
struct StateOrder: Equatable {
  /// Roles by their places.
  var roles: [Int]
  /// For each process the slots by their places, from place 0 on.
  var slots: [[UInt16]]
}

/// The orders of what can be told apart only by its place: all that are worth trying.
///
/// Places go by a key that no renaming changes, highest first. What has the same key is tried in
/// every order; what is free in none, for one free slot is as good as another.
enum Symmetry {
  /// - Parameters:
  ///   - keys: Of the members; those with key 0 are interchangeable.
  /// - Returns: The members in each order that the keys leave open.
  static func orders(of keys: [UInt64]) -> [[Int]] {
    let sorted = keys.indices.sorted { keys[$0] != keys[$1] ? keys[$0] > keys[$1] : $0 < $1 }
    var result: [[Int]] = [[]]
    var start = 0
    while start < sorted.count {
      var end = start + 1
      while end < sorted.count, keys[sorted[end]] == keys[sorted[start]] { end += 1 }
      let group = Array(sorted[start..<end])
      if group.count == 1 || keys[group[0]] == 0 {
        for index in result.indices { result[index] += group }
      } else {
        let all = permutations(group)
        result = result.flatMap { prefix in all.map { prefix + $0 } }
      }
      start = end
    }
    return result
  }

  static func permutations<Element>(_ elements: [Element]) -> [[Element]] {
    guard elements.count > 1 else { return [elements] }
    return elements.indices.flatMap { index in
      var rest = elements
      let first = rest.remove(at: index)
      return permutations(rest).map { [first] + $0 }
    }
  }
}
