import Libmnos
import TestHarness

/// Budgets with a share of the CPU's time.
func checkShares(_ suite: inout TestSuite) {
  suite.fact("SCH_503_aSpinnerGetsItsShareAndLowerThreadsTheRest") { (scope) throws(Unexpected) in
    let spinner = try scope.spinner(share: 2_000, priority: scope.priority - 1)
    let lower = try scope.remote(priority: scope.priority - 2)
    try lower.expectIdle()
    spinner.begin(.spin)
    lower.begin(.spin)
    let sleep = try scope.notification()
    // As long as the host does not stall the machine in the middle of its share, in which case the
    // clock says that the spinner ran.
    var isHeld = false
    for _ in 0..<8 where !isHeld {
      let before = (time(of: spinner), time(of: lower))
      try expect(
        KernelCalls.wait(sleep, deadline: KernelCalls.clock() + 200_000_000), .timedOut)
      let (used, left) = (time(of: spinner) - before.0, time(of: lower) - before.1)
      isHeld = (7...15).contains(used * 100 / max(used + left, 1))
    }
    spinner.setStop(true)
    lower.setStop(true)

    try expect(isHeld, "in none of 8 times 10 periods was the spinner's part 10 %")
    try expect(
      KernelCalls.query(spinner.thread).word(2), equals: scope.priority - 1, "priority")
  }

  suite.fact("SCH_503_aLowerThreadAnswersWithin100Milliseconds") { (scope) throws(Unexpected) in
    let spinner = try scope.spinner(share: 2_000, priority: scope.priority - 1)
    let lower = try scope.remote(priority: 1)
    let alarm = try scope.notification()
    try lower.expectIdle()
    spinner.begin(.spin)
    var isQuick = false
    for _ in 0..<8 where !isQuick {
      var worst: UInt64 = 0
      for _ in 0..<20 {
        let due = KernelCalls.clock() + 7_000_000
        lower.begin(.wait, alarm.argument, due)
        try expect(try lower.finish(), .timedOut)
        worst = max(worst, KernelCalls.clock() - due)
      }
      isQuick = worst <= 100_000_000
    }
    spinner.setStop(true)

    try expect(isQuick, "in each of 8 rounds a wait ended 100 ms late")
  }

  suite.fact("SCH_503_whatNobodyElseWantsIsItsToo") { (scope) throws(Unexpected) in
    let spinner = try scope.spinner(share: 1_000, priority: scope.priority - 1)
    spinner.begin(.spin)
    let sleep = try scope.notification()
    let before = (time(of: spinner), KernelCalls.clock())
    try expect(
      KernelCalls.wait(sleep, deadline: before.1 + 200_000_000), .timedOut)
    let (used, passed) = (time(of: spinner) - before.0, KernelCalls.clock() - before.1)
    spinner.setStop(true)

    try expect(used > passed / 2, "it ran for its share only, while the CPU idled")
  }

  suite.fact("SCH_503_aThrottledThreadCanBeEnded") { (scope) throws(Unexpected) in
    let spinner = try scope.spinner(share: 100, priority: scope.priority - 1)
    spinner.begin(.spin)
    let sleep = try scope.notification()
    try expect(KernelCalls.wait(sleep, deadline: KernelCalls.clock() + 5_000_000), .timedOut)
    try expect(KernelCalls.destroy(spinner.thread))
    try expect(
      KernelCalls.query(spinner.thread).word(0), equals: UInt64(ThreadState.ended.rawValue),
      "state")
  }

  suite.fact("sharesAreCheckedAndTakenFromTheParents") { (scope) throws(Unexpected) in
    let parent = try scope.budget(share: 2_000)
    func create(_ share: UInt64, _ period: UInt64) -> Outcome {
      KernelCalls.create(.budget, from: parent, 4096, 4, share, period)
    }
    try expectBadArgument(create(1_001, 1_000), 5)
    try expectBadArgument(create(0, 1_000), 5)
    try expectBadArgument(create(1, 0), 5)
    try expectBadArgument(create(500, 999), 6)
    try expectBadArgument(create(1, 1_000_001), 6)
    try expect(create(101, 1_000), .unavailable)
    let child = scope.keep(try expect(create(60, 1_000)).handle)
    try expect(create(41, 1_000), .unavailable)
    try expect(KernelCalls.query(parent).word(5), equals: 800, "microseconds left to it")
    try expect(KernelCalls.query(parent).word(6), equals: 20_000, "microseconds of its period")
    try expect(KernelCalls.query(child).word(5), equals: 60, "microseconds")
    try expect(KernelCalls.destroy(child))
    try expect(KernelCalls.query(parent).word(5), equals: 2_000, "microseconds given back")
  }
}

/// Nanoseconds that a thread ran.
private func time(of remote: RemoteThread) -> UInt64 { KernelCalls.query(remote.thread).word(3) }

extension Scope {
  /// A budget with so many microseconds in each 20 milliseconds.
  fileprivate mutating func budget(
    share: UInt64, line: UInt = #line
  ) throws(Unexpected) -> Handle {
    let made = KernelCalls.create(.budget, from: budget, 64 * 4096, 64, share, 20_000)
    return keep(try expect(made, line: line).handle)
  }

  /// A thread of this process that spends such a budget's time.
  fileprivate mutating func spinner(
    share: UInt64, priority: UInt64
  ) throws(Unexpected) -> RemoteThread {
    let spinner = try remote(priority: priority, from: try budget(share: share))
    try spinner.expectIdle()
    return spinner
  }
}
