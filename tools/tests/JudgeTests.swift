import Testing

@testable import Machine

@Suite struct JudgeTests {
  @Test func factsAreCounted() {
    let report = Judge.userTests(
      ["ok ipc.badge", "noise", "not ok ipc.order: 2 before 1", "FAIL"], program: "ipc")

    #expect(report.summary == "1 passed, 1 failed")
    #expect(report.failures == [TestReport.Failure(name: "ipc.order", reason: "2 before 1")])
  }

  @Test func programWithoutItsFinalLineHasFailed() {
    let report = Judge.userTests(["ok ipc.badge"], program: "ipc")

    #expect(report.failures.map(\.name) == ["ipc"])
  }

  @Test(arguments: [["PASS"], ["ok a.b", "FAIL"]])
  func finalLineMustFitTheFacts(lines: [String]) {
    #expect(Judge.userTests(lines, program: "p").failures.count == 1)
  }

  @Test func selfTestLinesAreCounted() {
    let report = Judge.selfTests([
      "selftest: frames.allocate: PASS", "boot text",
      "selftest: frames.release: FAIL: 3 frames short", "selftest: result: FAIL",
    ])

    #expect(report.passedCount == 1)
    #expect(
      report.failures == [TestReport.Failure(name: "frames.release", reason: "3 frames short")])
  }

  @Test func selfTestsThatEndEarlyHaveFailed() {
    #expect(Judge.selfTests(["selftest: a.b: PASS"]).failures.map(\.name) == ["selftest"])
  }
}
