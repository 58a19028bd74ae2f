/// Compares the lists of tests that architectures ran: they must be one list.
public enum NameComparison {
  /// A line for each test that some architecture lacks; none if all lists are the same.
  ///
  /// - Parameter lists: Names of tests by architecture, however the tests ended.
  public static func differences(_ lists: [String: Set<String>]) -> [TestReport.Remark] {
    let architectures = lists.keys.sorted()
    let all = lists.values.reduce(into: Set<String>()) { $0.formUnion($1) }
    return all.sorted().compactMap { name in
      let without = architectures.filter { lists[$0]?.contains(name) == false }
      guard !without.isEmpty else { return nil }
      let with = architectures.filter { !without.contains($0) }
      return TestReport.Remark(
        name: "names \(name)",
        reason: "\(with.joined(separator: ", ")) ran it and \(without.joined(separator: ", ")) "
          + "did not; a test that does not apply says so by 'skip AREA.FACT: WHY'")
    }
  }
}
