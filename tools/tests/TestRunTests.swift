import Testing
import ToolSupport

@testable import Builder
@testable import mnos

@Suite struct TestRunTests {
  @Test func architectureThatLacksSomethingIsAFailureThatNamesIt() {
    let run = TestRun(filter: nil, selfTestsOnly: false, limine: nil)
    let architecture = Architecture.all[3]

    let report = run.carryOut(
      runsHost: false, architectures: [architecture],
      lacking: [architecture.name: ToolFailure("no firmware (package x)")])

    #expect(report.failures.count == 1)
    #expect(report.failures.first?.name == "\(architecture.name) cannot be tested here")
    #expect(report.failures.first?.reason == "no firmware (package x)")
  }
}
