import Libmnos
import TestHarness

/// Calls and their answers.
func checkCalls(_ suite: inout TestSuite) {
  suite.fact("CAL_001_everyLengthIsAnsweredExactly") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let client = try scope.remote()
    for count in UInt64(0)...8 {
      client.beginCall(endpoint, pattern(count), count: count)
      let request = KernelCalls.receive(endpoint, deadline: KernelCalls.patience())
      try expectMessage(try expect(request), pattern(count), count: count)

      let answer = pattern(count + 32)
      try expect(KernelCalls.reply(request.result.reply, answer, count: 8 - count))

      try expectMessage(try expect(try client.finish()), answer, count: 8 - count)
    }
  }

  suite.fact("CAL_002_replyAndReceiveServesTwoClients") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let other = try scope.otherProcess()
    let clients: [2 of RemoteThread] = [try scope.remote(), try scope.remote(in: other)]
    let ends: [2 of Handle] = [
      try scope.copy(endpoint, badge: 1),
      try expect(KernelCalls.copy(endpoint, badge: 2, to: other)).handle,
    ]
    for index in 0..<2 { clients[index].beginCall(ends[index], pattern(0), count: 1) }
    var request = try expect(
      KernelCalls.receive(endpoint, deadline: KernelCalls.patience()))
    for round in UInt64(0)..<500 {
      let client = Int(request.value) - 1
      let answer = pattern(round << 1 | UInt64(client))
      request = KernelCalls.perform(
        CallRegisters(
          CallWord(.replyAndReceive, wordCount: 2, reply: request.result.reply),
          endpoint.argument, KernelCalls.patience(), words: answer))
      try expect(request)
      try expectMessage(try expect(try clients[client].finish()), answer, count: 2)
      clients[client].beginCall(ends[client], pattern(round), count: 1)
    }
  }

  suite.fact("CAL_005_aMovedReplyRightAnswers") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let client = try scope.remote()
    let other = try scope.otherProcess()
    let delegate = try scope.remote(in: other)
    client.beginCall(endpoint, pattern(1), count: 1)
    let reply = try expect(
      KernelCalls.receive(endpoint, deadline: KernelCalls.patience())
    ).result.reply

    let there = try expect(KernelCalls.move(reply, to: other)).handle
    try expect(KernelCalls.reply(reply), .badCapability)
    delegate.begin(
      CallRegisters(
        CallWord(.reply, wordCount: 3, reply: there), words: pattern(44)))
    try expect(try delegate.finish())

    try expectMessage(try expect(try client.finish()), pattern(44), count: 3)
  }

  suite.fact("CAL_007_aDeadServersCallersLearnIt") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let other = try scope.otherProcess()
    let server = try scope.remote(in: other)
    let there = try expect(KernelCalls.move(endpoint, to: other)).handle
    let sendEnd = try server.sendEnd(of: there, to: scope.process, in: other)
    scope.keep(sendEnd)
    var clients: [3 of RemoteThread] = .init(repeating: try scope.remote())
    for index in 0..<3 {
      if index > 0 { clients[index] = try scope.remote() }
      clients[index].beginCall(sendEnd, pattern(1), count: 1)
      try clients[index].expectState(.sending)
    }
    // One is in the server's hands, two are queued.
    try expect(try server.perform(.receive, there.argument, Deadline.never))

    try expect(KernelCalls.destroy(other))

    for index in 0..<3 { try expect(try clients[index].finish(), .peerGone) }
    try expect(KernelCalls.raw(.call, sendEnd.argument, Deadline.never), .peerGone)
  }

  suite.fact("CAL_010_aCallToADeadServerIsAnsweredAtOnce") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let client = try scope.copy(endpoint, rights: Rights.write.union(.call))
    try expect(KernelCalls.delete(endpoint))

    try expect(KernelCalls.raw(.call, client.argument, Deadline.never), .peerGone)
  }

  suite.fact("CAL_014_aChainSurvivesTheEndOfItsLastMember") { (scope) throws(Unexpected) in
    let (front, back) = (try scope.endpoint(), try scope.endpoint())
    let (client, middle) = (try scope.remote(), try scope.remote())
    client.beginCall(front, pattern(1), count: 1)
    let request = try middle.perform(.receive, front.argument, Deadline.never)
    middle.beginCall(back, pattern(2), count: 1)
    let last = try expect(
      KernelCalls.receive(back, deadline: KernelCalls.patience())
    ).result.reply

    try expect(KernelCalls.delete(last))

    try expect(try middle.finish(), .peerGone)
    middle.begin(
      CallRegisters(
        CallWord(.reply, wordCount: 1, reply: try expect(request).result.reply),
        words: pattern(3)))
    try expect(try middle.finish())
    try expectMessage(try expect(try client.finish()), pattern(3), count: 1)
  }
}

extension RemoteThread {
  /// Has a remote thread make a send end of its endpoint in another process.
  func sendEnd(
    of endpoint: Handle, to process: Handle, in own: Handle
  ) throws(Unexpected) -> Handle {
    let there = try expect(KernelCalls.copy(process, to: own)).handle
    return try expect(
      try perform(
        .copy, endpoint.argument, there.argument, UInt64(SlotChoice.any),
        [UInt64(Rights.write.union(.call).bits), 0, 0, 0, 0, 0, 0, 0])
    ).handle
  }
}
