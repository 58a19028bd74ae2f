import KernelHAL
import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// The lives of threads and processes.
@Suite struct ThreadTests {
  private func thread(_ actor: Actor) -> UInt64 { UInt64(actor.threadHandle.rawValue) }

  private func newThread(_ machine: TestMachine, priority: UInt64 = 100) -> Handle {
    machine.make(.thread, [UInt64(TestMachine.processHandle.rawValue), priority])
  }

  @Test func `THR_001 threadStartsWithExactlyItsArguments`() {
    let machine = TestMachine()
    let handle = newThread(machine)

    let started = machine.call(
      machine.initial, .start, UInt64(handle.rawValue), 0x12_3454, 0x7_fff8, [.max])

    #expect(started.status == .ok)
    let thread = machine.object(of: handle, in: machine.initial).narrowed(to: ThreadTag.self)
    let expected = SimulatedRegisters(
      entry: VirtualAddress(0x12_3454), stack: VirtualAddress(0x7_fff8), argument: .max)
    #expect(machine.kernel.objects[thread].registers == expected)
    #expect(machine.findings == [])
  }

  @Test func `THR_002 threadStartsOnce`() {
    let machine = TestMachine()
    let actor = machine.spawn()
    func start() -> SyscallStatus? {
      machine.call(machine.initial, .start, thread(actor), 0x10_0000, 0x20_0000).status
    }

    #expect(start() == .badState)
    let sibling = machine.addThread(to: actor)
    machine.call(sibling, .exit, 3)
    #expect(
      machine.call(machine.initial, .start, thread(sibling), 0x10_0000, 0x20_0000).status
        == .badState)
    #expect(machine.findings == [])
  }

  @Test(arguments: [1, 2, 3, 1 << 38, 1 << 47, 1 << 63, .max, .max - 3] as [UInt64])
  func `VSP_011 badEntriesAreRefused`(entry: UInt64) {
    let machine = TestMachine()
    let actor = machine.spawn()
    let handle = newThread(machine)

    let started = machine.call(
      machine.initial, .start, UInt64(handle.rawValue), entry, 0x20_0000)
    machine.call(machine.initial, .suspend, thread(actor))
    machine.poke(machine.initial, entry, at: Actor.scratch)
    let written = machine.call(
      machine.initial, .writeRegisters, thread(actor), Actor.scratch, 8)

    #expect(started.status == .badArgument)
    #expect(started.value == 1)
    #expect(written.status == .badArgument)
    #expect(machine.kernel.objects[actor.thread].registers.programCounter == 0x10_0000)
    #expect(machine.findings == [])
  }

  @Test(arguments: [0, 7, 1 << 61, .max] as [UInt64])
  func `THR_003 exitWakesTheJoinerOnce`(value: UInt64) {
    let machine = TestMachine()
    let actor = machine.spawn()
    _ = machine.addThread(to: actor)
    let watcher = machine.makeNotification()
    machine.call(machine.initial, .bind, thread(actor), UInt64(watcher.rawValue))
    let joiner = machine.spawn()
    machine.wait(joiner, machine.give(watcher, to: joiner))

    #expect(machine.call(actor, .exit, value) == .gone)

    #expect(machine.outcome(joiner).value == 1)
    let query = machine.query(machine.initial, actor.threadHandle)
    #expect(query?[0] == UInt64(ThreadState.ended.rawValue))
    #expect(query?[1] == value & ~(ExitValue.killed | ExitValue.faulted))
    let before = machine.kernel.objects.shared.count(of: .thread)
    machine.delete(machine.initial, actor.threadHandle)
    #expect(machine.kernel.objects.shared.count(of: .thread) == before - 1)
    #expect(machine.findings == [])
  }

  @Test(arguments: 0..<6)
  func `THR_004 THR_005 killedThreadIsInNoQueue`(way: Int) {
    let machine = TestMachine()
    let actor = machine.spawn()
    _ = machine.addThread(to: actor)
    let endpoint = machine.makeEndpoint()
    let handle = machine.give(endpoint, to: actor)
    let notification = machine.give(machine.makeNotification(), to: actor)
    switch way {
    case 0: break
    case 1: machine.receive(actor, handle)
    case 2:
      machine.request(actor, handle)
      machine.receive(machine.initial, endpoint)
    case 3: machine.wait(actor, notification, deadline: machine.now + 100)
    case 4: machine.send(actor, handle, [], .move(notification))
    default:
      let own = machine.give(actor.threadHandle, to: actor)
      #expect(machine.destroy(actor, own) == .gone)
      #expect(machine.findings == [])
      return
    }

    #expect(machine.destroy(machine.initial, actor.threadHandle).status == .ok)

    #expect(machine.state(actor) == .ended)
    #expect(machine.destroy(machine.initial, actor.threadHandle).status == .badState)
    #expect(machine.findings == [])
    machine.advance(to: machine.now + 200)
    #expect(machine.findings == [])
  }

  @Test func `THR_006 THR_009 suspendAndResume`() {
    let machine = TestMachine()
    let actor = machine.spawn()

    #expect(machine.call(machine.initial, .resume, thread(actor)).status == .badState)
    #expect(machine.call(machine.initial, .suspend, thread(actor)).status == .ok)
    #expect(machine.call(machine.initial, .suspend, thread(actor)).status == .badState)
    #expect(!machine.canAct(actor))
    for _ in 0..<4 { machine.call(machine.initial, .yield) }
    #expect(machine.kernel.objects[actor.thread].cpuTime == 0)
    #expect(machine.findings == [])
    #expect(machine.call(machine.initial, .resume, thread(actor)).status == .ok)
    #expect(machine.canAct(actor))
    #expect(machine.findings == [])
  }

  @Test func `THR_006 endedThreadIsNotResumed`() {
    let machine = TestMachine()
    let actor = machine.spawn()
    machine.call(machine.initial, .suspend, thread(actor))
    machine.destroy(machine.initial, actor.threadHandle)

    #expect(machine.call(machine.initial, .resume, thread(actor)).status == .badState)
    #expect(machine.findings == [])
  }

  @Test func `THR_008 selfSuspendedThreadGoesOn`() {
    let machine = TestMachine()
    let actor = machine.spawn()
    let own = machine.give(actor.threadHandle, to: actor)

    machine.call(actor, .suspend, UInt64(own.rawValue))
    #expect(!machine.canAct(actor))
    #expect(machine.findings == [])
    machine.call(machine.initial, .resume, thread(actor))

    #expect(machine.outcome(actor).status == .ok)
    #expect(machine.call(actor, .clock).status == .ok)
  }

  @Test func `THR_011 eventOfASuspendedWaiterIsKept`() {
    let machine = TestMachine()
    let actor = machine.spawn()
    let notification = machine.makeNotification()
    machine.wait(actor, machine.give(notification, to: actor))
    machine.call(machine.initial, .suspend, thread(actor))

    machine.signal(machine.initial, notification)
    machine.call(machine.initial, .resume, thread(actor))

    #expect(machine.outcome(actor).value == 1)
    #expect(machine.findings == [])
  }

  @Test func `THR_012 registersReadBackOfAStoppedThread`() {
    let machine = TestMachine()
    let actor = machine.spawn()
    let bytes = UInt64(SimulatedRegisters.recordWordCount) * 8
    #expect(
      machine.call(
        machine.initial, .readRegisters, thread(actor), Actor.scratch, bytes
      ).status == .badState)
    machine.call(machine.initial, .suspend, thread(actor))
    for index in 0..<UInt64(SimulatedRegisters.recordWordCount) {
      machine.poke(
        machine.initial, 0x1000 + index * 4, at: Actor.scratch + index * 8)
    }

    let written = machine.call(
      machine.initial, .writeRegisters, thread(actor), Actor.scratch, bytes)
    let read = machine.call(
      machine.initial, .readRegisters, thread(actor), Actor.scratch + 1024, bytes)

    #expect(written.value == bytes)
    #expect(read.value == bytes)
    for index in 0..<UInt64(SimulatedRegisters.recordWordCount) where index != 2 {
      #expect(
        machine.peek(machine.initial, Actor.scratch + 1024 + index * 8)
          == .done(0x1000 + index * 4))
    }
    #expect(machine.kernel.objects[actor.thread].registers.flags & 3 == 3)
    #expect(machine.findings == [])
  }

  @Test func `THR_014 lastThreadEndsTheProcess`() {
    let machine = TestMachine()
    let actor = machine.spawn()
    let endpoint = machine.makeEndpoint()
    _ = machine.give(endpoint, to: actor)
    let client = machine.spawn()
    let calling = machine.give(endpoint, to: client, rights: .all.subtracting(.read))
    machine.delete(machine.initial, endpoint)

    machine.call(actor, .exit, 9)

    #expect(machine.request(client, calling).status == .peerGone)
    let query = machine.query(machine.initial, actor.processHandle)
    #expect(query?.prefix(3) == [UInt64(ProcessState.ended.rawValue), 9, 0])
    #expect(query?[5] == 0)
    #expect(machine.findings == [])
  }
}
