import Libmnos
import TestHarness

/// Capabilities that carry, receive, reply and wait in the very call that moves them.
func checkCoincidences(_ suite: inout TestSuite) {
  suite.fact("CAL_501_aReplyThatMovesTheEndpointItWouldReceiveThrough") {
    (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let receiving = try scope.copy(endpoint)
    let other = try scope.otherProcess()
    let client = try scope.remote(in: other)
    let there = try expect(KernelCalls.copy(endpoint, to: other)).handle
    client.begin(CallWord(.call, hasTransfers: true), to: there, record: .acceptingAny)
    let request = KernelCalls.receive(receiving, deadline: KernelCalls.patience())
    let reply = try expect(request).result.reply

    try expect(
      try scope.perform(
        CallWord(.replyAndReceive, wordCount: 1, hasTransfers: true, reply: reply), to: receiving,
        record: TransferRecord(attaching: receiving, isMove: true),
        words: [5, 0, 0, 0, 0, 0, 0, 0]), .badCapability)

    let answer = try expect(try client.finish())
    try expect(answer.word(0), equals: 5, "answer")
    try expect(answer.result.capabilityCount, equals: 1, "capabilities")
    try expect(KernelCalls.inspect(receiving), .badCapability)
  }

  suite.fact("CAP_501_aMaskedMoveLeavesNoChildWithMore") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let other = try scope.otherProcess()
    let receiver = try scope.remote(in: other)
    let there = try expect(KernelCalls.copy(endpoint, to: other)).handle
    for bit in UInt16(0)..<8 {
      let mask = Rights.all.subtracting(Rights(bits: 1 << bit))
      for hasChild in Values([true, false]) {
        let gift = try scope.notification()
        if hasChild { _ = try scope.copy(gift) }
        receiver.begin(CallWord(.receive, hasTransfers: true), to: there, record: .acceptingAny)
        try receiver.expectState(.receiving)
        let sent = try scope.perform(
          CallWord(.send, hasTransfers: true), to: endpoint,
          record: TransferRecord(attaching: gift, rights: mask, isMove: true))
        if hasChild {
          try expect(sent, .badState)
          try expect(
            KernelCalls.inspect(gift).word(1), equals: UInt64(Rights.all.bits), "rights")
          try expect(KernelCalls.send(endpoint))
          try expect(try receiver.finish())
        } else {
          try expect(sent)
          let got = try expect(try receiver.finish()).capability(0)
          let rights = try expect(try receiver.perform(.inspect, got.argument)).word(1)
          try expect(rights, equals: UInt64(mask.bits), "rights")
          try expect(try receiver.perform(.delete, got.argument))
        }
      }
    }
  }

}

/// Capabilities that take part in the call that carries them.
func checkCarriers(_ suite: inout TestSuite) {
  suite.fact("XFR_501_theCapabilityThatAReceiverWaitsThroughIsMoved") {
    (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    for hasBystander in Values([false, true]) {
      let slot = try expect(KernelCalls.copy(endpoint)).handle
      let receiver = try scope.remote()
      receiver.begin(CallWord(.receive, hasTransfers: true), to: slot, record: .acceptingAny)
      try receiver.expectState(.receiving)
      let bystander = try scope.remote()
      if hasBystander {
        bystander.begin(.receive, slot.argument, Deadline.never)
        try bystander.expectState(.receiving)
      }

      let sent = try scope.perform(
        CallWord(.send, wordCount: 1, hasTransfers: true), to: endpoint,
        record: TransferRecord(attaching: slot, isMove: true),
        words: [7, 0, 0, 0, 0, 0, 0, 0])

      try expect(try expect(sent).value, equals: 1, "capabilities taken")
      let received = try expect(try receiver.finish())
      try expect(received.word(0), equals: 7, "word")
      try expect(KernelCalls.inspect(slot), .badCapability)
      let moved = scope.keep(received.capability(0))
      try expect(
        KernelCalls.inspect(moved, endpoint).word(3), equals: 1, "it is the same endpoint")
      if hasBystander { try expect(try bystander.finish(), .cancelled) }
    }
  }

  suite.fact("XFR_502_withoutGrantWordsArriveAndCapabilitiesStay") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let weak = try scope.copy(endpoint, rights: Rights.all.subtracting(.grant))
    let gift = try scope.notification()
    let other = try scope.otherProcess()
    let there = try expect(
      KernelCalls.copy(endpoint, rights: Rights.all.subtracting(.grant), to: other)
    ).handle
    let far = try scope.remote(in: other)
    let near = try scope.remote()
    for isMove in Values([false, true]) {
      for isNear in Values([false, true]) {
        let receiver = isNear ? near : far
        receiver.begin(
          CallWord(.receive, hasTransfers: true), to: isNear ? weak : there,
          record: .acceptingAny)
        try receiver.expectState(.receiving)
        let sent = try scope.perform(
          CallWord(.send, wordCount: 3, hasTransfers: true), to: endpoint,
          record: TransferRecord(attaching: gift, isMove: isMove), words: pattern(9))
        try expect(try expect(sent).value, equals: 0, "capabilities taken")
        let message = try expect(try receiver.finish())
        try expectMessage(message, pattern(9), count: 3)
        try expect(message.result.capabilityCount, equals: 0, "capabilities")
        try expect(KernelCalls.signal(gift))
      }
    }
  }

  suite.fact("XFR_503_whateverTwoOfTheInvolvedCapabilitiesAreSent") {
    (scope) throws(Unexpected) in
    let receiver = try scope.remote()
    for choice in 0..<64 {
      // Which two of four are attached, and whether each is moved.
      let (first, second) = (choice & 3, choice >> 2 & 3)
      let moves = choice >> 4
      let endpoint = try expect(KernelCalls.create(.endpoint, from: scope.budget)).handle
      let involved: [4 of Handle] = [
        endpoint, try expect(KernelCalls.copy(endpoint)).handle,
        try expect(KernelCalls.copy(endpoint, badge: 3)).handle,
        try expect(KernelCalls.create(.notification, from: scope.budget)).handle,
      ]
      receiver.begin(
        CallWord(.receive, hasTransfers: true), to: involved[1], record: .acceptingAny)
      try receiver.expectState(.receiving)
      var record = TransferRecord(attaching: involved[first], isMove: moves & 1 != 0)
      record.count = 2
      record.transfers.1 = CapabilityTransfer(
        involved[second], rights: .all, isMove: moves & 2 != 0)

      let sent = try scope.perform(
        CallWord(.send, hasTransfers: true), to: involved[2], record: record)

      // One that is moved twice, or moved and copied, and the one that it is sent through: refused,
      // and nothing is lost.
      let isRefused =
        first == second && moves != 0 || first == 2 && moves & 1 != 0
        || second == 2 && moves & 2 != 0
      try expect(sent, isRefused ? .badArgument : .ok)
      if isRefused {
        for handle in Values(involved) { try expect(KernelCalls.inspect(handle)) }
        try expect(KernelCalls.send(endpoint))
      }
      let received = try expect(try receiver.finish())
      try expect(
        received.result.capabilityCount, equals: isRefused ? 0 : 2, "capabilities received")
      for index in 0..<2 where !isRefused {
        try expect(KernelCalls.inspect(received.capability(index)))
        try expect(KernelCalls.delete(received.capability(index)))
      }
      for handle in Values(involved) { _ = KernelCalls.delete(handle) }
    }
  }

}

/// Endpoints that outlive who received from them, or do not.
func checkReceiversThatEnd(_ suite: inout TestSuite) {
  suite.fact("IPC_501_aChainOfSendersThatCarryTheLastReadersWakes") { (scope) throws(Unexpected) in
    // Each sender's message holds the last capability that can read the endpoint before.
    let sendOnly = Rights.all.subtracting(.read)
    var last = try expect(KernelCalls.create(.endpoint, from: scope.budget)).handle
    var senders: [24 of RemoteThread] = .init(repeating: try scope.remote())
    for index in 0..<24 {
      let next = try expect(KernelCalls.create(.endpoint, from: scope.budget)).handle
      let through = try scope.copy(next, rights: sendOnly)
      if index > 0 { senders[index] = try scope.remote() }
      senders[index].begin(
        CallWord(.send, hasTransfers: true), to: through,
        record: TransferRecord(attaching: last, isMove: false))
      try senders[index].expectState(.sending)
      try expect(KernelCalls.delete(last))
      last = next
    }
    for index in 0..<24 {
      try expect(senders[index].state, equals: UInt64(ThreadState.sending.rawValue), "state")
    }

    try expect(KernelCalls.delete(last))

    for index in 0..<24 { try expect(try senders[index].finish(), .peerGone) }
  }

  suite.fact("IPC_510_queuedCallersOutliveTheirServer") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let calling = try scope.copy(endpoint, rights: Rights.all.subtracting(.read))
    let home = try scope.otherProcess()
    let server = try scope.remote(in: home)
    let serving = try expect(KernelCalls.copy(endpoint, rights: .read, to: home)).handle
    var clients: [5 of RemoteThread] = .init(repeating: try scope.remote())
    for index in 0..<5 {
      if index > 0 { clients[index] = try scope.remote() }
      clients[index].beginCall(calling, [UInt64(index), 0, 0, 0, 0, 0, 0, 0], count: 1)
      try clients[index].expectState(.sending)
    }
    try expect(try expect(try server.perform(.receive, serving.argument)).word(0), equals: 0)
    try clients[0].expectState(.awaitingReply)

    try expect(KernelCalls.destroy(home))

    try expect(try clients[0].finish(), .peerGone)
    try expect(KernelCalls.query(endpoint).word(0), equals: 4, "queued callers")

    // A new server, in another process, is given the endpoint.
    let newHome = try scope.otherProcess()
    let newServer = try scope.remote(in: newHome)
    let given = try expect(KernelCalls.copy(endpoint, rights: .read, to: newHome)).handle
    for index in 1..<4 {
      let request = try expect(try newServer.perform(.receive, given.argument))
      try expect(request.word(0), equals: UInt64(index), "which caller")
      newServer.begin(
        CallRegisters(
          CallWord(.reply, wordCount: 1, reply: request.result.reply),
          words: [UInt64(index) * 10, 0, 0, 0, 0, 0, 0, 0]))
      try expect(try newServer.finish())
      try expect(
        try expect(try clients[index].finish()).word(0), equals: UInt64(index) * 10, "answer")
    }

    // With the last who could receive, or give it to one who will, the last caller learns so.
    try expect(KernelCalls.delete(endpoint))
    try expect(clients[4].state, equals: UInt64(ThreadState.sending.rawValue), "state")
    try expect(KernelCalls.destroy(newHome))
    try expect(try clients[4].finish(), .peerGone)
  }
}
