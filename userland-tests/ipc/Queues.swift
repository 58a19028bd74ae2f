import Libmnos
import TestHarness

/// Who waits at an endpoint, in which order, and what ends it.
func checkQueues(_ suite: inout TestSuite) {
  suite.fact("IPC_013_sendersAreServedInOrderOfArrival") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    var remotes: [8 of RemoteThread] = .init(repeating: try scope.remote())
    for index in 0..<8 {
      if index > 0 { remotes[index] = try scope.remote() }
      remotes[index].beginSend(endpoint, pattern(UInt64(index)), count: 1)
      try remotes[index].expectState(.sending)
    }

    for index in 0..<8 {
      let message = try expect(KernelCalls.receive(endpoint))
      try expectMessage(message, pattern(UInt64(index)), count: 1)
      try expect(try remotes[index].finish())
    }
  }

  suite.fact("IPC_015_destroyWakesSendersWithPeerGone") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    var remotes: [3 of RemoteThread] = .init(repeating: try scope.remote())
    for index in 0..<3 {
      if index > 0 { remotes[index] = try scope.remote() }
      remotes[index].beginSend(endpoint, pattern(1), count: 1)
      try remotes[index].expectState(.sending)
    }

    try expect(KernelCalls.destroy(endpoint))

    for index in 0..<3 { try expect(try remotes[index].finish(), .peerGone) }
    try expect(KernelCalls.send(endpoint), .peerGone)
    try expect(KernelCalls.receive(endpoint), .peerGone)
  }

  suite.fact("IPC_015_destroyWakesReceiversWithPeerGone") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    var remotes: [3 of RemoteThread] = .init(repeating: try scope.remote())
    for index in 0..<3 {
      if index > 0 { remotes[index] = try scope.remote() }
      remotes[index].begin(.receive, endpoint.argument, Deadline.never)
      try remotes[index].expectState(.receiving)
    }

    try expect(KernelCalls.destroy(endpoint))

    for index in 0..<3 { try expect(try remotes[index].finish(), .peerGone) }
  }

  suite.fact("IPC_016_sendersLearnThatNobodyCanReceive") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let sendOnly = try scope.copy(endpoint, rights: .write)
    let remote = try scope.remote()
    remote.beginSend(sendOnly, pattern(1), count: 1)
    try remote.expectState(.sending)

    try expect(KernelCalls.delete(endpoint))

    try expect(try remote.finish(), .peerGone)
    try expect(KernelCalls.send(sendOnly), .peerGone)
  }

  suite.fact("IPC_018_twoReceiversGetEveryMessageOnce") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let sender = try scope.remote()
    let (first, second) = (try scope.remote(), try scope.remote())
    first.begin(.receive, endpoint.argument, Deadline.never)
    second.begin(.receive, endpoint.argument, Deadline.never)
    var (sum, taken, sent): (UInt64, UInt64, UInt64) = (0, 0, 1)
    sender.beginSend(endpoint, pattern(sent), count: 1)
    let patience = KernelCalls.patience()
    while taken < 200, KernelCalls.clock() < patience {
      for remote in Values([first, second]) where remote.isFinished {
        sum += try remote.finishedWord() >> 8
        taken += 1
        remote.begin(.receive, endpoint.argument, Deadline.never)
      }
      if sent < 200, sender.isFinished {
        sent += 1
        sender.beginSend(endpoint, pattern(sent), count: 1)
      }
      KernelCalls.yield()
    }

    try expect(taken, equals: 200, "messages")
    try expect(sum, equals: 20_100, "sum of the messages")
  }

  suite.fact("IPC_020_aSuspendedSenderKeepsItsPlace") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let remote = try scope.remote()
    remote.beginSend(endpoint, pattern(9), count: 2)
    try remote.expectState(.sending)

    try expect(KernelCalls.suspend(remote.thread))
    try expectMessage(try expect(KernelCalls.receive(endpoint)), pattern(9), count: 2)
    for _ in 0..<10 { KernelCalls.yield() }
    try expect(!remote.isFinished, "a suspended thread ran")
    try expect(KernelCalls.resume(remote.thread))

    try expect(try remote.finish())
    try expect(KernelCalls.query(endpoint).word(0), equals: 0, "queued senders")
  }
}

extension RemoteThread {
  /// Word 0 of what it received, once `isFinished` said so.
  func finishedWord() throws(Unexpected) -> UInt64 {
    try expect(lastCall).word(0)
  }
}
