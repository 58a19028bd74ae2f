import Foundation
import MnosABI
import Testing

@testable import KernelCore

/// Every state of small worlds. `MNOS_STATES` allows more of them than a test run has time for.
@Suite struct ExplorerTests {
  typealias Configuration = ExploredWorld.Configuration

  private func explore(_ configuration: Configuration, states: Int, closes: Bool) {
    let limit =
      ProcessInfo.processInfo.environment["MNOS_STATES"].flatMap { Int($0) } ?? states
    var explorer = Explorer(configuration)
    let start = Date()
    explorer.run(stateLimit: limit)
    let seconds = Date().timeIntervalSince(start)
    print(
      "explorer: \(configuration): \(explorer.stateCount) states, \(explorer.edgeCount) steps, "
        + "by depth \(explorer.depths), \(explorer.isClosed ? "all there are" : "not all"), "
        + "\(Int(Double(explorer.stateCount) / max(seconds, 0.001))) states/s, "
        + "digest \(explorer.digest)")
    if let finding = explorer.finding {
      Issue.record("after \(finding.trace): \(finding.findings)")
    }
    #expect(explorer.isClosed == closes || limit != states)
  }

  private static let calls: [ExploredStep.Kind] = [
    .receive, .call, .callWithDeadline, .reply, .replyAndReceive, .dropReply, .timeOut,
  ]

  @Test func callsBetweenTwoThreads() {
    explore(
      Configuration(slotCount: 1, holdings: [[1], [1]], kinds: Self.calls), states: 100_000,
      closes: true)
  }

  @Test func callsAndEndsBetweenTwoThreads() {
    explore(
      Configuration(
        slotCount: 1, holdings: [[1], [1]], kinds: Self.calls + [.delete, .destroy, .exit]),
      states: 100_000, closes: true)
  }

  @Test func callsWithinAProcess() {
    explore(
      Configuration(
        slotCount: 2, holdings: [[1, 0]], isOneProcess: true,
        kinds: Self.calls + [.keepReply, .replyThrough, .delete]),
      states: 100_000, closes: true)
  }

  @Test func signalsBetweenTwoThreads() {
    explore(
      Configuration(
        slotCount: 1, objects: [.notification], holdings: [[1], [1]],
        kinds: [.signal, .wait, .pollingWait, .delete, .destroy, .suspend, .resume, .exit, .kill]),
      states: 100_000, closes: true)
  }
}
