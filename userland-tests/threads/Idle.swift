import Libmnos
import TestHarness

/// Timers that go off while the CPU is about to stand still: nobody else runs during these facts.
func checkIdle(_ suite: inout TestSuite) {
  suite.fact("SCH_011_everyTimedWaitWakesWhateverItsPhase") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let silence = try scope.notification()
    let watch = try Watch(&scope)
    // From before the call is entered to long after the CPU stood still, in steps that fall
    // between any two instructions sooner or later.
    for round in UInt64(0)..<6_000 {
      let due = KernelCalls.clock() + round * 61 % 80_000
      let outcome =
        switch round & 3 {
        case 0: KernelCalls.wait(silence, deadline: due)
        case 1: KernelCalls.receive(endpoint, deadline: due)
        case 2: KernelCalls.send(endpoint, deadline: due)
        default: KernelCalls.raw(.call, endpoint.argument, due)
        }
      try expect(outcome, .timedOut)
      try watch.check(since: due)
      if round % 500 == 0 { try watch.renew() }
    }
  }

  suite.fact("SCH_011_aSecondTimerWakesBehindTheFirstWhateverItsDistance") {
    (scope) throws(Unexpected) in
    let silence = try scope.notification()
    let remote = try scope.remote()
    let watch = try Watch(&scope)
    for round in UInt64(0)..<2_000 {
      let due = KernelCalls.clock() + 20_000 + round * 7 % 5_000
      remote.begin(.wait, silence.argument, due + round * 41 % 30_000)
      try expect(KernelCalls.wait(silence, deadline: due), .timedOut)
      try watch.check(since: due)
      try expect(try remote.finish(), .timedOut)
      try watch.check(since: due)
      if round % 500 == 0 { try watch.renew() }
    }
  }

  suite.fact("SCH_011_aTimerThatIsMovedForwardStillWakes") { (scope) throws(Unexpected) in
    let (silence, sleep) = (try scope.notification(), try scope.notification())
    let remote = try scope.remote()
    let watch = try Watch(&scope)
    for round in UInt64(0)..<1_000 {
      // The timer is armed for one thread, and anew for the other, which is sooner; that wakes the
      // first before its time is over.
      remote.begin(.wait, silence.argument, KernelCalls.clock() + 200_000)
      try remote.expectState(.waiting)
      let due = KernelCalls.clock() + round * 53 % 40_000
      try expect(KernelCalls.wait(sleep, deadline: due), .timedOut)
      try watch.check(since: due)
      try expect(KernelCalls.signal(silence))
      _ = try remote.finish()
      _ = KernelCalls.wait(silence)
      try watch.check(since: due)
    }
  }
}

/// A thread whose deadline is far behind all others. If the CPU sleeps through one of those, it
/// is this that wakes it, and so the miss is seen and no hang.
private struct Watch {
  private let remote: RemoteThread
  private let alarm: Handle
  private static var length: UInt64 { 20_000_000_000 }

  init(_ scope: inout Scope) throws(Unexpected) {
    remote = try scope.remote()
    alarm = try scope.notification()
    begin()
  }

  private func begin() {
    remote.begin(.wait, alarm.argument, KernelCalls.clock() + Self.length)
  }

  /// Moves its deadline on.
  func renew() throws(Unexpected) {
    try expect(KernelCalls.signal(alarm))
    _ = try remote.finish()
    begin()
  }

  func check(since due: UInt64, line: UInt = #line) throws(Unexpected) {
    try expect(
      KernelCalls.clock() - due < Self.length / 2, "the CPU slept through a deadline", line: line)
  }
}
