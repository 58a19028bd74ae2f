import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// No frame is free, and every budget is spent: what takes nothing works as ever, so that those who
/// have too much can give it back.
@Suite struct SpentMachineTests {
  private static let recordByteCount = UInt64(SimulatedRegisters.recordWordCount) * 8

  /// A stage on which nothing is left, and what the caller has.
  private final class Rig {
    let stage = Stage()
    let ours, theirs, waiting, thread, process, memory, interrupt, machineHandle: Handle
    private(set) var right = Handle.none
    private var reserves: [Pressure.Reserve] = []
    static let page: UInt64 = 0x50_0000

    var machine: TestMachine { stage.machine }
    var caller: Actor { stage.caller }
    var peer: Actor { stage.peer }

    init() {
      let (machine, caller, peer) = (stage.machine, stage.caller, stage.peer)
      let device = UInt64(TestMachine.machineHandle.rawValue)
      let endpoint = machine.makeEndpoint()
      ours = machine.give(endpoint, to: caller)
      theirs = machine.give(endpoint, to: peer)
      waiting = machine.give(machine.makeNotification(), to: caller)
      thread = machine.give(machine.addThread(to: peer).threadHandle, to: caller)
      process = machine.give(peer.processHandle, to: caller)
      memory = machine.give(machine.makeMemory(pages: 1), to: caller)
      interrupt = machine.make(.interrupt, [device, 3])
      machine.call(machine.initial, .bind, UInt64(interrupt.rawValue), UInt64(waiting.rawValue))
      machineHandle = machine.give(TestMachine.machineHandle, to: caller)
      machine.map(caller, memory, at: Self.page)
      // So that both have a spare.
      machine.request(peer, theirs, [], lending: [.init(base: Actor.scratch, byteCount: 64)])
      right = machine.receive(caller, ours).result.reply
      machine.receive(machine.addThread(to: peer), theirs, deadline: machine.now + 1)
      machine.advance(to: machine.now + 2)
    }

    /// Uses up all that is left, of everything. But for the budget that is going to be ended: what
    /// the test takes of it by hand nobody could end.
    func spend() {
      let victim = machine.object(of: stage.victims.budget, in: caller).narrowed(to: Budget.self)
      for budget in Census(machine.kernel).budgets where budget != victim {
        for pressure in [Pressure.memory(budget), .objects(budget)] {
          if let reserve = pressure.apply(to: machine, leaving: 0) { reserves.append(reserve) }
        }
      }
      if let reserve = Pressure.frames.apply(to: machine, leaving: 0) { reserves.append(reserve) }
    }

    func giveBack() {
      for reserve in reserves.reversed() { reserve.lift(from: machine) }
      reserves = []
    }

    func call(
      _ number: SyscallNumber, _ a0: Handle, _ a1: UInt64 = 0, _ a2: UInt64 = 0,
      _ words: [UInt64] = []
    ) -> Outcome { machine.call(caller, number, UInt64(a0.rawValue), a1, a2, words) }
  }

  @Test func `RES_001 D1 whatTakesNothingWorksWhenNothingIsLeft`() {
    let rig = Rig()
    let (machine, caller) = (rig.machine, rig.caller)
    rig.spend()
    var outcomes: [(String, Outcome)] = []
    func note(_ name: String, _ outcome: Outcome) { outcomes.append((name, outcome)) }

    note("signal", machine.signal(caller, rig.waiting))
    note("wait", machine.wait(caller, rig.waiting, deadline: Deadline.poll))
    note("inspect", rig.call(.inspect, rig.ours))
    for subject in [QuerySubject.object, .capabilities, .threads] {
      note("query \(subject)", rig.call(.query, rig.process, subject.rawValue))
    }
    note("query processes", rig.call(.query, rig.machineHandle, QuerySubject.processes.rawValue))
    note("setPriority", rig.call(.setPriority, rig.thread, 3))
    note("suspend", rig.call(.suspend, rig.thread))
    note("readRegisters", rig.call(.readRegisters, rig.thread, Actor.scratch, Self.recordByteCount))
    note(
      "writeRegisters",
      rig.call(.writeRegisters, rig.thread, Actor.scratch, Self.recordByteCount))
    note("resume", rig.call(.resume, rig.thread))
    note("protect", machine.protect(caller, at: Rig.page, rights: .read))
    note("unmap", machine.unmap(caller, at: Rig.page))
    note("clock", rig.call(.clock, .none))
    note("yield", rig.call(.yield, .none))
    note("unbind", rig.call(.bind, rig.waiting))
    note("access", rig.call(.access, rig.right, 0, Actor.scratch + 512, [0, 64, 0]))
    note("reply", machine.reply(caller, rig.right, [1]))
    for failure in rig.stage.victims.end(by: caller, machine) { Issue.record("\(failure)") }
    note("destroy a process", machine.destroy(caller, rig.process))

    for (name, outcome) in outcomes where name != "unbind" {
      #expect(outcome.status == .ok, "\(name): \(outcome)")
    }
    rig.giveBack()
    #expect(machine.findings == [])
  }

  /// Round trips between two threads that have their spares, with a capability that is moved to and
  /// fro, leave a spent machine as it is.
  @Test func `RES_001 D1 callsAndAnswersTakeNothing`() {
    let rig = Rig()
    let (machine, caller, peer) = (rig.machine, rig.caller, rig.peer)
    machine.reply(caller, rig.right)
    machine.receive(caller, rig.ours)
    rig.spend()
    let before = machine.usage
    for round in 0..<5 as Range<UInt64> {
      machine.request(peer, rig.theirs, [round], .init(accepts: [0xffff]))
      let call = machine.outcome(caller)
      #expect(call.message == [round])
      machine.replyAndReceive(
        caller, call.result.reply, rig.ours, [round], .copy(rig.waiting))
      let answer = machine.outcome(peer)
      #expect(answer.message == [round] && answer.capabilities.count == 1, "\(answer)")
      machine.delete(peer, answer.capabilities.first ?? .none)
    }
    #expect(machine.usage == before)
    rig.giveBack()
    #expect(machine.findings == [])
  }

  @Test func `RES_001 D1 aSpentProcessExits`() {
    let rig = Rig()
    rig.spend()
    #expect(rig.machine.call(rig.caller, .exit).isGone)
    rig.giveBack()
    #expect(rig.machine.findings == [])
  }
}
