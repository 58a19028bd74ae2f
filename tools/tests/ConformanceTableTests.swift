import Foundation
import Testing

@testable import Machine

@Suite struct ConformanceTableTests {
  private let table = ConformanceTable(
    list: """
      | id | where | given, when, then | from |
      | --- | --- | --- | --- |
      | CAP-001 | B | given a | b |
      | CAP-002 | H | given c | d |
      | CAP-003 | Q | given e | f |
      | SMP-001 | S | given g | h |
      """)

  private func report(
    passed: [String] = [], failed: [String] = [], inapplicable: [String] = []
  ) -> TestReport {
    var report = TestReport()
    for name in passed { report.pass(name) }
    for name in failed { report.fail(name, "why") }
    for name in inapplicable { report.doesNotApply(name, "why") }
    return report
  }

  @Test func idsAreFoundWhereverTheyStand() {
    #expect(ConformanceTable.ids(in: "CAP_001 CAP_007 what") == ["CAP-001", "CAP-007"])
    #expect(ConformanceTable.ids(in: "caps.CAP_014_flipped") == ["CAP-014"])
    #expect(ConformanceTable.ids(in: "XCAP_001 CAP_01 cap_001 CAP-001") == [])
  }

  @Test func eachCaseStandsWhereItIsWanted() {
    let lines = table.lines([
      ("host", report(passed: ["CAP_001 holds"], failed: ["CAP_002 holds"])),
      ("x86_64", report(passed: ["a.CAP_001_holds"], inapplicable: ["a.CAP_003_holds"])),
    ], isWhole: true)

    #expect(
      lines == [
        "case     host  x86_64",
        "CAP-001  ok    ok",
        "CAP-002  FAIL  -",
        "CAP-003  -     n/a",
        "host: 1 of 2 cases passed",
        "x86_64: 1 of 2 cases passed",
        "1 cases need several CPUs and are not tested",
      ])
  }

  /// One of a case's tests failed.
  @Test func failedTestCountsMoreThanOneThatPassed() {
    let lines = table.lines([
      ("host", report(passed: ["CAP_001 one", "CAP_002 one"], failed: ["CAP_001 other"]))
    ], isWhole: true)
    #expect(lines[1] == "CAP-001  FAIL")
  }

  /// A filter left the others out.
  @Test func casesThatWereNotToRunAreNoGaps() {
    let lines = table.lines([("host", report(passed: ["CAP_001 one"]))], isWhole: false)
    #expect(lines == ["case     host", "CAP-001  ok", "host: 1 of 1 cases passed"])
  }

  @Test func caseWithoutATestAndTestWithoutACaseAreNamed() {
    let failures = table.judge([("host", report(passed: ["CAP_001 one", "CAP_009 other"]))]).failures
    #expect(failures.map(\.name) == ["host CAP-002", "host CAP-009"])
  }

  /// The list itself: each id once.
  @Test func listIsWellFormed() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: "docs/conformance.md"), encoding: .utf8)
    let cases = ConformanceTable(list: text).cases
    #expect(cases.count >= 235)
    #expect(Set(cases.map(\.id)).count == cases.count)
    let rows = text.split(separator: "\n").filter { line in
      line.hasPrefix("| ") && !ConformanceTable.ids(in: line.prefix(9), separator: "-").isEmpty
    }
    #expect(rows.count == cases.count)
  }
}
