import Libmnos
import TestHarness

/// Descendants in messages, waits and mappings.
func checkWaits(_ suite: inout TestSuite) {
  suite.fact("REV_008_anAttachedCapabilityIsNeverDelivered") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let parent = try scope.notification()
    let remote = try scope.remote()
    remote.begin(
      CallWord(.send, hasTransfers: true), to: endpoint,
      record: TransferRecord(attaching: parent, isMove: false))
    try remote.expectState(.sending)

    try expect(KernelCalls.revoke(parent))

    try expect(try remote.finish(), .cancelled)
    try expect(KernelCalls.receive(endpoint), .wouldBlock)
  }

  suite.fact("REV_009_aSenderThroughARevokedCapabilityIsCancelled") {
    (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let sender = try scope.copy(endpoint, badge: 3)
    let remote = try scope.remote()
    remote.beginSend(sender, [1, 0, 0, 0, 0, 0, 0, 0], count: 1)
    try remote.expectState(.sending)

    try expect(KernelCalls.revoke(endpoint))

    try expect(KernelCalls.query(endpoint).word(0), equals: 0, "queued senders")
    try expect(try remote.finish(), .cancelled)
  }

  suite.fact("REV_009_aReceiverThroughARevokedCapabilityIsCancelled") {
    (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let receiver = try scope.copy(endpoint)
    let remote = try scope.remote()
    remote.begin(.receive, receiver.argument, Deadline.never)
    try remote.expectState(.receiving)

    try expect(KernelCalls.revoke(endpoint))

    try expect(try remote.finish(), .cancelled)
  }

  suite.fact("REV_009_aWaiterThroughARevokedCapabilityIsCancelled") {
    (scope) throws(Unexpected) in
    let notification = try scope.notification()
    let waiter = try scope.copy(notification)
    let remote = try scope.remote()
    remote.begin(.wait, waiter.argument, Deadline.never)
    try remote.expectState(.waiting)

    try expect(KernelCalls.revoke(notification))

    try expect(try remote.finish(), .cancelled)
  }

  suite.fact("REV_010_revokingBadgesOneByOneCancelsJustTheirs") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let parent = try scope.copy(endpoint)
    var remotes: [6 of RemoteThread] = .init(repeating: try scope.remote())
    var badged: [6 of Handle] = .init(repeating: .none)
    for index in 0..<6 {
      if index > 0 { remotes[index] = try scope.remote() }
      let minted = try scope.copy(parent, badge: UInt64(index + 1))
      badged[index] = minted
      let used = try scope.copy(minted)
      remotes[index].beginSend(used, .init(repeating: 0), count: 0)
      try remotes[index].expectState(.sending)
    }

    for index in 0..<3 {
      try expect(KernelCalls.revoke(badged[index * 2]))
      try expect(
        KernelCalls.query(endpoint).word(0), equals: UInt64(5 - index), "queued senders")
      try expect(try remotes[index * 2].finish(), .cancelled)
    }
    for index in 0..<3 {
      let outcome = try expect(KernelCalls.receive(endpoint))
      try expect(outcome.value, equals: UInt64(index * 2 + 2), "badge")
      try expect(try remotes[index * 2 + 1].finish())
    }
  }

  suite.fact("REV_013_anOutstandingReplyWorksOnceAfterRevoke") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let client = try scope.copy(endpoint)
    let remote = try scope.remote()
    remote.beginCall(client, [1, 0, 0, 0, 0, 0, 0, 0], count: 1)
    let request = KernelCalls.receive(endpoint, deadline: KernelCalls.patience())
    let reply = scope.keep(try expect(request).result.reply)

    try expect(KernelCalls.revoke(endpoint))

    try expect(KernelCalls.reply(reply, [42, 0, 0, 0, 0, 0, 0, 0], count: 1))
    try expect(try expect(try remote.finish()).word(0), equals: 42, "reply")
    try expect(try remote.perform(.call, client.argument, Deadline.never), .badCapability)
  }

  suite.fact("REV_014_mappingsOfThreeProcessesAreGone") { (scope) throws(Unexpected) in
    let memory = try scope.memory()
    let address: UInt64 = 0x40_0000
    var remotes: [3 of RemoteThread] = .init(repeating: try scope.remote())
    var processes: [3 of Handle] = .init(repeating: .none)
    for index in 0..<3 {
      let other = try scope.otherProcess()
      processes[index] = other
      remotes[index] = try scope.remote(in: other)
      let shared = try scope.copy(memory)
      try expect(KernelCalls.map(shared, at: address, in: other))
      remotes[index].begin(.store, address: address + UInt64(index) * 8, value: 7)
      _ = try remotes[index].finish()
    }

    try expect(KernelCalls.revoke(memory))

    let ended = try scope.notification()
    for index in 0..<3 {
      try expect(KernelCalls.bind(processes[index], to: ended))
      remotes[index].begin(.load, address: address)
      try expect(KernelCalls.wait(ended, deadline: KernelCalls.patience()))
      let state = KernelCalls.query(processes[index])
      try expect(state.word(0), equals: UInt64(ProcessState.stopped.rawValue), "state")
      try expect(state.word(6), equals: address, "fault address")
    }
  }
}
