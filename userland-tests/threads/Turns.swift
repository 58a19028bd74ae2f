import Libmnos
import TestHarness

/// Equals of one priority, and calls among them.
func checkTurns(_ suite: inout TestSuite) {
  suite.fact("SCH_501_equalsHaveEqualPartsThoughAHigherThreadWakes") {
    (scope) throws(Unexpected) in
    var equals: [3 of RemoteThread] = .init(repeating: try scope.remote())
    for index in 0..<3 {
      equals[index] = try scope.remote(priority: scope.priority - 1)
      try equals[index].expectIdle()
    }
    for index in 0..<3 { equals[index].begin(.spin) }
    let sleep = try scope.notification()
    // This thread is the higher one: it wakes at periods around that of a slice. A host that stalls
    // the machine makes one of them look greedy, so it is tried again.
    for period in Values([1_700_000, 5_000_000, 7_300_000] as [3 of UInt64]) {
      var isEven = false
      for _ in 0..<8 where !isEven {
        var before: [3 of UInt64] = .init(repeating: 0)
        for index in 0..<3 { before[index] = KernelCalls.query(equals[index].thread).word(3) }
        var due = KernelCalls.clock()
        for _ in 0..<100 {
          due += period
          try expect(KernelCalls.wait(sleep, deadline: due), .timedOut)
        }
        var (least, most) = (UInt64.max, UInt64(0))
        for index in 0..<3 {
          let used = KernelCalls.query(equals[index].thread).word(3) - before[index]
          (least, most) = (min(least, used), max(most, used))
        }
        isEven = most - least <= most / 10 + 5_000_000
      }
      try expect(isEven, "one of three equals had a tenth more than another, 8 times")
    }
    for index in 0..<3 { equals[index].setStop(true) }
  }

  suite.fact("SCH_502_aCallToAnEqualRunsItNextWhoeverElseIsReady") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let other = try scope.otherProcess()
    let server = try scope.remote(in: other)
    try expect(KernelCalls.setPriority(server.thread, scope.priority - 1))
    let there = try expect(KernelCalls.copy(endpoint, to: other)).handle
    let client = try scope.remote(priority: scope.priority - 1)
    let sleep = try scope.notification()
    var spinners: [3 of RemoteThread] = .init(repeating: client)
    for index in 0..<3 {
      spinners[index] = try scope.remote(priority: scope.priority - 1)
      try spinners[index].expectIdle()
    }
    try client.expectIdle()
    try server.expectIdle()
    for index in 0..<3 { spinners[index].begin(.spin) }
    func spun() -> UInt64 {
      (0..<3).reduce(0) { $0 + KernelCalls.query(spinners[$1].thread).word(3) }
    }
    // The client has its turn behind three slices of 5 ms at most. If the server had to wait for its
    // own, it would be behind three more.
    var isNext = false
    for _ in 0..<8 {
      server.begin(.receive, there.argument, Deadline.never)
      let deadline = KernelCalls.patience()
      while server.state != UInt64(ThreadState.receiving.rawValue) {
        try expect(KernelCalls.clock() < deadline, "the server does not receive")
        _ = KernelCalls.wait(sleep, deadline: KernelCalls.clock() + 1_000_000)
      }
      let before = spun()
      client.beginCall(endpoint, .init(repeating: 0), count: 0)
      let request = try expect(try server.finish())
      if spun() - before < 20_000_000 { isNext = true }
      server.begin(CallRegisters(CallWord(.reply, reply: request.result.reply)))
      try expect(try server.finish())
      try expect(try client.finish())
    }
    for index in 0..<3 { spinners[index].setStop(true) }
    try expect(isNext, "in each of 8 calls the server waited for its turn")
  }
}
