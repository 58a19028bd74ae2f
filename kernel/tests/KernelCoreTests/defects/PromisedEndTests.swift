import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// Who ends something waits for nobody less urgent: not for what the end is about, nor for what it
/// gives back. A thread of priority 50 computes all the time.
@Suite struct PromisedEndTests {
  private static func busyMachine() -> TestMachine {
    let machine = TestMachine(frames: 4096)
    _ = machine.spawn(priority: 50)
    return machine
  }

  /// As many small things as a driver may have.
  private static func fill(_ machine: TestMachine, _ actor: Actor, _ budget: Handle) {
    for _ in 0..<60 { _ = machine.make(.endpoint, by: actor, budget: budget) }
  }

  /// "Whoever granted memory gets it back by `revoke`" (memory.md). The client derived a part.
  @Test(arguments: [0, 1, 100])
  func `RES_503 grantedMemoryComesBackByRevoke`(parts: Int) {
    let machine = Self.busyMachine()
    let initial = machine.initial
    let own = machine.make(.budget, [200 * 4096, 50])
    let server = machine.spawn(priority: 90)
    let paying = machine.give(own, to: server)
    let budget = machine.make(.budget, [60 * 4096, 160])
    let client = machine.spawn(priority: 10, budget: budget)
    let granted = machine.make(.memory, [150 * 4096], by: server, budget: paying)
    let name = machine.give(client.processHandle, to: server)
    let theirs = machine.copy(server, granted, to: name, rights: .all).handle
    for _ in 0..<parts {
      let part = machine.call(
        client, .derive, UInt64(theirs.rawValue), 0, 0xffff, [4096, UInt64(Rights.all.bits)])
      #expect(part.status == .ok)
    }
    machine.call(initial, .suspend, UInt64(TestMachine.threadHandle.rawValue))

    #expect(machine.revoke(server, granted).status == .ok)
    #expect(machine.delete(server, granted).status == .ok)

    let again = machine.call(
      server, .create, UInt64(paying.rawValue), UInt64(ObjectType.memory.rawValue), 0xffff,
      [150 * 4096])
    #expect(again.status == .ok, "\(again), ends at \(machine.priorityOfEnds)")
    #expect(machine.findings(ignoringPriorities: true) == [])
  }

  /// "Its memory returns; signalled when nothing is left to give back" (destroy.md).
  @Test func `RES_503 destroyedProcessGivesItsMemoryBack`() {
    let machine = Self.busyMachine()
    let initial = machine.initial
    let budget = machine.make(.budget, [200 * 4096, 160])
    let victim = machine.spawn(priority: 10, budget: budget)
    let theirs = machine.give(budget, to: victim)
    Self.fill(machine, victim, theirs)
    _ = machine.make(.memory, [150 * 4096], by: victim, budget: theirs)
    let seen = machine.makeNotification()
    machine.call(initial, .bind, UInt64(victim.processHandle.rawValue), UInt64(seen.rawValue))

    #expect(machine.destroy(initial, victim.processHandle).status == .ok)

    #expect(machine.wait(initial, seen, deadline: Deadline.poll).value == 1)
    let again = machine.call(
      initial, .create, UInt64(budget.rawValue), UInt64(ObjectType.memory.rawValue), 0xffff,
      [150 * 4096])
    #expect(again.status == .ok, "\(again), ends at \(machine.priorityOfEnds)")
  }

  /// The line of a driver that was destroyed can be claimed by the next.
  @Test func `RES_503 destroyedDriverGivesItsLineBack`() {
    let machine = Self.busyMachine()
    let initial = machine.initial
    let budget = machine.make(.budget, [200 * 4096, 160])
    let victim = machine.spawn(priority: 10, budget: budget)
    let theirs = machine.give(budget, to: victim)
    Self.fill(machine, victim, theirs)
    let all = machine.give(TestMachine.machineHandle, to: victim)
    _ = machine.make(.interrupt, [UInt64(all.rawValue), 3], by: victim, budget: theirs)
    let seen = machine.makeNotification()
    machine.call(initial, .bind, UInt64(victim.processHandle.rawValue), UInt64(seen.rawValue))

    machine.destroy(initial, victim.processHandle)

    #expect(machine.wait(initial, seen, deadline: Deadline.poll).value == 1)
    let again = machine.call(
      initial, .create, UInt64(TestMachine.budgetHandle.rawValue),
      UInt64(ObjectType.interrupt.rawValue), 0xffff,
      [UInt64(TestMachine.machineHandle.rawValue), 3])
    #expect(again.status == .ok, "\(again), ends at \(machine.priorityOfEnds)")
  }

  /// "The end of one wakes ... senders to endpoints that only it could receive from" (process.md).
  @Test(arguments: [10, 100] as [UInt8])
  func `RES_503 callersOfADestroyedProcessAreWoken`(priority: UInt8) {
    let machine = Self.busyMachine()
    let initial = machine.initial
    let budget = machine.make(.budget, [200 * 4096, 160])
    let victim = machine.spawn(priority: priority, budget: budget)
    let caller = machine.spawn(priority: 90)
    let theirs = machine.give(budget, to: victim)
    Self.fill(machine, victim, theirs)
    let endpoint = machine.make(.endpoint, by: victim, budget: theirs)
    let name = machine.give(caller.processHandle, to: victim)
    let calling = machine.copy(
      victim, endpoint, to: name, rights: .write.union(.call)).handle
    machine.request(caller, calling, [1])
    #expect(machine.outcome(caller) == .blocked)
    let seen = machine.makeNotification()
    machine.call(initial, .bind, UInt64(victim.processHandle.rawValue), UInt64(seen.rawValue))

    machine.destroy(initial, victim.processHandle)
    machine.wait(initial, seen)
    machine.wait(initial, seen)

    // Init sleeps now; only the thread of priority 50 and perhaps the caller can run.
    #expect(
      machine.outcome(caller).status == .peerGone,
      "\(machine.outcome(caller)), ends at \(machine.priorityOfEnds)")
  }

  /// Who destroys the last thread of a process waits for the process's end.
  @Test func `RES_503 processOfADestroyedThreadEnds`() {
    let machine = Self.busyMachine()
    let initial = machine.initial
    let budget = machine.make(.budget, [200 * 4096, 160])
    let victim = machine.spawn(priority: 10, budget: budget)
    Self.fill(machine, victim, machine.give(budget, to: victim))
    let seen = machine.makeNotification()
    machine.call(initial, .bind, UInt64(victim.processHandle.rawValue), UInt64(seen.rawValue))

    machine.destroy(initial, victim.threadHandle)

    let heard = machine.wait(initial, seen, deadline: Deadline.poll)
    #expect(heard.status == .ok, "\(heard), ends at \(machine.priorityOfEnds)")
  }

  /// A thread of priority 0 that never ran holds up what a budget pays for, for good.
  @Test func `RES_503 oneThreadOfPriorityZeroDoesNotSlowItsBudgetForEver`() {
    let machine = Self.busyMachine()
    let initial = machine.initial
    let server = machine.spawn(priority: 90)
    let client = machine.spawn(priority: 10)
    let root = machine.give(TestMachine.budgetHandle, to: server)
    let own = machine.make(.budget, [8 * 4096, 4], by: server, budget: root)
    let name = machine.give(client.processHandle, to: server)
    let lent = machine.copy(server, own, to: name, rights: .write).handle
    let self_ = machine.give(client.processHandle, to: client)
    let thread = machine.make(.thread, [UInt64(self_.rawValue), 0], by: client, budget: lent)
    machine.delete(client, thread)
    machine.revoke(server, own)
    machine.call(initial, .suspend, UInt64(TestMachine.threadHandle.rawValue))

    var refused: [SyscallStatus: Int] = [:]
    for _ in 0..<20 {
      let made = machine.call(
        server, .create, UInt64(own.rawValue), UInt64(ObjectType.endpoint.rawValue), 0xffff)
      if made.status == .ok {
        machine.delete(server, made.handle)
      } else if let status = made.status {
        refused[status, default: 0] += 1
      }
    }
    #expect(refused == [:], "ends at \(machine.priorityOfEnds)")
  }

  /// A handler of priority 100 answers a fault: the thread is to end.
  @Test func `RES_503 whoIsKilledByItsFaultHandlerEnds`() {
    let machine = TestMachine(frames: 4096)
    _ = machine.spawn(priority: 50)
    let initial = machine.initial
    let budget = machine.make(.budget, [200 * 4096, 160])
    let victim = machine.spawn(priority: 10, budget: budget)
    let endpoint = machine.makeEndpoint()
    let seen = machine.makeNotification()
    machine.call(initial, .bind, UInt64(victim.threadHandle.rawValue), UInt64(endpoint.rawValue))
    machine.call(initial, .bind, UInt64(victim.threadHandle.rawValue), UInt64(seen.rawValue))
    machine.fault(victim, .illegalInstruction)
    let fault = machine.receive(initial, endpoint)
    #expect(fault.result.kind == .fault)

    machine.reply(initial, fault.result.reply)

    let heard = machine.wait(initial, seen, deadline: Deadline.poll)
    #expect(heard.status == .ok, "\(heard), ends at \(machine.priorityOfEnds)")
  }

  /// The parts' end was begun by a client of priority 10, and nobody can name them any more.
  @Test(arguments: [1, 100])
  func `RES_503 grantedMemoryComesBackAlthoughItsPartsEndAlready`(parts: Int) {
    let machine = TestMachine(frames: 4096)
    _ = machine.spawn(priority: 50)
    let initial = machine.initial
    let own = machine.make(.budget, [200 * 4096, 50])
    let server = machine.spawn(priority: 90)
    let paying = machine.give(own, to: server)
    let client = machine.spawn(priority: 10)
    let granted = machine.make(.memory, [150 * 4096], by: server, budget: paying)
    let name = machine.give(client.processHandle, to: server)
    let theirs = machine.copy(server, granted, to: name, rights: .all).handle
    let handles = (0..<parts).map { _ in
      machine.call(
        client, .derive, UInt64(theirs.rawValue), 0, 0xffff, [4096, UInt64(Rights.all.bits)]
      ).handle
    }
    machine.call(initial, .suspend, UInt64(TestMachine.threadHandle.rawValue))
    machine.holdingWork { for handle in handles { machine.delete(client, handle) } }
    #expect(machine.priorityOfEnds == 10)

    machine.revoke(server, granted)
    machine.delete(server, granted)

    let again = machine.call(
      server, .create, UInt64(paying.rawValue), UInt64(ObjectType.memory.rawValue), 0xffff,
      [150 * 4096])
    #expect(again.status == .ok, "\(again), ends at \(machine.priorityOfEnds)")
  }

  /// A batch that an urgent thread is owed goes on with the ends of anybody else.
  @Test func `RES_503 urgentDeletesDoNotPayForSomebodyElsesEnd`() {
    let machine = TestMachine(frames: 4096)
    _ = machine.spawn(priority: 50)
    let initial = machine.initial
    let server = machine.spawn(priority: 90)
    let low = machine.spawn(priority: 10)
    let budget = machine.give(TestMachine.budgetHandle, to: server)
    let process = machine.make(.process)
    let memory = machine.makeMemory(pages: 1000)
    machine.map(initial, memory, process: process, at: 1 << 30, byteCount: 1000 * 4096)
    let theirs = machine.move(initial, process, to: low.processHandle).handle
    machine.call(initial, .suspend, UInt64(TestMachine.threadHandle.rawValue))
    machine.holdingWork { machine.destroy(low, theirs) }
    #expect(machine.priorityOfEnds == 10)
    let before = machine.counts.pages

    for _ in 0..<10 {
      let made = machine.make(.endpoint, by: server, budget: budget)
      machine.delete(server, made)
    }

    #expect(machine.counts.pages == before, "\(before) before, \(machine.counts.pages) after")
  }
}
