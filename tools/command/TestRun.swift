import Builder
import Foundation
import Machine
import Synchronization
import ToolSupport

/// One run of `mnos test`: host tests, builds and booted machines as jobs of one queue.
struct TestRun: Sendable {
  let filter: String?
  let selfTestsOnly: Bool
  /// The folder of Limine's binaries; nil if there is none.
  let limine: String?
  /// Prints which case of the conformance list stands where, if it is there.
  var conformance: ConformanceTable?

  /// Does it all, and reports the time that each part took.
  ///
  /// - Parameter lacking: Why an architecture cannot be tested here.
  func carryOut(
    runsHost: Bool, architectures: [Architecture], lacking: [String: ToolFailure]
  ) -> TestReport {
    let results = TestResults()
    let able = architectures.filter { lacking[$0.name] == nil }
    var jobs: [TestJob] = []
    if runsHost {
      jobs.append(hostJob(results, isAlone: able.isEmpty))
    }
    // Those that take longest to build first.
    jobs += able.enumerated().map { index, architecture in
      ArchitectureTests(self, architecture, results, isAlone: able.count == 1).buildJob(
        weight: 300 + index)
    }
    let timings = JobQueue.run(jobs, workerCount: StepRunner.defaultWorkerCount)
    for timing in timings {
      Report.progress("\(Workspace.seconds(timing.duration)) \(timing.title)")
    }
    var total = summary(results, architectures: architectures, lacking: lacking)
    if let conformance {
      let names = (runsHost ? ["host"] : []) + able.map(\.name)
      let columns = names.map { (name: $0, report: results.report(of: $0)) }
      for line in conformance.lines(columns, isWhole: filter == nil) { print(line) }
      if filter == nil { total.add(conformance.judge(columns), prefix: "conformance ") }
    }
    return total
  }

  func isWanted(_ name: String) -> Bool { filter.map(name.contains) ?? true }

  private func hostJob(_ results: TestResults, isAlone: Bool) -> TestJob {
    TestJob(title: "host tests", weight: 1000) {
      do throws(ToolFailure) {
        results.add(try HostTests.run(filter: filter, jobCount: isAlone ? nil : 1), to: "host")
      } catch {
        results.fail("build", error.message, of: "host")
      }
      return []
    }
  }

  private func summary(
    _ results: TestResults, architectures: [Architecture], lacking: [String: ToolFailure]
  ) -> TestReport {
    var total = results.report(of: "host")
    var lists: [String: Set<String>] = [:]
    for architecture in architectures.map(\.name) {
      var report = results.report(of: architecture)
      if let failure = lacking[architecture] {
        report.fail("cannot be tested here", failure.message)
      } else {
        lists[architecture] = report.names
      }
      Report.progress("\(architecture): \(report.summary)")
      total.add(report, prefix: "\(architecture) ")
    }
    if filter == nil { compare(lists, results, &total) }
    if total.names.isEmpty && total.passedCount == 0 {
      total.fail("filter", "no test's name contains '\(filter ?? "")'")
    }
    return total
  }

  /// The architectures must have run the same tests, and given the same answers.
  private func compare(
    _ lists: [String: Set<String>], _ results: TestResults, _ total: inout TestReport
  ) {
    guard lists.count > 1 else { return }
    let differences = NameComparison.differences(lists)
    for difference in differences { total.fail(difference.name, difference.reason) }
    if differences.isEmpty { total.pass("names.areTheSameOnEveryArchitecture") }
    guard !selfTestsOnly else { return }
    let answers = lists.keys.sorted().map { ($0, results.firstAnswers(of: $0)) }
    let odd = answers.dropFirst().filter { $0.1 != answers[0].1 }.map(\.0)
    let name = "answers.areTheSameOnEveryArchitecture"
    if odd.isEmpty {
      total.pass(name)
    } else {
      total.fail(
        name,
        "\(odd.joined(separator: ", ")) and \(answers[0].0) differ in what "
          + "\(MachineChecks.commands.joined(separator: "; ")) prints")
    }
  }
}

/// What the jobs of a run found out, by architecture or `host`.
final class TestResults: Sendable {
  private struct State {
    var reports: [String: TestReport] = [:]
    var conversations: [String: [String: Conversation]] = [:]
  }

  private let state = Mutex(State())

  func add(_ report: TestReport, to name: String) {
    state.withLock { $0.reports[name, default: TestReport()].add(report) }
  }

  func fail(_ test: String, _ reason: String, of name: String) {
    state.withLock { $0.reports[name, default: TestReport()].fail(test, reason) }
  }

  func report(of name: String) -> TestReport {
    state.withLock { $0.reports[name] ?? TestReport() }
  }

  /// Keeps what `machine` answered.
  ///
  /// - Returns: All that is kept under `key`.
  func keep(
    _ conversation: Conversation?, of machine: String, under key: String
  ) -> [String: Conversation] {
    state.withLock { state in
      state.conversations[key, default: [:]][machine] =
        conversation ?? Conversation(answers: [], wasSwitchedOff: false, lastWords: "(none)")
      return state.conversations[key] ?? [:]
    }
  }

  /// What the first machine of an architecture answered under the built-in loader.
  func firstAnswers(of architecture: String) -> [Conversation.Answer] {
    guard let name = try? Board.of(architecture).machines[0].name else { return [] }
    let key = "\(architecture) \(MachineChecks.Loader.builtIn.rawValue)"
    return state.withLock { $0.conversations[key]?[name]?.answers ?? [] }
  }
}
