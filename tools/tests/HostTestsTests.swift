import Testing

@testable import mnos

@Suite struct HostTestsTests {
  @Test func totalsComeFromTheClosingLine() {
    let lines = [
      "✔ Test one() passed after 0.001 seconds.",
      "✔ Test run with 12 tests in 3 suites passed after 0.1 seconds.",
    ]

    #expect(
      HostTests.report(from: lines, status: 0, isFiltered: false).summary == "12 passed, 0 failed")
  }

  @Test func failedTestsAreNamed() {
    let lines = [
      "✘ Test two() recorded an issue at F.swift:3:5: Expectation failed",
      "✘ Test two() failed after 0.001 seconds with 1 issue.",
      "✘ Test run with 2 tests in 1 suite failed after 0.1 seconds with 1 issue.",
    ]

    let report = HostTests.report(from: lines, status: 1, isFiltered: false)

    #expect(report.summary == "1 passed, 1 failed")
    #expect(report.failures.map(\.name) == ["host two()"])
  }

  @Test func buildThatFailsIsAFailure() {
    let report = HostTests.report(from: ["error: no such module"], status: 1, isFiltered: false)

    #expect(report.summary == "0 passed, 1 failed")
  }

  @Test func runWithoutTestsIsAFailure() {
    let report = HostTests.report(
      from: ["✔ Test run with 0 tests passed after 0.001 seconds."], status: 0, isFiltered: false)

    #expect(report.failures.count == 1)
  }
}
