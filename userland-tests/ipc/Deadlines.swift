import Libmnos
import TestHarness

/// Poll forms and deadlines.
func checkDeadlines(_ suite: inout TestSuite) {
  suite.fact("IPC_006_sendWithoutReceiverWouldBlock") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()

    try expect(KernelCalls.send(endpoint, pattern(1), count: 8), .wouldBlock)
    try expect(KernelCalls.raw(.call, endpoint.argument, Deadline.poll), .wouldBlock)

    try expect(KernelCalls.query(endpoint).word(0), equals: 0, "queued senders")
  }

  suite.fact("IPC_008_receiveWithoutSenderWouldBlock") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    var registers = CallRegisters(CallWord(.receive), endpoint.argument, words: pattern(3))

    _ = SystemCall.perform(&registers)

    try expect(UInt64(registers.result.statusCode), equals: 207, "status")
    for index in 0..<8 {
      try expect(registers.words[index], equals: pattern(3)[index], "word")
    }
  }

  suite.fact("IPC_009_pollTakesOneMessageOnce") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let remote = try scope.remote()
    remote.beginSend(endpoint, pattern(1), count: 1)
    try remote.expectState(.sending)

    try expect(KernelCalls.receive(endpoint))
    try expect(KernelCalls.receive(endpoint), .wouldBlock)
    try expect(try remote.finish())
  }

  suite.fact("SCH_007_aReceiveTimesOutNotBeforeItsDeadline") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    for nanoseconds in Values([1_000_000, 5_000_000, 20_000_000] as [3 of UInt64]) {
      let deadline = KernelCalls.clock() + nanoseconds
      try expect(KernelCalls.receive(endpoint, deadline: deadline), .timedOut)
      try expect(KernelCalls.clock() >= deadline, "it timed out too early")
    }
  }

  suite.fact("SCH_007_aSendACallAndAWaitTimeOut") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let notification = try scope.notification()
    let (held, objects) = usage(scope)

    try expect(
      KernelCalls.send(endpoint, deadline: KernelCalls.clock() + 2_000_000), .timedOut)
    try expect(
      KernelCalls.raw(.call, endpoint.argument, KernelCalls.clock() + 2_000_000), .timedOut)
    try expect(
      KernelCalls.wait(notification, deadline: KernelCalls.clock() + 2_000_000), .timedOut)

    try expect(usage(scope).held, equals: held, "capabilities held")
    try expect(usage(scope).objects, equals: objects, "objects charged")
  }

  suite.fact("SCH_007_theClockNeverGoesBack") { (scope) throws(Unexpected) in
    var last = KernelCalls.clock()
    for _ in 0..<10_000 {
      let now = KernelCalls.clock()
      try expect(now >= last, "the clock went back")
      last = now
    }
    try expect(scope.budget != .none, "no budget")
  }

  suite.fact("SCH_008_aPastDeadlineTimesOutUnlessSomethingIsReady") {
    (scope) throws(Unexpected) in
    let notification = try scope.notification()
    try expect(KernelCalls.wait(notification, deadline: 1), .timedOut)

    try expect(KernelCalls.signal(notification))

    try expect(KernelCalls.wait(notification, deadline: 1))
  }
}

private func usage(_ scope: borrowing Scope) -> (held: UInt64, objects: UInt64) {
  (KernelCalls.query(scope.process).word(5), KernelCalls.query(scope.budget).word(3))
}
