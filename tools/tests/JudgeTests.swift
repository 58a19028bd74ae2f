import Testing

@testable import Machine

@Suite struct JudgeTests {
  @Test func factsAreCounted() {
    let report = Judge.userTests(
      ["ok ipc.badge", "noise", "not ok ipc.order: 2 before 1", "FAIL"], program: "ipc")

    #expect(report.summary == "1 passed, 1 failed")
    #expect(report.failures == [TestReport.Remark(name: "ipc.order", reason: "2 before 1")])
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
      report.failures == [
        TestReport.Remark(name: "selftest.frames.release", reason: "3 frames short")
      ])
  }

  @Test func selfTestsThatEndEarlyHaveFailed() {
    #expect(Judge.selfTests(["selftest: a.b: PASS"]).failures.map(\.name) == ["selftest"])
  }

  @Test func factThatDoesNotApplySaysWhy() {
    let report = Judge.userTests(
      ["ok io.ports", "skip io.bitmap: only PCs have ports", "PASS"], program: "io")

    #expect(
      report.inapplicable
        == [TestReport.Remark(name: "io.bitmap", reason: "only PCs have ports")])
    #expect(report.names == ["io.ports", "io.bitmap"])
    #expect(report.summary == "1 passed, 0 failed, 1 not applicable")
  }

  @Test(arguments: ["skip io.bitmap", "skip io.bitmap:", "skip io.bitmap: "])
  func factThatStandsAsideWithoutAReasonHasFailed(line: String) {
    #expect(Judge.userTests([line, "PASS"], program: "io").failures.map(\.name) == ["io.bitmap"])
  }

  /// Init starts it anew, and then it may pass.
  @Test func serviceThatWasStartedAnewHasFailed() {
    let lines = ["init: shell: ended with 206, process 5", "ok p.fact", "PASS"]
    #expect(Judge.userTests(lines, program: "p", inPlacesOf: ["shell"]).failures.map(\.name) == ["p"])
    #expect(Judge.userTests(lines, program: "p", inPlacesOf: ["vfs"]).failures == [])
  }

  @Test func programThatOnlyStandsAsideRanNoTest() {
    let report = Judge.userTests(["skip a.b: why", "PASS"], program: "a")

    #expect(report.failures.map(\.name) == ["a"])
  }

  @Test func selfTestThatDoesNotApplySaysWhy() {
    let report = Judge.selfTests([
      "selftest: a.b: PASS", "selftest: c.d: SKIP: no such table", "selftest: result: PASS",
    ])

    #expect(
      report.inapplicable
        == [TestReport.Remark(name: "selftest.c.d", reason: "no such table")])
  }
}
