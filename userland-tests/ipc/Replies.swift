import Libmnos
import TestHarness

/// The reply right answers one caller, once.
func checkReplies(_ suite: inout TestSuite) {
  suite.fact("CAL_003_aSecondReplyIsBadCapability") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let client = try scope.remote()
    let reply = try accept(client, endpoint)
    try expect(KernelCalls.reply(reply, pattern(1), count: 1))

    try expect(KernelCalls.reply(reply, pattern(2), count: 1), .badCapability)

    try expectMessage(try expect(try client.finish()), pattern(1), count: 1)
  }

  suite.fact("CAL_004_aReplyRightCannotBeCopied") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let client = try scope.remote()
    let reply = try accept(client, endpoint)

    try expect(KernelCalls.copy(reply, rights: .none), .noRight)
    try expect(KernelCalls.copy(reply, rights: .none, badge: 1), .noRight)

    try expect(KernelCalls.reply(reply))
    try expect(try client.finish())
  }

  suite.fact("CAL_008_aDroppedReplyRightTellsTheCaller") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let client = try scope.remote()
    let reply = try accept(client, endpoint)

    try expect(KernelCalls.delete(reply))

    try expect(try client.finish(), .peerGone)
  }

  suite.fact("CAL_012_aSuspendedCallerGetsItsReplyAfterResume") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let client = try scope.remote()
    let reply = try accept(client, endpoint)
    try expect(KernelCalls.suspend(client.thread))

    try expect(KernelCalls.reply(reply, pattern(7), count: 2))

    for _ in 0..<10 { KernelCalls.yield() }
    try expect(!client.isFinished, "a suspended thread ran")
    try expect(KernelCalls.resume(client.thread))
    try expectMessage(try expect(try client.finish()), pattern(7), count: 2)
  }

  suite.fact("CAL_013_aLateReplyAnswersNoLaterCall") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let client = try scope.remote()
    let late = try requestThatTimesOut(client, endpoint)
    try expect(try client.finish(), .timedOut)
    client.beginCall(endpoint, pattern(2), count: 1)
    let request = try expect(
      KernelCalls.receive(endpoint, deadline: KernelCalls.patience()))

    try expect(KernelCalls.reply(late, pattern(66), count: 1), .badCapability)

    try expect(KernelCalls.reply(request.result.reply, pattern(5), count: 1))
    try expectMessage(try expect(try client.finish()), pattern(5), count: 1)
  }

  suite.fact("CAL_017_aReplyOfNineWordsIsRefusedAndTheCallerWaitsOn") {
    (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let client = try scope.remote()
    let reply = try accept(client, endpoint)

    try expectBadArgument(KernelCalls.reply(reply, pattern(1), count: 9), 11)

    try client.expectState(.awaitingReply)
    try expect(KernelCalls.reply(reply, pattern(2), count: 8))
    try expectMessage(try expect(try client.finish()), pattern(2), count: 8)
  }

  suite.fact("CAL_018_aReplyWithoutACallerIsBadCapability") { (scope) throws(Unexpected) in
    let notification = try scope.notification()

    try expect(KernelCalls.reply(.none), .badCapability)
    try expect(KernelCalls.reply(Handle(rawValue: 0xffff_fffe)), .badCapability)
    try expect(KernelCalls.reply(notification), .wrongType)
  }

  suite.fact("XFR_012_withoutGrantAReplyCarriesNoCapability") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let weak = try scope.copy(endpoint, rights: Rights.all.subtracting(.grant))
    let gift = try scope.notification()
    let client = try scope.remote()
    client.begin(CallWord(.call, hasTransfers: true), to: endpoint, record: .acceptingAny)
    let reply = try expect(
      KernelCalls.receive(weak, deadline: KernelCalls.patience())
    ).result.reply

    let replied = try scope.perform(
      CallWord(.reply, hasTransfers: true, reply: reply), to: .none,
      record: TransferRecord(attaching: gift, isMove: true))

    try expect(try expect(replied).value, equals: 0, "capabilities taken")
    try expect(
      try expect(try client.finish()).result.capabilityCount, equals: 0, "capabilities")
    try expect(KernelCalls.signal(gift))
  }

  suite.fact("XFR_012_withGrantAReplyCarriesACapability") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let gift = try scope.notification()
    let client = try scope.remote()
    client.begin(CallWord(.call, hasTransfers: true), to: endpoint, record: .acceptingAny)
    let reply = try expect(
      KernelCalls.receive(endpoint, deadline: KernelCalls.patience())
    ).result.reply

    let replied = try scope.perform(
      CallWord(.reply, hasTransfers: true, reply: reply), to: .none,
      record: TransferRecord(attaching: gift, isMove: true))

    try expect(try expect(replied).value, equals: 1, "capabilities taken")
    let received = scope.keep(try expect(try client.finish()).capability(0))
    try expect(KernelCalls.signal(received))
  }
}

/// Has a client call and takes the right to answer it.
private func accept(_ client: RemoteThread, _ endpoint: Handle) throws(Unexpected) -> Handle {
  client.beginCall(endpoint, pattern(0), count: 1)
  let request = KernelCalls.receive(endpoint, deadline: KernelCalls.patience())
  return try expect(request).result.reply
}

/// Has `client` make a call with a deadline, and takes the request before that passes. A host
/// that stalls the machine may let it pass first: then the next one is ten times as far off.
///
/// - Returns: The right to answer it, which is void once the client finishes.
private func requestThatTimesOut(
  _ client: RemoteThread, _ endpoint: Handle
) throws(Unexpected) -> Handle {
  for patience in Values([20_000_000, 200_000_000, 2_000_000_000] as [3 of UInt64]) {
    let deadline = KernelCalls.clock() + patience
    client.begin(CallRegisters(CallWord(.call, wordCount: 1), endpoint.argument, deadline))
    let request = KernelCalls.receive(endpoint, deadline: deadline)
    if request.isStatus(.ok) { return request.result.reply }
    try expect(request, .timedOut)
    try expect(try client.finish(), .timedOut)
  }
  try expect(false, "no request came in time")
  return .none
}
