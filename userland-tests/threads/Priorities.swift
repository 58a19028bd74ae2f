import Libmnos
import TestHarness

/// Fixed priorities, round robin inside one.
func checkPriorities(_ suite: inout TestSuite) {
  suite.fact("SCH_001_threadsRunInDescendingPriority") { (scope) throws(Unexpected) in
    var remotes: [4 of RemoteThread] = .init(repeating: try scope.remote())
    for index in 0..<4 {
      remotes[index] = try scope.remote(priority: scope.priority - 4 + UInt64(index))
    }
    for index in 0..<4 { try remotes[index].expectIdle() }
    for index in 0..<4 { remotes[index].begin(.clock) }

    var last: UInt64 = 0
    for index in (0..<4).reversed() {
      let time = try expect(try remotes[index].finish()).value
      try expect(time > last, "a lower priority ran first")
      last = time
    }
  }

  suite.fact("SCH_003_loweringItselfSwitchesAtOnce") { (scope) throws(Unexpected) in
    let high = try scope.remote(priority: scope.priority - 1)
    let middle = try scope.remote(priority: scope.priority - 2)
    try high.expectIdle()
    try middle.expectIdle()

    middle.begin(.clock)
    high.begin(.setPriority, high.thread.argument, scope.priority - 3)
    try expect(try high.finish())

    // The lowered thread could only finish after the one that it let go first.
    try expect(middle.isFinished, "the other did not run first")
  }

  suite.fact("SCH_004_aPriorityAboveOnesOwnIsABadArgument") { (scope) throws(Unexpected) in
    let remote = try scope.remote()

    try expectBadArgument(KernelCalls.setPriority(remote.thread, scope.priority + 1), 1)
    try expectBadArgument(KernelCalls.setPriority(remote.thread, 256), 1)
    try expectBadArgument(KernelCalls.setPriority(remote.thread, .max), 1)
    try expectBadArgument(
      KernelCalls.create(
        .thread, from: scope.budget, scope.process.argument, scope.priority + 1), 4)

    try expect(KernelCalls.query(remote.thread).word(2), equals: scope.priority, "priority")
  }

  suite.fact("SCH_004_aLoweredCeilingCannotBeRaisedBack") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    let own = remote.thread.argument
    try expect(try remote.perform(.setPriority, own, scope.priority - 2))

    try expectBadArgument(try remote.perform(.setPriority, own, scope.priority), 1)
  }

  suite.fact("SCH_005_spinningThreadsOfOnePriorityShareTheCPU") { (scope) throws(Unexpected) in
    // One below this thread, which only sleeps: the four have the CPU to themselves.
    var remotes: [4 of RemoteThread] = .init(repeating: try scope.remote())
    for index in 0..<4 {
      remotes[index] = try scope.remote(priority: scope.priority - 1)
      try remotes[index].expectIdle()
    }
    for index in 0..<4 { remotes[index].begin(.spin) }
    let sleep = try scope.notification()
    // A host that stalls the machine in the middle of a slice takes that slice's work from one
    // thread; it does not do so for long. An unfair scheduler has no fair second at all.
    var isFair = false
    for _ in 0..<8 where !isFair {
      let before = counters(remotes)
      try expect(
        KernelCalls.wait(sleep, deadline: KernelCalls.clock() + 1_000_000_000), .timedOut)
      isFair = areShares(before, counters(remotes), within: 20...30)
    }
    for index in 0..<4 { remotes[index].setStop(true) }

    try expect(isFair, "in no second of 8 was each thread's share 25 % +- 5 %")
  }
}

/// Whether each of four counters grew by a share of the whole that is in `range`, in percent.
private func areShares(
  _ before: [4 of UInt64], _ after: [4 of UInt64], within range: ClosedRange<UInt64>
) -> Bool {
  var total: UInt64 = 0
  for index in 0..<4 { total += after[index] - before[index] }
  for index in 0..<4 {
    let share = (after[index] - before[index]) * 100 / max(total, 1)
    if !range.contains(share) { return false }
  }
  return true
}

/// How far each has counted: what a thread got done, whatever stalled the machine meanwhile.
private func counters(_ remotes: [4 of RemoteThread]) -> [4 of UInt64] {
  var counts: [4 of UInt64] = .init(repeating: 0)
  for index in 0..<4 { counts[index] = remotes[index].counter }
  return counts
}

extension RemoteThread {
  /// Waits, asleep, until the thread waits to be told what to do: it may be of a lower
  /// priority than this one.
  func expectIdle() throws(Unexpected) { try expect(try perform(.clock)) }
}
