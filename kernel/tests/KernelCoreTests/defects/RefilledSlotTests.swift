import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// `replyAndReceive` whose reply changes the slot that it receives through.
@Suite struct RefilledSlotTests {
  typealias Transfers = TestMachine.Transfers

  /// What the reply puts where the endpoint's capability was.
  enum Refill: CaseIterable, CustomTestStringConvertible {
    case memory, writeOnlyEndpoint, otherEndpoint, notification, budget, replyRight, nothing
    var testDescription: String { "\(self)" }
  }

  /// A server with a received call, its caller, and a client of an endpoint that the
  /// server may not receive from.
  struct Rig {
    let machine = TestMachine()
    let server: Actor
    let caller: Actor
    let client: Actor
    let endpoint: Handle
    let receiving: Handle
    /// The right to answer `caller`.
    let right: Handle
    let foreign: Handle

    init(isOneProcess: Bool, accepting: (Handle) -> Transfers) {
      server = machine.spawn()
      caller = isOneProcess ? machine.addThread(to: server) : machine.spawn()
      client = machine.spawn()
      endpoint = machine.makeEndpoint()
      receiving = machine.give(endpoint, to: server)
      let calling = machine.give(endpoint, to: caller)
      foreign = machine.makeEndpoint()
      machine.request(client, machine.give(foreign, to: client), [0x5ec])
      machine.receive(server, receiving, .acceptAny)
      machine.request(caller, calling, [1], accepting(receiving))
      right = machine.outcome(server).result.reply
    }

    /// A capability for the server to put into the slot.
    func refill(_ kind: Refill) -> Handle? {
      switch kind {
      case .memory: return machine.give(machine.makeMemory(pages: 2), to: server)
      case .writeOnlyEndpoint:
        return machine.give(
          foreign, to: server, rights: Rights.write.union(.transfer).union(.copy))
      case .otherEndpoint: return machine.give(foreign, to: server)
      case .notification: return machine.give(machine.makeNotification(), to: server)
      case .budget:
        return machine.give(machine.make(.budget, [40_960, 5]), to: server)
      case .replyRight:
        let another = machine.addThread(to: server)
        let calling = machine.give(endpoint, to: server)
        machine.request(another, calling, [2])
        return machine.receive(server, receiving).result.reply
      case .nothing: return nil
      }
    }
  }

  @Test(arguments: Refill.allCases, [true, false])
  func `CAL_501 receivingHalfLooksItsHandleUpAfresh`(refill: Refill, isOneProcess: Bool) {
    for isCopy in [false, true] where !(isCopy && (refill == .replyRight || refill == .nothing)) {
      let rig = Rig(isOneProcess: isOneProcess) { _ in .acceptAny }
      let machine = rig.machine
      var attached = [(handle: rig.receiving, rights: Rights.all, isMove: true)]
      if let handle = rig.refill(refill) { attached.append((handle, .all, !isCopy)) }

      let outcome = machine.replyAndReceive(
        rig.server, rig.right, rig.receiving, [5], Transfers(attached: attached))

      #expect(outcome.status == .badCapability)
      let answered = machine.outcome(rig.caller)
      #expect(answered.message == [5])
      #expect(answered.capabilities.count == attached.count)
      #expect(machine.outcome(rig.client) == .blocked)
      #expect(machine.findings == [])
    }
  }

  /// The caller asks for the very slot; it is not free when the reply is looked at.
  @Test(arguments: Refill.allCases.filter { $0 != .nothing })
  func `CAL_501 slotNamedByTheCallerIsBusy`(refill: Refill) {
    let rig = Rig(isOneProcess: true) { Transfers(accepts: [0xffff, $0.slot]) }
    let machine = rig.machine
    guard let handle = rig.refill(refill) else { return }

    machine.replyAndReceive(
      rig.server, rig.right, rig.receiving, [5],
      Transfers(attached: [(rig.receiving, .all, true), (handle, .all, true)]))

    let answered = machine.outcome(rig.caller)
    #expect(answered.message == [5])
    if answered.capabilities.isEmpty {
      #expect(machine.outcome(rig.server) == .blocked)
    } else {
      #expect(machine.outcome(rig.server).status == .badCapability)
    }
    #expect(machine.outcome(rig.client) == .blocked)
    #expect(machine.findings == [])
  }

  /// The other order: what refills the slot is moved away first, and comes second.
  @Test(arguments: [true, false])
  func `CAL_501 theOrderOfTheCapabilitiesChangesNothing`(isOneProcess: Bool) {
    let rig = Rig(isOneProcess: isOneProcess) { _ in .acceptAny }
    let machine = rig.machine
    let gift = machine.give(machine.makeMemory(pages: 1), to: rig.server)
    let more = machine.give(rig.foreign, to: rig.server)

    let outcome = machine.replyAndReceive(
      rig.server, rig.right, rig.receiving, [5],
      Transfers(attached: [(gift, .all, true), (rig.receiving, .all, true), (more, .all, true)]))

    #expect(outcome.status == .badCapability)
    #expect(machine.outcome(rig.caller).capabilities.count == 3)
    #expect(machine.outcome(rig.client) == .blocked)
    #expect(machine.findings == [])
  }

  /// A copy leaves the slot as it is.
  @Test(arguments: [true, false], [true, false])
  func `CAL_501 copyingTheEndpointGoesOnReceiving`(isOneProcess: Bool, hasQueue: Bool) {
    let rig = Rig(isOneProcess: isOneProcess) { _ in .acceptAny }
    let machine = rig.machine
    let next = machine.spawn()
    if hasQueue { machine.send(next, machine.give(rig.endpoint, to: next), [3]) }

    let outcome = machine.replyAndReceive(
      rig.server, rig.right, rig.receiving, [5], .copy(rig.receiving))

    #expect(machine.outcome(rig.caller).capabilities.count == 1)
    #expect(hasQueue ? outcome.message == [3] : outcome == .blocked)
    #expect(machine.findings == [])
  }

  /// Moved under a mask to the caller: nobody here can receive any more.
  @Test(arguments: [true, false])
  func `CAL_501 movedUnderAMask`(isOneProcess: Bool) {
    let rig = Rig(isOneProcess: isOneProcess) { _ in .acceptAny }
    let machine = rig.machine

    let outcome = machine.replyAndReceive(
      rig.server, rig.right, rig.receiving, [5],
      Transfers(attached: [(rig.receiving, .write, true)]))

    #expect(outcome.status == .badCapability)
    #expect(machine.outcome(rig.caller).capabilities.count == 1)
    #expect(machine.findings == [])
  }
}
