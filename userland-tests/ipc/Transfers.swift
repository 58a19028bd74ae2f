import Libmnos
import TestHarness

/// Capabilities that travel with messages.
func checkTransfers(_ suite: inout TestSuite) {
  suite.fact("XFR_001_aMovedCapabilityArrivesInTheNamedSlot") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let gift = try scope.notification()
    let remote = try scope.remote()
    let slot = UInt64(TestSuite.namedSlot)
    remote.begin(
      CallWord(.receive, hasTransfers: true), to: endpoint,
      record: TransferRecord(accepts: slot))
    try remote.expectState(.receiving)

    let sent = try scope.perform(
      CallWord(.send, hasTransfers: true), to: endpoint,
      record: TransferRecord(attaching: gift, isMove: true))

    try expect(try expect(sent).value, equals: 1, "capabilities taken")
    let received = scope.keep(try expect(try remote.finish()).capability(0))
    try expect(UInt64(received.slot), equals: slot, "slot")
    try expect(KernelCalls.inspect(gift), .badCapability)
    try expect(KernelCalls.signal(received))
  }

  suite.fact("XFR_001_aMovedCapabilityOfAWaitingSenderArrives") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let gift = try scope.notification()
    let remote = try scope.remote()
    remote.begin(
      CallWord(.send, hasTransfers: true), to: endpoint,
      record: TransferRecord(attaching: gift, isMove: true))
    try remote.expectState(.sending)
    try expect(KernelCalls.inspect(gift), .badCapability)

    let message = try scope.perform(
      CallWord(.receive, hasTransfers: true), to: endpoint, record: .acceptingAny)

    try expect(try expect(message).result.capabilityCount, equals: 1, "capabilities")
    try expect(KernelCalls.signal(scope.keep(message.capability(0))))
    try expect(try expect(try remote.finish()).value, equals: 1, "capabilities taken")
  }

  suite.fact("XFR_001_aCopiedCapabilityIsInBothPlaces") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let gift = try scope.notification()
    let other = try scope.otherProcess()
    let remote = try scope.remote(in: other)
    let there = try expect(KernelCalls.copy(endpoint, to: other)).handle
    remote.begin(CallWord(.receive, hasTransfers: true), to: there, record: .acceptingAny)
    try remote.expectState(.receiving)

    try expect(
      try scope.perform(
        CallWord(.send, hasTransfers: true), to: endpoint,
        record: TransferRecord(attaching: gift, isMove: false)))

    let received = try expect(try remote.finish()).capability(0)
    try expect(try remote.perform(.signal, received.argument))
    try expect(KernelCalls.wait(gift).value, equals: 1, "word")
  }

  suite.fact("XFR_002_whatIsNotAcceptedStaysWithTheSender") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let gift = try scope.notification()
    let remote = try scope.remote()
    remote.begin(.receive, endpoint.argument, Deadline.never)
    try remote.expectState(.receiving)

    let sent = try scope.perform(
      CallWord(.send, wordCount: 2, hasTransfers: true), to: endpoint,
      record: TransferRecord(attaching: gift, isMove: true), words: pattern(8))

    try expect(try expect(sent).value, equals: 0, "capabilities taken")
    let message = try expect(try remote.finish())
    try expectMessage(message, pattern(8), count: 2)
    try expect(message.result.capabilityCount, equals: 0, "capabilities")
    try expect(KernelCalls.signal(gift))
  }

  suite.fact("XFR_005_fourArriveInOrder") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let parent = try scope.notification()
    var record = TransferRecord(count: 4)
    let gifts: [4 of Handle] = [
      try scope.copy(parent, badge: 1), try scope.copy(parent, badge: 2),
      try scope.copy(parent, badge: 3), try scope.copy(parent, badge: 4),
    ]
    record.transfers.0 = CapabilityTransfer(gifts[0], rights: .all, isMove: true)
    record.transfers.1 = CapabilityTransfer(gifts[1], rights: .all, isMove: false)
    record.transfers.2 = CapabilityTransfer(gifts[2], rights: .all, isMove: true)
    record.transfers.3 = CapabilityTransfer(gifts[3], rights: .all, isMove: false)
    let remote = try scope.remote()
    remote.begin(CallWord(.receive, hasTransfers: true), to: endpoint, record: .acceptingAny)
    try remote.expectState(.receiving)

    try expect(
      try scope.perform(CallWord(.send, hasTransfers: true), to: endpoint, record: record))

    let message = try expect(try remote.finish())
    try expect(message.result.capabilityCount, equals: 4, "capabilities")
    for index in 0..<4 {
      let received = scope.keep(message.capability(index))
      try expect(KernelCalls.inspect(received).word(2), equals: UInt64(index + 1), "badge")
    }
  }

  suite.fact("XFR_009_rightsAreMaskedOnTheWay") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    let gift = try scope.notification()
    for isMove in Values([false, true]) {
      let source = try scope.copy(gift)
      let remote = try scope.remote()
      remote.begin(CallWord(.receive, hasTransfers: true), to: endpoint, record: .acceptingAny)
      try remote.expectState(.receiving)

      let rights = Rights.write.union(.copy)
      try expect(
        try scope.perform(
          CallWord(.send, hasTransfers: true), to: endpoint,
          record: TransferRecord(attaching: source, rights: rights, isMove: isMove)))

      let received = scope.keep(try expect(try remote.finish()).capability(0))
      let found = KernelCalls.inspect(received).word(1)
      try expect(found, equals: UInt64(rights.bits), "rights")
    }
  }

  suite.fact("XFR_010_aWaitThroughAMovedCapabilityIsCancelled") { (scope) throws(Unexpected) in
    let notification = try scope.notification()
    let waiter = try scope.remote()
    waiter.begin(.wait, notification.argument, Deadline.never)
    try waiter.expectState(.waiting)

    scope.keep(try expect(KernelCalls.move(notification)).handle)

    try expect(try waiter.finish(), .cancelled)
  }
}
