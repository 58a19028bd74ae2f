import ToolSupport

/// How soon a person at the shell is answered.
extension BootedTests {
  /// Within which a person is to see what was typed.
  private static let mostDelay = Duration.milliseconds(100)

  /// Boots these tests' image, on which a service loops for ever, and types at the shell.
  ///
  /// The host's time counts, from the first key to the next prompt. A machine that is emulated
  /// stands still at times: nine of ten answers have to be in time.
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
    var delays: [Duration] = []
    for number in 1...50 {
      let word = "answer\(number)"
      let start = ContinuousClock.now
      let script = SessionScript(fact, [.type("echo \(word)\r"), .line(word), .prompt])
      if let failure = play(script, on: machine) {
        report.fail(fact, failure)
        return report
      }
      delays.append(.now - start)
    }
    delays.sort()
    let (usual, most) = (delays[delays.count / 2], delays[delays.count * 9 / 10])
    let told = "half of the answers came within \(usual), nine of ten within \(most)"
    progress("\(area): \(told)")
    report.judge(fact, most <= Self.mostDelay ? nil : told)
    // Another service's thread waits.
    let isBusy = SessionScript(fact, [.type("ps \(service)\r"), .text("ready"), .prompt])
    report.judge("\(area).theServiceLoops", play(isBusy, on: machine))
    return report
  }
}
