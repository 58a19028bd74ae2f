import Foundation
import Machine
import ToolSupport

/// Runs the package's own tests on the host and counts them.
enum HostTests {
  /// - Parameters:
  ///   - filter: Part of the names of the tests to run; nil for all.
  ///   - jobCount: How many compilers at a time; nil for as many as there are cores.
  static func run(filter: String?, jobCount: Int? = nil) throws(ToolFailure) -> TestReport {
    Report.progress("host tests: building and running (swift test) ...")
    var arguments = ["test", "--package-path", Workspace.root]
    if let jobCount { arguments += ["--jobs", "\(jobCount)"] }
    if let filter { arguments += ["--filter", filter] }
    var lines: [String] = []
    let status = try Subprocess.lines("swift", arguments) { line in
      lines.append(line)
      if isWorthShowing(line) { Report.progress(line) }
    }
    return report(from: lines, status: status, isFiltered: filter != nil)
  }

  /// Counts by the closing line of the test runner, and names what failed.
  static func report(from lines: [String], status: Int32, isFiltered: Bool) -> TestReport {
    var report = TestReport()
    var total = 0
    var cases: Set<String> = []
    for line in lines {
      let words = line.split(separator: " ")
      if let name = passedCase(line) { cases.insert(name) }
      if let position = words.firstIndex(of: "with"), position >= 2,
        words[position - 2...position].elementsEqual(["Test", "run", "with"]),
        words.count > position + 1
      {
        total += Int(words[position + 1]) ?? 0
      } else if let name = failedTest(words) {
        report.fail("host \(name)", "see above")
      }
    }
    for name in cases { report.pass(name) }
    report.pass(count: max(0, total - report.failures.count - cases.count))
    if status != 0 && report.failures.isEmpty {
      report.fail("host", "swift test ended with status \(status): \(lastWords(lines))")
    } else if total == 0 && !isFiltered {
      report.fail("host", "swift test ran no test")
    }
    return report
  }

  /// The name in a line such as `✔ Test "CAP_001 holds" passed after 0.001 seconds.`, if it names a case
  /// of the conformance list.
  private static func passedCase(_ line: String) -> String? {
    guard line.contains("Test \""), line.contains(" passed after ") else { return nil }
    let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
    guard parts.count == 3, !ConformanceTable.ids(in: parts[1]).isEmpty else { return nil }
    return String(parts[1])
  }

  /// The name in a line such as `✘ Test holds() failed after 0.001 seconds with 1 issue.`
  private static func failedTest(_ words: [Substring]) -> String? {
    guard
      let start = words.prefix(2).firstIndex(of: "Test"), words.count > start + 3,
      words[start + 1] != "run", words[start + 1] != "case",
      let end = words.firstIndex(of: "failed"), end > start + 1, end + 1 < words.count,
      words[end + 1] == "after"
    else { return nil }
    return words[(start + 1)..<end].joined(separator: " ")
  }

  private static func isWorthShowing(_ line: String) -> Bool {
    line.contains(": error: ") || line.hasPrefix("error: ") || line.hasPrefix("✘")
      || line.hasPrefix("[")
      || line.contains("Test run with")
  }

  private static func lastWords(_ lines: [String]) -> String {
    lines.suffix(12).joined(separator: "\n")
  }
}
