/// Judges what tests on a machine print; nothing else counts.
public enum Judge {
  /// The lines of the kernel's self-tests: `selftest: SUITE.NAME: PASS`, or `: FAIL` or `: SKIP`
  /// and a reason; at the end `selftest: result: PASS` or `FAIL`.
  public static func selfTests(_ lines: [String]) -> TestReport {
    var report = TestReport()
    var result: Substring?
    for line in lines where line.hasPrefix("selftest: ") {
      let parts = line.split(separator: ":", maxSplits: 2).map { $0.drop { $0 == " " } }
      guard parts.count == 3 else { continue }
      let name = "selftest.\(parts[1])"
      let reason = String(parts[2].dropFirst(4).drop { " :".contains($0) })
      if parts[1] == "result" {
        result = parts[2]
      } else if parts[2] == "PASS" {
        report.pass(name)
      } else if parts[2].hasPrefix("FAIL") {
        report.fail(name, reason)
      } else if parts[2].hasPrefix("SKIP") {
        notApplicable(name, reason, &report)
      }
    }
    judgeEnd(result.map(String.init), of: "selftest", &report)
    return report
  }

  /// The lines of one user-land test program: `ok AREA.FACT`, `not ok AREA.FACT: WHY`, or for a
  /// fact that has no meaning on the machine `skip AREA.FACT: WHY`; at the end `PASS` or `FAIL`.
  ///
  /// - Parameters:
  ///   - program: Named as the failure if the program itself did not end well.
  ///   - services: In whose places it stands: init starts a service anew that ended, and what the
  ///     second one says is no verdict.
  public static func userTests(
    _ lines: [String], program: String, inPlacesOf services: [String] = []
  ) -> TestReport {
    var report = TestReport()
    var result: String?
    for line in lines {
      if line.hasPrefix("ok ") {
        report.pass(String(line.dropFirst(3)))
      } else if line.hasPrefix("not ok ") {
        let (name, reason) = parts(line.dropFirst(7))
        report.fail(name, reason.isEmpty ? "no reason given" : reason)
      } else if line.hasPrefix("skip ") {
        let (name, reason) = parts(line.dropFirst(5))
        notApplicable(name, reason, &report)
      } else if line == "PASS" || line == "FAIL" {
        result = line
      }
    }
    judgeEnd(result, of: program, &report)
    for service in services {
      guard let line = lines.first(where: { $0.contains("init: \(service): ") }) else { continue }
      report.fail(program, "ended and was started anew: \(line)")
    }
    return report
  }

  /// The name and the reason in `NAME: REASON`.
  private static func parts(_ text: Substring) -> (name: String, reason: String) {
    let parts = text.split(separator: ":", maxSplits: 1)
    return (
      String(parts.first ?? "?"), parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
    )
  }

  /// A test may only stand aside if it says why.
  private static func notApplicable(
    _ name: String, _ reason: String, _ report: inout TestReport
  ) {
    if reason.isEmpty {
      report.fail(name, "was passed over without a reason")
    } else {
      report.doesNotApply(name, reason)
    }
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
