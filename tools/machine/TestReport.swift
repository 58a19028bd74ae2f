/// The outcome of tests, counted by their own words.
public struct TestReport: Sendable, Equatable {
  /// One test that did not pass.
  public struct Failure: Sendable, Equatable {
    public let name: String
    public let reason: String

    public init(name: String, reason: String) {
      self.name = name
      self.reason = reason
    }
  }

  public private(set) var passedCount = 0
  public private(set) var failures: [Failure] = []

  public init() {}

  public mutating func pass() { passedCount += 1 }

  public mutating func pass(count: Int) { passedCount += count }

  public mutating func fail(_ name: String, _ reason: String) {
    failures.append(Failure(name: name, reason: reason))
  }

  /// Adds the outcome of other tests, with `prefix` before the names of those that failed.
  public mutating func add(_ other: TestReport, prefix: String = "") {
    passedCount += other.passedCount
    failures += other.failures.map { Failure(name: prefix + $0.name, reason: $0.reason) }
  }

  /// The last line of `mnos test`.
  public var summary: String { "\(passedCount) passed, \(failures.count) failed" }
}

/// Judges what tests on a machine print; nothing else counts.
public enum Judge {
  /// The lines of the kernel's self-tests: `selftest: SUITE.NAME: PASS` or `: FAIL` and a reason,
  /// at the end `selftest: result: PASS` or `FAIL`.
  public static func selfTests(_ lines: [String]) -> TestReport {
    var report = TestReport()
    var result: Substring?
    for line in lines where line.hasPrefix("selftest: ") {
      let parts = line.split(separator: ":", maxSplits: 2).map { $0.drop { $0 == " " } }
      guard parts.count == 3 else { continue }
      if parts[1] == "result" {
        result = parts[2]
      } else if parts[2] == "PASS" {
        report.pass()
      } else if parts[2].hasPrefix("FAIL") {
        report.fail(String(parts[1]), String(parts[2].dropFirst(4).drop { " :".contains($0) }))
      }
    }
    judgeEnd(result.map(String.init), of: "selftest", &report)
    return report
  }

  /// The lines of one user-land test program: `ok AREA.FACT` or `not ok AREA.FACT: WHY` for each
  /// fact, at the end `PASS` or `FAIL`.
  ///
  /// - Parameter program: Named as the failure if the program itself did not end well.
  public static func userTests(_ lines: [String], program: String) -> TestReport {
    var report = TestReport()
    var result: String?
    for line in lines {
      if line.hasPrefix("ok ") {
        report.pass()
      } else if line.hasPrefix("not ok ") {
        let parts = line.dropFirst(7).split(separator: ":", maxSplits: 1)
        let reason = parts.count > 1 ? parts[1].drop { $0 == " " } : "no reason given"
        report.fail(String(parts.first ?? "?"), String(reason))
      } else if line == "PASS" || line == "FAIL" {
        result = line
      }
    }
    judgeEnd(result, of: program, &report)
    return report
  }

  /// A run that did not reach its final line has failed, and so has one whose final line and
  /// tests contradict each other, or that held no test at all.
  private static func judgeEnd(_ result: String?, of name: String, _ report: inout TestReport) {
    switch result {
    case nil:
      report.fail(name, "ended without its final line")
    case "PASS":
      if report.passedCount == 0 && report.failures.isEmpty { report.fail(name, "ran no test") }
    default:
      if report.failures.isEmpty { report.fail(name, "says FAIL, though no test of it failed") }
    }
  }
}
