import ToolSupport

/// How soon a person at the shell is answered.
extension BootedTests {
  /// Within which a person is to see what was typed.
  private static let mostDelay = Duration.milliseconds(100)

  /// Boots these tests' image, on which a service loops for ever, and types at the shell.
  ///
  /// The host's time counts, from the first key to the next prompt. A machine that is emulated
  /// stands still at times: in one round of eight each of ten answers has to be in time.
  ///
  /// - Parameters:
  ///   - service: The one in the loop.
  ///   - area: The first part of the facts' names.
  public func promptness(beside service: String, area: String) throws(ToolFailure) -> TestReport {
    var report = TestReport()
    let fact = "\(area).theShellAnswersWithin100Milliseconds"
    guard let machine = try booted() else {
      report.fail(fact, "the machine did not reach its prompt")
      return report
    }
    defer { machine.kill() }
    var least: Duration?
    var count = 0
    for _ in 0..<8 where least.map({ $0 > Self.mostDelay }) ?? true {
      var worst = Duration.zero
      for _ in 0..<10 {
        count += 1
        let word = "answer\(count)"
        let start = ContinuousClock.now
        let script = SessionScript(fact, [.type("echo \(word)\r"), .line(word), .prompt])
        if let failure = play(script, on: machine) {
          report.fail(fact, failure)
          return report
        }
        worst = max(worst, .now - start)
      }
      least = min(least ?? worst, worst)
    }
    let slowest = least ?? .zero
    progress("\(area): the slowest answer of 10 took \(slowest)")
    report.judge(fact, slowest <= Self.mostDelay ? nil : "the slowest of 10 took \(slowest)")
    // Another service's thread waits.
    let isBusy = SessionScript(fact, [.type("ps \(service)\r"), .text("ready"), .prompt])
    report.judge("\(area).theServiceLoops", play(isBusy, on: machine))
    return report
  }
}
