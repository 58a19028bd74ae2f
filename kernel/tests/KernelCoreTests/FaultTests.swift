import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// Faults: told to a handler, or the end of the process.
@Suite struct FaultTests {
  struct Rig {
    let machine = TestMachine()
    let actor: Actor
    let endpoint: Handle

    /// - Parameter badge: Of the capability that the handler is bound by.
    init(badge: UInt64 = 21, isHandled: Bool = true) {
      actor = machine.spawn()
      endpoint = machine.makeEndpoint()
      guard isHandled else { return }
      let badged = machine.copy(
        machine.initial, endpoint, rights: .all, badge: badge
      ).handle
      machine.call(
        machine.initial, .bind, UInt64(actor.threadHandle.rawValue), UInt64(badged.rawValue))
    }
  }

  @Test(arguments: [FaultKind.read, .write, .execute, .illegalInstruction, .other], [true, false])
  func `FLT_001 FLT_010 handlerIsToldEverything`(kind: FaultKind, isHandlerFirst: Bool) {
    let rig = Rig()
    let machine = rig.machine
    let handler = machine.spawn()
    let handling = machine.give(rig.endpoint, to: handler)
    if isHandlerFirst { machine.receive(handler, handling) }
    machine.fault(rig.actor, kind, at: 0xffff_8000_1234_5678)
    if !isHandlerFirst { machine.receive(handler, handling) }

    let message = machine.outcome(handler)
    #expect(message.result.kind == .fault)
    #expect(message.value == 21)
    #expect(
      message.message
        == [UInt64(kind.rawValue), 0xffff_8000_1234_5678, 0x10_0000, 77, 0x20_0000])
    #expect(machine.findings == [])
  }

  @Test func `FLT_005 resumedThreadRunsOn`() {
    let rig = Rig()
    let machine = rig.machine
    machine.touch(rig.actor, 0x80_0000)
    let right = machine.receive(machine.initial, rig.endpoint).result.reply
    machine.map(
      machine.initial, machine.makeMemory(pages: 1), process: rig.actor.processHandle,
      at: 0x80_0000)

    #expect(machine.reply(machine.initial, right, [FaultAnswer.resume.rawValue]).status == .ok)

    #expect(machine.canAct(rig.actor))
    #expect(machine.peek(rig.actor, 0x80_0000) == .done(0))
    #expect(machine.findings == [])
  }

  @Test(arguments: [[1], [], [2], [.max]] as [[UInt64]])
  func `FLT_006 killedThreadEndsAndIsTold`(answer: [UInt64]) {
    let rig = Rig()
    let machine = rig.machine
    let watcher = machine.makeNotification()
    machine.call(
      machine.initial, .bind, UInt64(rig.actor.threadHandle.rawValue),
      UInt64(watcher.rawValue))
    machine.fault(rig.actor, .write)
    let right = machine.receive(machine.initial, rig.endpoint).result.reply

    #expect(machine.reply(machine.initial, right, answer).status == .ok)

    #expect(machine.wait(machine.initial, watcher, deadline: 0).value == 1)
    let query = machine.query(machine.initial, rig.actor.threadHandle)
    #expect(query?[0] == UInt64(ThreadState.ended.rawValue))
    #expect(query?[1] == ExitValue.faulted | UInt64(FaultKind.write.rawValue))
    #expect(machine.findings == [])
  }

  @Test func `FLT_008 unhandledFaultStopsAndTellsTheSupervisorOnce`() {
    let rig = Rig(isHandled: false)
    let machine = rig.machine
    let other = machine.spawn()
    let sibling = machine.addThread(to: rig.actor)
    let supervisor = machine.makeNotification()
    machine.call(
      machine.initial, .bind, UInt64(rig.actor.processHandle.rawValue),
      UInt64(supervisor.rawValue))

    machine.fault(rig.actor, .execute, at: 0x1234)

    #expect(machine.wait(machine.initial, supervisor, deadline: 0).value == 1)
    #expect(machine.wait(machine.initial, supervisor, deadline: 0).status == .wouldBlock)
    let query = machine.query(machine.initial, rig.actor.processHandle)
    #expect(query?[0] == UInt64(ProcessState.stopped.rawValue))
    #expect(query?[1] == ExitValue.faulted | 3)
    #expect(query?[6] == 0x1234)
    #expect(query?[7] == 0x10_0000)
    #expect(machine.call(other, .clock).status == .ok)
    #expect(machine.state(sibling) != .running)
    #expect(machine.findings == [])
    #expect(machine.destroy(machine.initial, rig.actor.processHandle).status == .ok)
    #expect(machine.findings == [])
  }

  @Test(arguments: 0..<4)
  func unansweredFaultStopsWhenItsHandlerGoes(way: Int) {
    let rig = Rig()
    let machine = rig.machine
    machine.fault(rig.actor, .read)
    let right =
      way < 2 ? machine.receive(machine.initial, rig.endpoint).result.reply : Handle.none
    switch way {
    case 0: machine.delete(machine.initial, right)
    case 1: machine.destroy(machine.initial, rig.actor.threadHandle)
    case 2: machine.revoke(machine.initial, rig.endpoint)
    default: machine.destroy(machine.initial, rig.endpoint)
    }

    #expect(machine.findings == [])
    let state = machine.query(machine.initial, rig.actor.processHandle)?[0]
    #expect(state == UInt64(ProcessState.ended.rawValue))
    #expect(machine.findings == [])
  }

  /// A sibling of higher priority that wakes in the middle of the end runs no more.
  @Test func endedProcessRunsNothingMore() {
    let rig = Rig(isHandled: false)
    let machine = rig.machine
    let sibling = machine.addThread(to: rig.actor)
    let notification = machine.makeNotification()
    let waiting = machine.give(notification, to: rig.actor)
    machine.wait(sibling, waiting, deadline: machine.now + 10)
    for _ in 0..<300 { _ = machine.give(notification, to: rig.actor) }
    machine.kernel.platform.advance(to: machine.now + 20)
    var ran = false
    machine.betweenBatches = { machine in
      machine.takeInterrupts()
      let current = machine.kernel.current
      if !current.isNone, machine.kernel.objects[current].process == rig.actor.process {
        ran = true
      }
    }

    machine.fault(rig.actor, .read)

    #expect(!ran)
    machine.betweenBatches = nil
    #expect(machine.findings == [])
  }
}
