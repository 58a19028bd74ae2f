import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// Messages that carry the capabilities by which the message itself is sent and received.
@Suite struct CarriedWaitTests {
  typealias Transfers = TestMachine.Transfers

  /// What the receiver accepts.
  enum Acceptance: CaseIterable {
    case any, named, none, own

    func transfers(own: Handle) -> Transfers? {
      switch self {
      case .any: .acceptAny
      case .named: Transfers(accepts: [50, 51, 52, 53])
      case .none: nil
      // The slot that the message empties is not free when it is looked at.
      case .own: Transfers(accepts: [own.slot])
      }
    }

    var accepts: Bool { self == .any || self == .named }
  }

  /// A receiver, a sender and a bystander in one process.
  struct Rig {
    let machine = TestMachine()
    let receiver: Actor
    let sender: Actor
    let bystander: Actor
    let endpoint: Handle
    /// What receiver and bystander wait through, and what the sender sends through.
    let receiving: Handle
    let sending: Handle

    init(hasOtherReader: Bool = true) {
      receiver = machine.spawn()
      sender = machine.addThread(to: receiver)
      bystander = machine.addThread(to: receiver)
      endpoint = machine.makeEndpoint()
      receiving = machine.give(endpoint, to: receiver)
      sending = machine.give(endpoint, to: receiver, rights: Rights.all.subtracting(.read))
      if !hasOtherReader {
        // Only the capability that is waited through can receive now.
        let narrow = machine.copy(
          machine.initial, endpoint, rights: Rights.all.subtracting(.read))
        precondition(narrow.status == .ok)
        machine.delete(machine.initial, endpoint)
      }
    }
  }

  @Test(arguments: Acceptance.allCases, [false, true])
  func `XFR_501 receiversWaitIsOverByDelivery`(acceptance: Acceptance, isCall: Bool) {
    for hasOtherReader in [true, false] {
      for hasBystander in [false, true] {
        let rig = Rig(hasOtherReader: hasOtherReader)
        let machine = rig.machine
        machine.receive(
          rig.receiver, rig.receiving, acceptance.transfers(own: rig.receiving))
        if hasBystander { machine.receive(rig.bystander, rig.receiving) }

        if isCall {
          machine.request(rig.sender, rig.sending, [7], .move(rig.receiving))
        } else {
          machine.send(rig.sender, rig.sending, [7], .move(rig.receiving))
        }

        let received = machine.outcome(rig.receiver)
        #expect(received.status == .ok)
        #expect(received.message == [7])
        #expect(received.capabilities.count == (acceptance.accepts ? 1 : 0))
        let sent = machine.outcome(rig.sender)
        if isCall {
          #expect(sent == .blocked)
        } else {
          #expect(sent.status == .ok)
          #expect(sent.value == (acceptance.accepts ? 1 : 0))
        }
        let waited = machine.outcome(rig.bystander)
        if acceptance.accepts {
          #expect(!machine.names(rig.receiver, rig.receiving))
          #expect(
            received.capabilities.first.map { machine.inspect(rig.receiver, $0)?.type }
              == .endpoint)
          if hasBystander { #expect(waited.status == .cancelled) }
        } else {
          #expect(machine.names(rig.receiver, rig.receiving))
          if hasBystander { #expect(waited == .blocked) }
        }
        #expect(machine.findings == [])
        goesOn(rig, received, isCall: isCall)
      }
    }
  }

  /// The threads and the endpoint work as before.
  private func goesOn(_ rig: Rig, _ received: Outcome, isCall: Bool) {
    let machine = rig.machine
    if isCall {
      machine.reply(rig.receiver, received.result.reply, [9])
      #expect(machine.outcome(rig.sender).message == [9])
    }
    let reader = received.capabilities.first ?? rig.receiving
    machine.receive(rig.receiver, reader)
    #expect(machine.outcome(rig.receiver) == .blocked)
    machine.send(rig.sender, rig.sending, [1])
    if machine.outcome(rig.receiver).isBlocked {
      // The bystander was first.
      #expect(machine.outcome(rig.bystander).message == [1])
    } else {
      #expect(machine.outcome(rig.receiver).message == [1])
    }
    #expect(machine.findings == [])
  }

  @Test(arguments: Acceptance.allCases)
  func `XFR_501 receiverOfReplyAndReceiveWaitsTheSameWay`(acceptance: Acceptance) {
    let rig = Rig()
    let machine = rig.machine
    machine.replyAndReceive(
      rig.receiver, .none, rig.receiving, [], acceptance.transfers(own: rig.receiving))

    machine.send(rig.sender, rig.sending, [7], .move(rig.receiving))

    #expect(machine.outcome(rig.receiver).message == [7])
    #expect(machine.outcome(rig.sender).status == .ok)
    #expect(machine.findings == [])
  }

  /// With the mask the receiver loses the right to receive, and so may everybody.
  @Test(arguments: [true, false])
  func `XFR_501 movedUnderAMaskWithoutRead`(hasOtherReader: Bool) {
    let rig = Rig(hasOtherReader: hasOtherReader)
    let machine = rig.machine
    machine.receive(rig.receiver, rig.receiving, .acceptAny)
    machine.receive(rig.bystander, rig.receiving)

    machine.send(
      rig.sender, rig.sending, [7],
      Transfers(attached: [(rig.receiving, Rights.all.subtracting(.read), true)]))

    let received = machine.outcome(rig.receiver)
    #expect(received.message == [7])
    #expect(received.capabilities.count == 1)
    #expect(machine.outcome(rig.bystander).status == .cancelled)
    #expect(machine.findings == [])
    let again = machine.send(rig.sender, rig.sending, [1], deadline: Deadline.poll)
    #expect(again.status == (hasOtherReader ? .wouldBlock : .peerGone))
  }

  /// When nobody waits yet, the message sets the capability aside: it cannot be waited
  /// through until the message is over.
  @Test(arguments: [true, false])
  func `XFR_501 setAsideWhenTheSenderIsFirst`(isCall: Bool) {
    let rig = Rig()
    let machine = rig.machine
    let other = machine.give(rig.endpoint, to: rig.receiver)
    if isCall {
      machine.request(rig.sender, rig.sending, [7], .move(rig.receiving))
    } else {
      machine.send(rig.sender, rig.sending, [7], .move(rig.receiving))
    }

    #expect(machine.receive(rig.receiver, rig.receiving).status == .badCapability)
    let received = machine.receive(rig.receiver, other, .acceptAny)

    #expect(received.message == [7])
    #expect(received.capabilities.count == 1)
    #expect(machine.findings == [])
  }

  /// The bystander waits on another object through the capability that is carried.
  @Test(arguments: [true, false], [true, false])
  func `XFR_501 waitersOnOtherObjectsAreCancelled`(isOneProcess: Bool, isReceiverFirst: Bool) {
    let machine = TestMachine()
    let sender = machine.spawn()
    let receiver = isOneProcess ? machine.addThread(to: sender) : machine.spawn()
    let waiters = (0..<3).map { _ in machine.addThread(to: sender) }
    let endpoint = machine.makeEndpoint()
    let sending = machine.give(endpoint, to: sender)
    let receiving = machine.give(endpoint, to: receiver)
    let gift = machine.give(machine.makeNotification(), to: sender)
    for waiter in waiters { machine.wait(waiter, gift) }

    if isReceiverFirst { machine.receive(receiver, receiving, .acceptAny) }
    machine.send(sender, sending, [7], .move(gift))
    if !isReceiverFirst { machine.receive(receiver, receiving, .acceptAny) }

    #expect(machine.outcome(receiver).capabilities.count == 1)
    #expect(machine.outcome(sender).value == 1)
    for waiter in waiters { #expect(machine.outcome(waiter).status == .cancelled) }
    #expect(machine.findings == [])
  }

  /// A waiter that is woken by a move holds the endpoint's last reader in its own message.
  /// The sender must not be left in the queue of an endpoint that nobody can receive from.
  @Test(arguments: [true, false], [true, false])
  func `XFR_501 wakingDoesNotDesertTheEndpoint`(isOneProcess: Bool, isCall: Bool) {
    let machine = TestMachine()
    let sender = machine.spawn()
    let carrier = machine.addThread(to: sender)
    let elsewhere = isOneProcess ? machine.addThread(to: sender) : machine.spawn()
    let endpoint = machine.makeEndpoint()
    let other = machine.makeEndpoint()
    let sending = machine.give(endpoint, to: sender, rights: Rights.all.subtracting(.read))
    let reading = machine.give(endpoint, to: sender)
    let keeper = machine.give(other, to: elsewhere)
    let carrying = machine.give(other, to: sender)
    machine.send(carrier, carrying, [1], .copy(reading))
    // The only reader of `endpoint` is the copy in the carrier's message now.
    machine.delete(sender, reading)
    machine.delete(machine.initial, endpoint)

    if isCall {
      machine.request(sender, sending, [2], .move(carrying))
    } else {
      machine.send(sender, sending, [2], .move(carrying))
    }

    #expect(machine.outcome(carrier).status == .cancelled)
    #expect(machine.outcome(sender).status == .peerGone)
    #expect(machine.names(elsewhere, keeper))
    #expect(machine.findings == [])
  }
}
