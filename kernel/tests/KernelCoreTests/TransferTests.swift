import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// Capabilities in messages: all or nothing, and each in exactly one place.
@Suite struct TransferTests {
  typealias Transfers = TestMachine.Transfers

  /// A sender with something to give, and a receiver.
  struct Rig {
    let machine = TestMachine()
    let sender: Actor
    let receiver: Actor
    let endpoint: Handle
    let sending: Handle
    let receiving: Handle
    let object: Handle
    let gift: Handle

    init(
      sendingRights: Rights = .all, receivingRights: Rights = .all, giftRights: Rights = .all
    ) {
      sender = machine.spawn()
      receiver = machine.spawn()
      endpoint = machine.makeEndpoint()
      sending = machine.give(endpoint, to: sender, rights: sendingRights)
      receiving = machine.give(endpoint, to: receiver, rights: receivingRights)
      object = machine.makeNotification()
      gift = machine.give(object, to: sender, rights: giftRights)
    }

    /// Sends and receives, in either order; returns what each got.
    func exchange(
      _ transfers: Transfers, accepting: Transfers = .acceptAny, isReceiverFirst: Bool
    ) -> (sent: Outcome, received: Outcome) {
      if isReceiverFirst { machine.receive(receiver, receiving, accepting) }
      machine.send(sender, sending, [5, 6], transfers)
      if !isReceiverFirst { machine.receive(receiver, receiving, accepting) }
      return (machine.outcome(sender), machine.outcome(receiver))
    }
  }

  @Test(arguments: [true, false])
  func `XFR_001 movedCapabilityChangesHands`(isReceiverFirst: Bool) {
    let rig = Rig()

    let (sent, received) = rig.exchange(
      .move(rig.gift), accepting: Transfers(accepts: [44]), isReceiverFirst: isReceiverFirst)

    #expect(sent.status == .ok)
    #expect(sent.value == 1)
    #expect(received.message == [5, 6])
    #expect(received.capabilities.map(\.slot) == [44])
    #expect(!rig.machine.names(rig.sender, rig.gift))
    #expect(rig.machine.signal(rig.receiver, received.capabilities[0]).status == .ok)
    #expect(rig.machine.findings == [])
  }

  @Test(arguments: [true, false])
  func copiedCapabilityIsADescendantOfTheSenders(isReceiverFirst: Bool) {
    let rig = Rig()

    let (_, received) = rig.exchange(.copy(rig.gift), isReceiverFirst: isReceiverFirst)
    let got = received.capabilities[0]
    #expect(rig.machine.names(rig.sender, rig.gift))
    #expect(rig.machine.names(rig.receiver, got))
    rig.machine.revoke(rig.machine.initial, rig.object)

    #expect(!rig.machine.names(rig.receiver, got))
    #expect(rig.machine.findings == [])
  }

  @Test(arguments: [true, false], [true, false])
  func `XFR_002 unacceptedCapabilityStaysWithTheSender`(isReceiverFirst: Bool, isMove: Bool) {
    for accepting in [Transfers(), Transfers(accepts: [0]), Transfers(accepts: [0, 9])] {
      let rig = Rig()

      let (sent, received) = rig.exchange(
        isMove ? .move(rig.gift) : .copy(rig.gift), accepting: accepting,
        isReceiverFirst: isReceiverFirst)

      #expect(sent.status == .ok)
      #expect(sent.value == 0)
      #expect(received.message == [5, 6])
      #expect(received.result.capabilityCount == 0)
      #expect(rig.machine.signal(rig.sender, rig.gift).status == .ok)
      #expect(rig.machine.findings == [])
    }
  }

  @Test func `XFR_004 attachingNeedsGrantOnTheEndpoint`() {
    let rig = Rig(sendingRights: .all.subtracting(.grant))
    rig.machine.receive(rig.receiver, rig.receiving, .acceptAny)

    let sent = rig.machine.send(rig.sender, rig.sending, [1], .move(rig.gift))

    #expect(sent.status == .noRight)
    #expect(rig.machine.outcome(rig.receiver) == .blocked)
    #expect(rig.machine.names(rig.sender, rig.gift))
    #expect(rig.machine.findings == [])
  }

  @Test(arguments: [true, false], [true, false])
  func `XFR_005 fourArriveInOrder`(isReceiverFirst: Bool, isMove: Bool) {
    let rig = Rig()
    let gifts = (1...4).map {
      rig.machine.give(rig.object, to: rig.sender, badge: UInt64($0))
    }

    let (sent, received) = rig.exchange(
      Transfers(attached: gifts.map { ($0, .all, isMove) }), isReceiverFirst: isReceiverFirst)

    #expect(sent.value == 4)
    #expect(
      received.capabilities.map { rig.machine.inspect(rig.receiver, $0)?.badge } == [1, 2, 3, 4])
    #expect(rig.machine.findings == [])
  }

  @Test(arguments: [5, 6, 1 << 32, .max] as [UInt64])
  func `XFR_005 moreThanFourAreRefused`(count: UInt64) {
    let rig = Rig()
    let address = rig.machine.write(.move(rig.gift), for: rig.sender)
    rig.machine.poke(rig.sender, count, at: address)

    let sent = rig.machine.invoke(
      rig.sender, word: CallWord(.send, hasTransfers: true), UInt64(rig.sending.rawValue),
      Deadline.never, address)

    #expect(sent.status == .badArgument)
    #expect(sent.value == 2)
    #expect(rig.machine.names(rig.sender, rig.gift))
    #expect(rig.machine.findings == [])
  }

  @Test(arguments: [(true, true), (true, false), (false, true)])
  func `XFR_006 movedCapabilityIsListedOnce`(first: Bool, second: Bool) {
    let rig = Rig()

    let sent = rig.machine.send(
      rig.sender, rig.sending, [],
      Transfers(attached: [(rig.gift, .all, first), (rig.gift, .all, second)]))

    #expect(sent.status == .badArgument)
    #expect(rig.machine.names(rig.sender, rig.gift))
    #expect(rig.machine.findings == [])
  }

  @Test func copiedCapabilityMayBeListedTwice() {
    let rig = Rig()

    let (_, received) = rig.exchange(
      Transfers(attached: [(rig.gift, .read, false), (rig.gift, .write, false)]),
      isReceiverFirst: false)

    #expect(
      received.capabilities.map { rig.machine.inspect(rig.receiver, $0)?.rights }
        == [.read, .write])
    #expect(rig.machine.findings == [])
  }

  @Test func `RGT_007 attachingNeedsTransferOnTheCapability`() {
    for isMove in [true, false] {
      let rig = Rig(giftRights: .all.subtracting(.transfer))
      rig.machine.receive(rig.receiver, rig.receiving, .acceptAny)

      let sent = rig.machine.send(
        rig.sender, rig.sending, [1], isMove ? .move(rig.gift) : .copy(rig.gift))

      #expect(sent.status == .noRight)
      #expect(rig.machine.outcome(rig.receiver) == .blocked)
      #expect(rig.machine.names(rig.sender, rig.gift))
    }
    let rig = Rig(giftRights: .all.subtracting(.copy))
    #expect(rig.machine.send(rig.sender, rig.sending, [], .copy(rig.gift)).status == .noRight)
  }

  @Test(arguments: [true, false], [true, false])
  func `XFR_009 maskTakesRights`(isReceiverFirst: Bool, isMove: Bool) {
    let held = Rights.read.union(.write).union(.transfer).union(.copy)
    for mask in [Rights.none, .write, .all, .read.union(.manage)] {
      let rig = Rig(giftRights: held)

      let (_, received) = rig.exchange(
        Transfers(attached: [(rig.gift, mask, isMove)]), isReceiverFirst: isReceiverFirst)

      let got = rig.machine.inspect(rig.receiver, received.capabilities[0])
      #expect(got?.rights == held.intersection(mask))
    }
  }

  @Test func `XFR_010 waitEndsWhenItsCapabilityMoves`() {
    let rig = Rig()
    let waiter = rig.machine.addThread(to: rig.sender)
    #expect(rig.machine.wait(waiter, rig.gift) == .blocked)

    let sent = rig.machine.send(rig.sender, rig.sending, [], .move(rig.gift))

    #expect(sent == .blocked)
    #expect(rig.machine.outcome(waiter).status == .cancelled)
    #expect(rig.machine.findings == [])
    let other = rig.machine.addThread(to: rig.receiver)
    rig.machine.receive(other, rig.receiving, .acceptAny)
    #expect(rig.machine.findings == [])
  }

  @Test(arguments: 0..<5)
  func `XFR_011 eachCapabilityIsInOnePlaceWhenSomeoneDies`(step: Int) {
    let rig = Rig()
    let machine = rig.machine
    if step == 4 { machine.receive(rig.receiver, rig.receiving, .acceptAny) }
    machine.send(rig.sender, rig.sending, [1], .move(rig.gift))
    switch step {
    case 0: machine.destroy(machine.initial, rig.sender.threadHandle)
    case 1: machine.destroy(machine.initial, rig.sender.processHandle)
    case 2: machine.destroy(machine.initial, rig.receiver.processHandle)
    case 3: machine.destroy(machine.initial, rig.endpoint)
    default: machine.destroy(machine.initial, rig.receiver.threadHandle)
    }

    #expect(machine.findings == [])
    let notification = machine.object(of: rig.object, in: machine.initial)
    let names = machine.kernel.objects[notification].names
    let count = Census.members(names, machine.kernel).count
    // A process ends with its last thread, and its capabilities with it.
    #expect(count == (step == 0 || step == 1 || step == 4 ? 1 : 2))
  }

  @Test(arguments: [true, false])
  func `XFR_012 replyWithoutGrantKeepsItsCapability`(mayGrant: Bool) {
    let rig = Rig(receivingRights: mayGrant ? .all : .all.subtracting(.grant))
    let machine = rig.machine
    let offer = machine.give(rig.object, to: rig.receiver)
    machine.request(rig.sender, rig.sending, [], .acceptAny)
    let right = machine.receive(rig.receiver, rig.receiving).result.reply

    let replied = machine.reply(rig.receiver, right, [1], .move(offer))

    #expect(replied.status == .ok)
    #expect(replied.value == (mayGrant ? 1 : 0))
    #expect(machine.outcome(rig.sender).message == [1])
    #expect(machine.outcome(rig.sender).result.capabilityCount == (mayGrant ? 1 : 0))
    #expect(machine.names(rig.receiver, offer) == !mayGrant)
    #expect(machine.findings == [])
  }

  @Test(arguments: [SyscallNumber.reply, .replyAndReceive])
  func replyRightCannotTravelInItsOwnReply(number: SyscallNumber) {
    let rig = Rig()
    let machine = rig.machine
    machine.request(rig.sender, rig.sending, [], .acceptAny)
    let right = machine.receive(rig.receiver, rig.receiving).result.reply

    let replied =
      number == .reply
      ? machine.reply(rig.receiver, right, [1], .move(right))
      : machine.replyAndReceive(rig.receiver, right, rig.receiving, [1], .move(right))

    #expect(replied.status == .badArgument)
    #expect(machine.outcome(rig.sender) == .blocked)
    #expect(machine.findings == [])
    #expect(machine.reply(rig.receiver, right).status == .ok)
  }

  @Test func endpointCannotTravelThroughItself() {
    let rig = Rig()

    let sent = rig.machine.send(rig.sender, rig.sending, [], .move(rig.sending))

    #expect(sent.status == .badArgument)
    #expect(rig.machine.names(rig.sender, rig.sending))
  }

  @Test(arguments: [true, false])
  func namedSlotIsFreeUntilTheCapabilityCame(isReceiverFirst: Bool) {
    let rig = Rig()
    let machine = rig.machine
    // The slot that any new capability of the receiver would take.
    let probe = machine.copy(rig.receiver, rig.receiving, rights: .none).handle
    machine.delete(rig.receiver, probe)
    let accepting = Transfers(accepts: [probe.slot])

    if isReceiverFirst { machine.receive(rig.receiver, rig.receiving, accepting) }
    machine.request(rig.sender, rig.sending, [], .move(rig.gift))
    if !isReceiverFirst { machine.receive(rig.receiver, rig.receiving, accepting) }

    let received = machine.outcome(rig.receiver)
    #expect(received.capabilities.map(\.slot) == [probe.slot])
    #expect(received.result.reply != .none)
    #expect(machine.findings == [])
  }

  @Test(arguments: [[7, 7], [7, 0xffff, 7], [1, 0xffff]] as [[UInt16]])
  func slotsThatCannotBeUsedRefuseAll(accepts: [UInt16]) {
    let rig = Rig()
    _ = rig.machine.give(rig.object, to: rig.receiver)
    let gifts = accepts.indices.map { _ in rig.machine.give(rig.object, to: rig.sender) }

    let (sent, received) = rig.exchange(
      Transfers(attached: gifts.map { ($0, .all, true) }),
      accepting: Transfers(accepts: accepts), isReceiverFirst: false)

    #expect(sent.value == 0)
    #expect(received.result.capabilityCount == 0)
    #expect(gifts.allSatisfy { rig.machine.names(rig.sender, $0) })
    #expect(rig.machine.findings == [])
  }

  @Test func `RES_004 fullTableStillGetsTheWords`() {
    let rig = Rig()
    let machine = rig.machine
    machine.receive(rig.receiver, rig.receiving, .acceptAny)
    // No frame for another chunk, and no free slot in the first.
    let budget = machine.rootBudget
    let limit = machine.kernel.objects[budget]
    while machine.kernel.objects[rig.receiver.process].table.freeCount > 0 {
      machine.copy(
        machine.initial, rig.object, to: rig.receiver.processHandle, rights: .none)
    }
    machine.kernel.objects[budget].memoryUsed = limit.memoryLimit

    let sent = machine.send(rig.sender, rig.sending, [8], .move(rig.gift))

    machine.kernel.objects[budget].memoryUsed = limit.memoryUsed
    #expect(sent.status == .ok)
    #expect(sent.value == 0)
    #expect(machine.outcome(rig.receiver).message == [8])
    #expect(machine.outcome(rig.receiver).result.capabilityCount == 0)
    #expect(machine.names(rig.sender, rig.gift))
    #expect(machine.findings == [])
  }

  @Test(arguments: [SyscallStatus.timedOut, .cancelled, .peerGone])
  func failedSendLeavesItsCapabilitiesWithTheSender(status: SyscallStatus) {
    let rig = Rig()
    let machine = rig.machine
    let copied = machine.give(rig.object, to: rig.sender)
    let count = machine.kernel.capabilityCount
    machine.send(
      rig.sender, rig.sending, [], deadline: machine.now + 10,
      Transfers(attached: [(rig.gift, .all, true), (copied, .all, false)]))
    let other = machine.addThread(to: rig.sender)
    let afterThread = machine.kernel.capabilityCount
    #expect(machine.signal(other, rig.gift).status == .badCapability)

    switch status {
    case .timedOut: machine.advance(to: machine.now + 10)
    case .cancelled: machine.revoke(machine.initial, rig.endpoint)
    default: machine.destroy(machine.initial, rig.endpoint)
    }

    #expect(machine.outcome(rig.sender).status == status)
    #expect(machine.signal(rig.sender, rig.gift).status == .ok)
    #expect(machine.signal(rig.sender, copied).status == .ok)
    #expect(afterThread >= count)
    #expect(machine.findings == [])
  }
}
