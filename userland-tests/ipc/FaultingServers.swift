import Libmnos
import TestHarness

/// Servers that fault while they owe an answer, and are started anew by who looks after them.
func checkFaultingServers(_ suite: inout TestSuite) {
  suite.fact("CAL_009_faultingServerFailsItsCallerOnce") { (scope) throws(Unexpected) in
    let ways: [4 of (RemoteOperation, Bool)] = [
      (.load, false), (.store, true), (.jump, false), (.illegalInstruction, true),
    ]
    for (operation, isAway) in Values(ways) {
      try expectRestart(&scope, by: operation, clientIsAway: isAway)
    }
  }

  suite.fact("CAL_009_anEndpointThatEndsWithItsServerFailsTheQueuedToo") {
    (scope) throws(Unexpected) in
    let heard = try scope.notification()
    for _ in 0..<3 {
      let endpoint = try scope.endpoint()
      let calling = try scope.copy(endpoint, rights: Rights.write.union(.call))
      let (home, server) = try scope.server(heard)
      let there = try expect(KernelCalls.move(endpoint, to: home)).handle
      let clients = [try scope.remote(), try scope.remote()] as [2 of RemoteThread]
      for index in 0..<2 { clients[index].beginCall(calling, pattern(1), count: 1) }
      try clients[1].expectState(.sending)
      try expect(try server.perform(.receive, there.argument, Deadline.never))
      server.begin(.load, address: 0x7000_0000)
      try expect(KernelCalls.wait(heard, deadline: KernelCalls.patience()))
      for index in 0..<2 {
        try expect(!clients[index].isFinished, "a caller was answered before the server ended")
      }

      try expect(KernelCalls.destroy(home))

      for index in 0..<2 { try expect(try clients[index].finish(), .peerGone) }
      for index in 0..<2 {
        clients[index].beginCall(calling, pattern(2), count: 1)
        try expect(try clients[index].finish(), .peerGone)
        try expect(KernelCalls.destroy(clients[index].thread))
      }
      _ = KernelCalls.wait(heard)
    }
  }

  suite.fact("CAL_009_aReplyRightThatWasPassedOnOutlivesTheFault") { (scope) throws(Unexpected) in
    let heard = try scope.notification()
    let endpoint = try scope.endpoint()
    let (home, server) = try scope.server(heard)
    let there = try expect(KernelCalls.copy(endpoint, to: home)).handle
    let client = try scope.remote()
    client.beginCall(endpoint, pattern(3), count: 1)
    let request = try expect(try server.perform(.receive, there.argument, Deadline.never))
    let own = try expect(KernelCalls.copy(scope.process, to: home)).handle
    let reply = request.result.reply
    let moved = try expect(
      try server.perform(.move, reply.argument, own.argument, UInt64(SlotChoice.any))
    ).handle
    server.begin(.illegalInstruction)
    try expect(KernelCalls.wait(heard, deadline: KernelCalls.patience()))
    try expect(KernelCalls.destroy(home))

    try expect(!client.isFinished, "the caller was answered by the end of who passed it on")
    try expect(KernelCalls.reply(moved, pattern(4), count: 2))
    try expectMessage(try expect(try client.finish()), pattern(4), count: 2)
  }
}

/// Lets three servers in turn receive from one endpoint and fault, with one caller in their hands
/// and one in the queue.
private func expectRestart(
  _ scope: inout Scope, by operation: RemoteOperation, clientIsAway: Bool
) throws(Unexpected) {
  let heard = try scope.notification()
  let endpoint = try scope.endpoint()
  let calling = Rights.write.union(.call)
  let away = try scope.otherProcess()
  let clients: [2 of RemoteThread] = [
    clientIsAway ? try scope.remote(in: away) : try scope.remote(), try scope.remote(),
  ]
  let ends: [2 of Handle] = [
    clientIsAway
      ? try expect(KernelCalls.copy(endpoint, rights: calling, to: away)).handle
      : try scope.copy(endpoint, rights: calling),
    try scope.copy(endpoint, rights: calling),
  ]
  clients[0].beginCall(ends[0], pattern(0), count: 1)
  try clients[0].expectState(.sending)
  for round in 0..<3 {
    let (received, queued) = (round & 1, 1 - round & 1)
    clients[queued].beginCall(ends[queued], pattern(UInt64(round)), count: 1)
    try clients[queued].expectState(.sending)
    let (home, server) = try scope.server(heard)
    let there = try expect(KernelCalls.copy(endpoint, rights: .read, to: home)).handle
    try expect(try server.perform(.receive, there.argument, Deadline.never))
    try clients[received].expectState(.awaitingReply)

    server.begin(operation, address: 0x7000_0000)
    try expect(KernelCalls.wait(heard, deadline: KernelCalls.patience()))
    try expect(KernelCalls.destroy(home))

    try expect(try clients[received].finish(), .peerGone)
    try expect(!clients[received].isFinished, "the caller was told twice")
    try clients[queued].expectState(.sending)
    _ = KernelCalls.wait(heard)
  }
  // The next instance serves whom the last one left in the queue, and who was told and asks again.
  try expectAnswer(to: clients[1], from: endpoint)
  clients[0].beginCall(ends[0], pattern(7), count: 1)
  try expectAnswer(to: clients[0], from: endpoint)
  for index in 0..<2 { try expect(KernelCalls.destroy(clients[index].thread)) }
  _ = KernelCalls.destroy(away)
}

/// Answers the next call as a new server would, and expects it to be this client's.
private func expectAnswer(
  to client: RemoteThread, from endpoint: Handle
) throws(Unexpected) {
  let request = KernelCalls.receive(endpoint, deadline: KernelCalls.patience())
  try expect(KernelCalls.reply(try expect(request).result.reply, pattern(9), count: 3))
  try expectMessage(try expect(try client.finish()), pattern(9), count: 3)
}

extension Scope {
  /// A server in a process of its own, whose end `heard` tells.
  fileprivate mutating func server(
    _ heard: Handle
  ) throws(Unexpected) -> (home: Handle, server: RemoteThread) {
    let home = try otherProcess()
    let server = try remote(in: home)
    try expect(KernelCalls.bind(home, to: heard))
    return (home, server)
  }
}
