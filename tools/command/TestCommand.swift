import Builder
import Foundation
import Machine
import ToolSetup
import ToolSupport

/// `mnos test`.
enum TestCommand {
  static func run(_ arguments: [String]) throws(ToolFailure) {
    let grammar = Options.Grammar(
      flags: ["--conformance", "--selftests", "--yes"], values: ["--filter", "--limine"],
      later: ["--add": "programs outside this tree"], wordLimit: 1)
    let options = try Options(arguments, grammar: grammar)
    let word = options.words.first
    let architectures =
      word == "host" ? [] : try Workspace.architectures(word ?? "all")
    let runsHost = (word == nil || word == "host" || word == "all") && !options.has("--selftests")
    let lacking = try Doctor.ensureEach(
      architectures.map(\.name), emulator: true, consent: Consent(saidYes: options.has("--yes")))
    let start = ContinuousClock.now
    let run = TestRun(
      filter: options.value("--filter"), selfTestsOnly: options.has("--selftests"),
      limine: try Limine.folderInPlace(
        given: options.value("--limine"), root: Workspace.root),
      conformance: options.has("--conformance") ? try Self.conformanceTable() : nil)
    let report = run.carryOut(
      runsHost: runsHost, architectures: architectures, lacking: lacking)
    for line in report.closingLines { print(line) }
    Report.progress("took \(Workspace.seconds(since: start))")
    print(report.summary)
    if !report.failures.isEmpty { exit(1) }
  }

  private static func conformanceTable() throws(ToolFailure) -> ConformanceTable {
    let path = "\(Workspace.root)/docs/conformance.md"
    return ConformanceTable(list: try Files.text(of: path))
  }
}

extension TestReport {
  /// What did not pass, tests with the same reason for not running in one line.
  var closingLines: [String] {
    grouped(inapplicable, "not applicable") + grouped(skipped, "skipped")
      + failures.map { "failed: \($0.name): \($0.reason)" }
  }

  private func grouped(_ remarks: [Remark], _ what: String) -> [String] {
    var order: [String] = []
    var names: [String: [String]] = [:]
    for remark in remarks {
      if names[remark.reason] == nil { order.append(remark.reason) }
      names[remark.reason, default: []].append(remark.name)
    }
    return order.map { reason in
      let all = names[reason] ?? []
      let shown = all.prefix(4).joined(separator: ", ")
      let rest = all.count > 4 ? " and \(all.count - 4) more" : ""
      return "\(what): \(shown)\(rest): \(reason)"
    }
  }
}
