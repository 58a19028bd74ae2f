import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// Calls that are to wait, and take slots for that: what they attach, and what answers them.
@Suite struct WaitExhaustionTests {
  typealias Transfers = TestMachine.Transfers

  enum Wait: CaseIterable {
    /// Copies of what is attached.
    case sendCopies, callCopies
    /// The slot for the right to answer, which a receive takes for what may come.
    case receive
    /// For a fault that came already.
    case receiveFault
    /// The only free slot is one that is named for capabilities.
    case receiveKeepingOff
    /// Beside two answers that it owes.
    case replyAndReceive
  }

  static func prepare(_ wait: Wait) -> Exhaustible {
    let stage = Stage()
    let (machine, caller) = (stage.machine, stage.caller)
    let endpoint = machine.makeEndpoint()
    let ours = machine.give(endpoint, to: caller)
    switch wait {
    case .sendCopies, .callCopies:
      let gifts = MessageExhaustionTests.gifts(for: caller, machine)
      _ = machine.write(gifts, for: caller)
      stage.fillTable(of: caller)
      return stage.exhaustible([stage.callersBudget]) { machine in
        let isCall = wait == .callCopies
        return isCall
          ? machine.request(caller, ours, [1], gifts) : machine.send(caller, ours, [1], gifts)
      }
    case .receive:
      stage.fillTable(of: caller)
      return stage.exhaustible([stage.callersBudget]) { $0.receive(caller, ours) }
    case .receiveFault:
      machine.call(
        machine.initial, .bind, UInt64(stage.peer.threadHandle.rawValue), UInt64(endpoint.rawValue))
      machine.fault(stage.peer, .read)
      stage.fillTable(of: caller)
      return stage.exhaustible([stage.callersBudget]) { $0.receive(caller, ours) }
    case .receiveKeepingOff: return keepingOff(stage, ours)
    case .replyAndReceive: return replyAndReceive(stage, endpoint, ours)
    }
  }

  private static func keepingOff(_ stage: Stage, _ endpoint: Handle) -> Exhaustible {
    let (machine, caller) = (stage.machine, stage.caller)
    stage.fillTable(of: caller, but: 1)
    let table = machine.kernel.objects[caller.process].table
    let named = machine.kernel.objects[table.free.first].index
    _ = machine.write(Transfers(accepts: [named]), for: caller)
    var result = stage.exhaustible([stage.callersBudget]) { machine in
      machine.invoke(
        caller, word: CallWord(.receive, hasTransfers: true), UInt64(endpoint.rawValue),
        Deadline.never, Actor.scratch)
    }
    func keeps(_ machine: TestMachine, _ outcome: Outcome) -> Bool {
      let spare = machine.kernel.objects[caller.thread].spare
      return outcome.isBlocked && machine.kernel.objects[spare].index != named
    }
    result.isDone = keeps
    result.modesty = { _, outcome in
      guard outcome.isBlocked else { return nil }
      return MessageExhaustionTests.modesty(inRecordOf: caller, accepts: UInt64(named))
    }
    return result
  }

  /// The caller owes two answers, the older one by a right that is a slot like any other. It
  /// answers that one with four capabilities, and four come with the next message: nine chunks, if
  /// the tables of both have no room.
  private static func replyAndReceive(
    _ stage: Stage, _ endpoint: Handle, _ ours: Handle
  ) -> Exhaustible {
    let (machine, caller, client) = (stage.machine, stage.caller, stage.peer)
    let accepts = MessageExhaustionTests.Acceptance.named
    let theirs = machine.give(endpoint, to: client)
    let others = (0..<2).map { _ in machine.spawn() }
    machine.request(client, theirs, [], Transfers(accepts: accepts.slots))
    let right = machine.receive(caller, ours).result.reply
    machine.request(others[0], machine.give(endpoint, to: others[0]), [])
    machine.receive(caller, ours)
    machine.request(
      others[1], machine.give(endpoint, to: others[1]), [1],
      MessageExhaustionTests.gifts(for: others[1], machine))
    var record = MessageExhaustionTests.gifts(for: caller, machine)
    record.accepts = accepts.slots
    _ = machine.write(record, for: caller)
    stage.fillTable(of: caller)
    stage.fillTable(of: client)
    var result = stage.exhaustible([stage.callersBudget, stage.peersBudget]) { machine in
      machine.invoke(
        caller, word: CallWord(.replyAndReceive, wordCount: 1, hasTransfers: true, reply: right),
        UInt64(ours.rawValue), Deadline.never, Actor.scratch, words: [3])
    }
    result.isDone = { machine, outcome in
      outcome.status == .ok && outcome.capabilities.count == 4
        && machine.outcome(client).capabilities.count == 4
    }
    result.modesty = { machine, outcome in
      guard outcome.status == .ok else { return nil }
      var parts: [Exhaustible.Modesty] = []
      if outcome.capabilities.isEmpty {
        parts.append(MessageExhaustionTests.modesty(inRecordOf: caller, accepts: accepts.bits))
      }
      if machine.outcome(client).capabilities.isEmpty {
        parts.append(MessageExhaustionTests.modesty(of: client.thread, accepts: accepts.bits))
      }
      return Exhaustible.Modesty(
        begin: { machine in for part in parts { part.begin(machine) } },
        end: { machine in for part in parts { part.end(machine) } })
    }
    return result
  }

  @Test(arguments: Wait.allCases)
  func `RES_001 D1 whoCannotWaitIsTold`(wait: Wait) {
    var sweep = ExhaustionSweep("\(wait)", Self.prepare(wait))
    sweep.run()
  }

  /// What is moved stays in its slot until somebody takes it.
  @Test func `RES_001 movedCapabilitiesNeedNoRoomToWait`() {
    let stage = Stage()
    let (machine, caller) = (stage.machine, stage.caller)
    let endpoint = machine.give(machine.makeEndpoint(), to: caller)
    var gifts = MessageExhaustionTests.gifts(for: caller, machine, isMove: true)
    _ = machine.write(gifts, for: caller)
    stage.fillTable(of: caller)
    let before = machine.kernel.frames.freeCount
    let reserve = Pressure.frames.apply(to: machine, leaving: 0)

    // One copy does.
    gifts.attached[0].isMove = false
    #expect(machine.send(caller, endpoint, [1], gifts).status == .noMemory)
    gifts.attached[0].isMove = true
    #expect(machine.send(caller, endpoint, [1], gifts).isBlocked)

    reserve?.lift(from: machine)
    #expect(machine.kernel.frames.freeCount == before)
    #expect(machine.findings == [])
  }
}
