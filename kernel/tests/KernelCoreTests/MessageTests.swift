import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// `send` and `receive`: synchronous messages through an endpoint.
@Suite struct MessageTests {
  /// A sender and a receiver in processes of their own, with one endpoint.
  struct Pair {
    let machine: TestMachine
    let sender: Actor
    let receiver: Actor
    let endpoint: Handle
    let sending: Handle
    let receiving: Handle

    init(
      badge: UInt64 = 0x77, senderPriority: UInt8 = 100, receiverPriority: UInt8 = 100,
      inOneProcess: Bool = false
    ) {
      machine = TestMachine()
      sender = machine.spawn(priority: senderPriority)
      receiver =
        inOneProcess
        ? machine.addThread(to: sender, priority: receiverPriority)
        : machine.spawn(priority: receiverPriority)
      endpoint = machine.makeEndpoint()
      sending = machine.give(
        endpoint, to: sender, rights: .all.subtracting(.read), badge: badge)
      receiving = machine.give(endpoint, to: receiver)
    }
  }

  static let words: [UInt64] = (0..<8).map { 0x1111_1111_1111_1111 &* ($0 + 1) }

  @Test(arguments: 0...8, [90, 99, 100] as [UInt8])
  func `IPC_001 IPC_003 IPC_005 senderFirstDeliversEveryWord`(length: Int, priority: UInt8) {
    for inOneProcess in [false, true] {
      let pair = Pair(senderPriority: priority, inOneProcess: inOneProcess)
      let words = Array(Self.words.prefix(length))

      let sent = pair.machine.send(pair.sender, pair.sending, words)
      let received = pair.machine.receive(pair.receiver, pair.receiving)

      #expect(sent == .blocked)
      #expect(received.status == .ok)
      #expect(received.result.kind == .message)
      #expect(received.message == words)
      #expect(received.value == 0x77)
      #expect(received.result.reply == .none)
      #expect(pair.machine.outcome(pair.sender).status == .ok)
      #expect(received.words.dropFirst(length).allSatisfy { $0 >> 48 == 0xc0de })
      #expect(pair.machine.findings == [])
    }
  }

  @Test(arguments: 0...8, [90, 99, 100] as [UInt8])
  func `IPC_002 IPC_003 IPC_005 receiverFirstDeliversEveryWord`(length: Int, priority: UInt8) {
    for inOneProcess in [false, true] {
      let pair = Pair(receiverPriority: priority, inOneProcess: inOneProcess)
      let words = Array(Self.words.prefix(length))

      let waiting = pair.machine.receive(pair.receiver, pair.receiving)
      let sent = pair.machine.send(pair.sender, pair.sending, words)
      let received = pair.machine.outcome(pair.receiver)

      #expect(waiting == .blocked)
      #expect(sent.status == .ok)
      #expect(sent.value == 0)
      #expect(received.status == .ok)
      #expect(received.message == words)
      #expect(received.value == 0x77)
      #expect(received.words.dropFirst(length).allSatisfy { $0 >> 48 == 0xc0de })
      #expect(pair.machine.findings == [])
    }
  }

  @Test(arguments: [9, 10, 15] as [UInt64])
  func `IPC_004 tooManyWordsAreRefused`(length: UInt64) {
    let pair = Pair()
    pair.machine.receive(pair.receiver, pair.receiving)

    let sent = pair.machine.invoke(
      pair.sender, word: CallWord(.send, wordCount: length), UInt64(pair.sending.rawValue),
      Deadline.never)

    #expect(sent.status == .badArgument)
    #expect(sent.value == 11)
    #expect(pair.machine.outcome(pair.receiver) == .blocked)
    #expect(pair.machine.findings == [])
  }

  @Test func `IPC_006 pollingSendQueuesNothing`() {
    let pair = Pair()

    let sent = pair.machine.send(pair.sender, pair.sending, [1], deadline: Deadline.poll)
    let received = pair.machine.receive(
      pair.receiver, pair.receiving, deadline: Deadline.poll)

    #expect(sent.status == .wouldBlock)
    #expect(received.status == .wouldBlock)
    #expect(pair.machine.findings == [])
  }

  @Test func `IPC_008 pollingReceiveChangesNoWords`() {
    let pair = Pair()

    let received = pair.machine.receive(
      pair.receiver, pair.receiving, deadline: Deadline.poll)

    #expect(received.status == .wouldBlock)
    #expect(received.value == 0)
    #expect(received.words == (0..<8).map { TestMachine.pattern(100 + $0) })
  }

  @Test func `IPC_009 pollingReceiveTakesOneQueuedMessage`() {
    let pair = Pair()
    pair.machine.send(pair.sender, pair.sending, [4])

    let first = pair.machine.receive(pair.receiver, pair.receiving, deadline: Deadline.poll)
    let second = pair.machine.receive(pair.receiver, pair.receiving, deadline: Deadline.poll)

    #expect(first.message == [4])
    #expect(second.status == .wouldBlock)
    #expect(pair.machine.findings == [])
  }

  @Test(arguments: [1, 1 << 31, 1 << 63, .max] as [UInt64])
  func `IPC_010 badgeIsDeliveredWhole`(badge: UInt64) {
    let pair = Pair(badge: badge)

    pair.machine.send(pair.sender, pair.sending, [99, 98])
    let received = pair.machine.receive(pair.receiver, pair.receiving)

    #expect(received.value == badge)
  }

  @Test func `IPC_011 badgeIsSetOnce`() {
    let pair = Pair(badge: 5)
    let machine = pair.machine

    let other = machine.copy(pair.sender, pair.sending, rights: .write, badge: 6)
    let same = machine.copy(pair.sender, pair.sending, rights: .write, badge: 5)
    let unbadged = machine.copy(pair.receiver, pair.receiving, rights: .write, badge: 7)

    #expect(other.status == .badArgument)
    #expect(other.value == 4)
    #expect(same.status == .ok)
    #expect(machine.inspect(pair.sender, same.handle)?.badge == 5)
    #expect(machine.inspect(pair.receiver, unbadged.handle)?.badge == 7)
    #expect(machine.findings == [])
  }

  @Test func `IPC_013 sendersAreServedInOrder`() {
    let machine = TestMachine()
    let endpoint = machine.makeEndpoint()
    let senders = (0..<8).map { _ in machine.spawn() }
    for (index, sender) in senders.enumerated() {
      machine.send(sender, machine.give(endpoint, to: sender), [UInt64(index)])
    }

    let order = senders.indices.map { _ in
      machine.receive(machine.initial, endpoint).message
    }

    #expect(order == senders.indices.map { [UInt64($0)] })
    #expect(machine.findings == [])
  }

  @Test func receiversAreServedInOrder() {
    let machine = TestMachine()
    let endpoint = machine.makeEndpoint()
    let receivers = (0..<5).map { _ in machine.spawn() }
    for receiver in receivers {
      machine.receive(receiver, machine.give(endpoint, to: receiver))
    }

    for index in receivers.indices { machine.send(machine.initial, endpoint, [UInt64(index)]) }

    #expect(
      receivers.map { machine.outcome($0).message } == receivers.indices.map { [UInt64($0)] })
  }

  @Test(arguments: [true, false])
  func `IPC_015 destroyedEndpointWakesEveryone`(isSending: Bool) {
    let machine = TestMachine()
    let endpoint = machine.makeEndpoint()
    let actors = (0..<3).map { _ in machine.spawn() }
    for actor in actors {
      let handle = machine.give(endpoint, to: actor)
      if isSending { machine.send(actor, handle, [1]) } else { machine.receive(actor, handle) }
    }

    let destroyed = machine.destroy(machine.initial, endpoint)

    #expect(destroyed.status == .ok)
    for actor in actors { #expect(machine.outcome(actor).status == .peerGone) }
    #expect(machine.receive(machine.initial, endpoint).status == .peerGone)
    #expect(machine.send(machine.initial, endpoint).status == .peerGone)
    #expect(machine.destroy(machine.initial, endpoint).status == .badState)
    #expect(machine.findings == [])
  }

  @Test(arguments: [true, false])
  func `IPC_016 sendersWakeWhenNobodyCanReceive`(isCall: Bool) {
    let pair = Pair()
    let machine = pair.machine
    if isCall {
      machine.request(pair.sender, pair.sending)
    } else {
      machine.send(pair.sender, pair.sending)
    }

    machine.delete(pair.receiver, pair.receiving)
    #expect(machine.outcome(pair.sender) == .blocked)
    machine.delete(machine.initial, pair.endpoint)

    #expect(machine.outcome(pair.sender).status == .peerGone)
    #expect(machine.send(pair.sender, pair.sending).status == .peerGone)
    #expect(machine.findings == [])
  }

  @Test func `IPC_016 bindingAFaultHandlerIsNoReceiver`() {
    let pair = Pair()
    let machine = pair.machine
    let bound = machine.call(
      machine.initial, .bind, UInt64(pair.sender.threadHandle.rawValue),
      UInt64(pair.endpoint.rawValue))
    machine.send(pair.sender, pair.sending)

    machine.delete(pair.receiver, pair.receiving)
    machine.delete(machine.initial, pair.endpoint)

    #expect(bound.status == .ok)
    #expect(machine.outcome(pair.sender).status == .peerGone)
    #expect(machine.findings == [])
  }

  @Test func `IPC_018 everyMessageArrivesOnce`() {
    let machine = TestMachine()
    let endpoint = machine.makeEndpoint()
    let receivers = [machine.spawn(), machine.spawn()]
    let handles = receivers.map { machine.give(endpoint, to: $0, rights: .read) }
    var seen: [UInt64: Int] = [:]
    for index in 0..<2_500 as Range<UInt64> {
      let which = Int(index.hashed % 2)
      if index & 1 == 0 {
        machine.receive(receivers[which], handles[which])
        machine.send(machine.initial, endpoint, [index])
      } else {
        let sender = receivers[1 - which]
        machine.receive(sender, handles[1 - which])
        machine.send(machine.initial, endpoint, [index])
      }
      for receiver in receivers {
        let outcome = machine.outcome(receiver)
        for word in outcome.message { seen[word, default: 0] += 1 }
        machine.kernel.objects[receiver.thread].registers.callWord = 0
      }
    }

    #expect(seen.count == 2_500)
    #expect(seen.values.allSatisfy { $0 == 1 })
    #expect(machine.findings == [])
  }

  @Test func `IPC_020 suspendedSenderKeepsItsPlace`() {
    let pair = Pair()
    let machine = pair.machine
    machine.send(pair.sender, pair.sending, [3])
    let thread = UInt64(pair.sender.threadHandle.rawValue)

    machine.call(machine.initial, .suspend, thread)
    let received = machine.receive(pair.receiver, pair.receiving)

    #expect(received.message == [3])
    #expect(!machine.canAct(pair.sender))
    machine.call(machine.initial, .resume, thread)
    #expect(machine.outcome(pair.sender).status == .ok)
    #expect(machine.canAct(pair.sender))
    #expect(machine.findings == [])
  }

  @Test(arguments: [
    Rights.none, .read, .grant, .call, .copy, .transfer, .manage, .execute,
  ])
  func `RGT_004 sendingNeedsWrite`(rights: Rights) {
    let pair = Pair()
    let machine = pair.machine
    let weak = machine.give(pair.endpoint, to: pair.sender, rights: rights)
    machine.receive(pair.receiver, pair.receiving)

    #expect(machine.send(pair.sender, weak, [1]).status == .noRight)
    #expect(machine.request(pair.sender, weak, [1]).status == .noRight)
    #expect(machine.outcome(pair.receiver) == .blocked)
    #expect(machine.findings == [])
  }

  @Test func callingNeedsCallBesideWrite() {
    let pair = Pair()
    let weak = pair.machine.give(pair.endpoint, to: pair.sender, rights: .write)

    #expect(pair.machine.request(pair.sender, weak).status == .noRight)
  }

  @Test(arguments: [Rights.none, .write, .call, .grant, .manage, .all.subtracting(.read)])
  func `RGT_005 receivingNeedsRead`(rights: Rights) {
    let pair = Pair()
    let machine = pair.machine
    let weak = machine.give(pair.endpoint, to: pair.receiver, rights: rights)
    machine.send(pair.sender, pair.sending, [1])

    #expect(machine.receive(pair.receiver, weak).status == .noRight)
    #expect(machine.replyAndReceive(pair.receiver, .none, weak).status == .noRight)
    #expect(machine.outcome(pair.sender) == .blocked)
    #expect(machine.findings == [])
  }
}

extension UInt64 {
  /// The same number for the same input, spread over all bits.
  var hashed: UInt64 {
    var value = self &+ 0x9e37_79b9_7f4a_7c15
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return value ^ value >> 31
  }
}
