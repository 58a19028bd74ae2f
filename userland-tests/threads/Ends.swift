import Libmnos
import TestHarness

/// Threads that are ended by others, whatever they do.
func checkEnds(_ suite: inout TestSuite) {
  suite.fact("THR_004_aSpinningThreadCanBeEnded") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    remote.begin(.spin)
    let deadline = KernelCalls.patience()
    while remote.counter == 0, KernelCalls.clock() < deadline { KernelCalls.yield() }
    try expect(remote.counter > 0, "the thread did not run")

    try expectEnd(of: remote)
    let count = remote.counter
    for _ in 0..<10 { KernelCalls.yield() }
    try expect(remote.counter, equals: count, "its counter")
  }

  suite.fact("THR_004_aReceiverCanBeEnded") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let remote = try scope.remote()
    remote.begin(.receive, endpoint.argument, Deadline.never)
    try remote.expectState(.receiving)

    try expectEnd(of: remote)
    try expect(KernelCalls.query(endpoint).word(1), equals: 0, "queued receivers")
    try expect(KernelCalls.send(endpoint), .wouldBlock)
  }

  suite.fact("THR_004_aSenderCanBeEnded") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let remote = try scope.remote()
    remote.beginSend(endpoint, .init(repeating: 1), count: 8)
    try remote.expectState(.sending)

    try expectEnd(of: remote)
    try expect(KernelCalls.receive(endpoint), .wouldBlock)
  }

  suite.fact("THR_004_aCallerCanBeEndedAndItsReplyIsVoid") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let remote = try scope.remote()
    remote.beginCall(endpoint, .init(repeating: 1), count: 1)
    let request = KernelCalls.receive(endpoint, deadline: KernelCalls.patience())
    let reply = try expect(request).result.reply
    try remote.expectState(.awaitingReply)

    try expectEnd(of: remote)
    try expect(KernelCalls.reply(reply), .badCapability)
  }

  suite.fact("THR_004_aSleeperCanBeEnded") { (scope) throws(Unexpected) in
    let notification = try scope.notification()
    let remote = try scope.remote()
    remote.begin(.wait, notification.argument, KernelCalls.patience())
    try remote.expectState(.waiting)

    try expectEnd(of: remote)
    try expect(KernelCalls.signal(notification))
    try expect(KernelCalls.wait(notification).value, equals: 1, "word")
  }

  suite.fact("THR_005_aThreadCanEndItself") { (scope) throws(Unexpected) in
    let remote = try scope.remote()

    remote.begin(.destroy, remote.thread.argument)

    try remote.expectState(.ended)
    let value = KernelCalls.query(remote.thread).word(1)
    try expect(value, equals: ExitValue.killed, "exit value")
  }

  suite.fact("aNewThreadCanBeEnded") { (scope) throws(Unexpected) in
    let thread = try scope.make(.thread, scope.process.argument, 1)
    try expect(
      KernelCalls.query(thread).word(0), equals: UInt64(ThreadState.new.rawValue), "state")

    try expect(KernelCalls.destroy(thread))

    try expect(
      KernelCalls.query(thread).word(0), equals: UInt64(ThreadState.ended.rawValue), "state")
  }
}

/// Destroys a thread and checks that it is ended when that returns.
private func expectEnd(of remote: RemoteThread, line: UInt = #line) throws(Unexpected) {
  try expect(KernelCalls.destroy(remote.thread), line: line)
  let state = KernelCalls.query(remote.thread)
  try expect(state.word(0), equals: UInt64(ThreadState.ended.rawValue), "state", line: line)
  try expect(state.word(1), equals: ExitValue.killed, "exit value", line: line)
}
