import KernelHAL

/// The clock, the one-shot timer and sleeping until it fires.
enum ClockSelfTests: SelfTestSuite {
  static var name: StaticString { "clock" }
  static var count: Int { 3 }

  static func testName(_ index: Int) -> StaticString {
    switch index {
    case 0: "neverGoesBack"
    case 1: "timerFiresAndNotEarly"
    default: "deadlineInThePastFiresAtOnce"
    }
  }

  static func run(
    _ index: Int, _ machine: inout SelfTestMachine, _ platform: inout CurrentPlatform
  ) -> Bool {
    switch index {
    case 0: neverGoesBack(&platform)
    case 1: fires(after: 2_000_000, &platform)
    default: fires(after: 0, &platform)
    }
  }

  private static func neverGoesBack(_ platform: inout CurrentPlatform) -> Bool {
    let start = platform.now()
    var last = start
    for _ in 0..<10_000 {
      let now = platform.now()
      guard now >= last else { return false }
      last = now
    }
    return last > start
  }

  /// Arms the timer and sleeps until it fires; other interrupts are let pass.
  private static func fires(
    after delay: UInt64, _ platform: inout CurrentPlatform
  ) -> Bool {
    let deadline = platform.now() + delay
    platform.armTimer(deadline: deadline)
    for _ in 0..<1_000 {
      guard platform.waitForInterrupt() == .timer else { continue }
      if platform.now() >= deadline { return true }
      platform.armTimer(deadline: deadline)
    }
    return false
  }
}
