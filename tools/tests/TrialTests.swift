import Foundation
import Testing
import ToolSupport

@testable import Mutation

@Suite struct TrialTests {
  /// A script that stands for the test program, removed by the caller.
  private func program(_ body: String) throws -> String {
    let path = NSTemporaryDirectory() + "mnos-trial-\(UUID().uuidString)"
    try Files.write("#!/bin/bash\n" + body, to: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return path
  }

  private func outcome(_ body: String, limit: Int = 20) throws -> Outcome {
    let path = try program(body)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try Trial(program: path, stage: Stage("one", []), limit: limit).run(fault: 7)
  }

  @Test func passesWhenAllTestsPass() throws {
    #expect(try outcome("echo '✔ Test run with 3 tests in 1 suite passed.'") == .passed)
  }

  @Test func programIsToldItsFault() throws {
    #expect(
      try outcome("[ $MNOS_FAULT = 7 ] && echo '✔ Test run with 1 test passed.'") == .passed)
  }

  @Test func firstIssueEndsIt() throws {
    // It would go on for ever.
    let body = """
      echo '◇ Test "CAP_1 holds" started.'
      echo '✘ Test "CAP_1 holds" recorded an issue with 1 argument a → 2 at F.swift:3:5: Bad: x'
      while :; do :; done
      """

    #expect(
      try outcome(body) == .failed(test: "CAP_1 holds", file: "F.swift", issue: "Bad: x"))
  }

  @Test func crashIsCaughtInTheTestThatRan() throws {
    let body = "echo '◇ Test one() started.'\necho '◇ Test case passing 1 argument a to one() "
      + "started.'\nkill -ILL $$"

    #expect(try outcome(body) == .crashed(test: "one()"))
  }

  @Test func endlessLoopIsCaughtByItsTime() throws {
    #expect(
      try outcome("echo '◇ Test one() started.'\nwhile :; do :; done", limit: 1)
        == .timedOut(test: "one()"))
  }

  @Test func runWithoutTestsIsAnError() {
    #expect(throws: ToolFailure.self) {
      try outcome("echo '✔ Test run with 0 tests in 0 suites passed.'")
    }
  }

  @Test func partsAreToldApart() {
    let report = TrialReport(
      [], testFiles: ["kernel/tests/KernelCoreTests/defects/A.swift", "kernel/tests/x/B.swift"])

    func part(_ file: String, _ issue: String) -> String {
      report.part(.failed(test: "t", file: file, issue: issue))
    }
    #expect(part("A.swift", "Expectation failed: a == b") == "defect suites")
    #expect(part("B.swift", "Expectation failed: a == b") == "unit suites")
    #expect(part("A.swift", "(machine.findings → [\"slots: a b\"]) == []") == "auditor")
    #expect(
      part("A.swift", "(machine.findings → [\"staleTranslation(page: 1)\"])")
        == "simulated machine")
    #expect(report.part(.crashed(test: "t")) == "crash")
  }

  @Test func tableCountsAndNamesSurvivors() {
    let fault = Fault(
      name: "x", file: "f.swift", range: 0..<1, line: 3, form: .statements, original: "a()",
      changed: "", kind: "order", breaks: "A promise.")
    var same = fault
    same.equivalent = "Nothing differs."

    let report = TrialReport(
      [
        .init(number: 1, fault: fault, outcome: .passed, stage: "s"),
        .init(number: 2, fault: fault, outcome: .crashed(test: "t"), stage: "s"),
        .init(number: 3, fault: same, outcome: .passed, stage: "s"),
      ], testFiles: [])

    #expect(report.survivors.map(\.number) == [1])
    #expect(report.lines.contains("  1 f.swift:3: a() -> nothing"))
    #expect(
      report.lines.last
        == "1 of 2 faults caught (50.0 %); 1 more cannot be told from the original")
    #expect(report.json.contains("\"equivalent\": \"Nothing differs.\""))
  }
}
