import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// What ends is as urgent as the most urgent of those who want it ended, and no more.
@Suite struct EndUrgencyTests {
  typealias Transfers = TestMachine.Transfers

  /// A machine on which a thread of priority 50 is ready and never gives way.
  private static func busyMachine() -> TestMachine {
    let machine = TestMachine(frames: 2048)
    _ = machine.spawn(priority: 50)
    return machine
  }

  // MARK: More urgent than before

  @Test func `RES_503 destroyingAProcessAgainHurriesItsEnd`() {
    let machine = Self.busyMachine()
    let low = machine.spawn(priority: 10)
    let victim = machine.spawn(priority: 10)
    let seen = machine.makeNotification()
    machine.call(
      machine.initial, .bind, UInt64(victim.processHandle.rawValue), UInt64(seen.rawValue))
    let theirs = machine.give(victim.processHandle, to: low)
    machine.holdingWork { #expect(machine.destroy(low, theirs).status == .ok) }
    #expect(machine.priorityOfEnds == 10)

    let outcome = machine.destroy(machine.initial, victim.processHandle)

    #expect(outcome.status == .badState)
    #expect(machine.outcome(victim) == .gone)
    #expect(machine.wait(machine.initial, seen, deadline: Deadline.poll).value == 1)
    #expect(!machine.isReaping)
    #expect(machine.findings == [])
  }

  /// Who ends a budget does not wait for those who ended things in it before.
  @Test(arguments: ["endpoint", "process", "thread", "memory", "part", "budget", "itself"])
  func `RES_503 endingABudgetHurriesWhatEndsInIt`(kind: String) {
    let machine = Self.busyMachine()
    let initial = machine.initial
    let before = machine.usage
    let low = machine.spawn(priority: 10)
    let budget = machine.make(.budget, [300 * 4096, 300])
    func give(_ handle: Handle) -> Handle {
      let theirs = machine.give(handle, to: low)
      machine.delete(initial, handle)
      return theirs
    }
    let middle = machine.usage
    var begin: () -> Void
    switch kind {
    case "endpoint":
      let endpoint = give(machine.make(.endpoint, budget: budget))
      begin = { machine.delete(low, endpoint) }
    case "process", "thread":
      let actor = machine.spawn(priority: 10, budget: budget)
      let handle = kind == "process" ? actor.processHandle : actor.threadHandle
      let theirs = machine.give(handle, to: low)
      begin = { machine.destroy(low, theirs) }
    case "memory":
      let memory = give(machine.make(.memory, [40 * 4096], budget: budget))
      begin = { machine.delete(low, memory) }
    case "part":
      let whole = give(machine.make(.memory, [40 * 4096], budget: budget))
      let part = machine.call(
        low, .derive, UInt64(whole.rawValue), 4096, 0xffff, [8192, UInt64(Rights.all.bits)])
      begin = {
        machine.delete(low, whole)
        machine.delete(low, part.handle)
      }
    case "budget":
      let inner = machine.make(.budget, [20 * 4096, 20], budget: budget)
      _ = machine.make(.endpoint, budget: inner)
      let theirs = give(inner)
      begin = { machine.destroy(low, theirs) }
    default:
      let theirs = machine.give(budget, to: low)
      begin = { machine.destroy(low, theirs) }
    }
    machine.holdingWork(begin)
    #expect(machine.priorityOfEnds == 10)

    machine.destroy(initial, budget)

    #expect(!machine.names(initial, budget))
    // All is back before init goes on, but for what is not of that budget.
    let after = machine.usage
    #expect(after.objects <= middle.objects - 300 + 4, "\(before) \(middle) \(after)")
    #expect(machine.findings == [])
  }

  /// A notification's end wakes its waiters as soon as the more urgent one asks for it.
  @Test func `RES_503 destroyedEndpointIsHurriedByWhoDestroysItAgain`() {
    let machine = Self.busyMachine()
    let low = machine.spawn(priority: 10)
    let waiter = machine.spawn(priority: 10)
    let endpoint = machine.makeEndpoint()
    machine.receive(waiter, machine.give(endpoint, to: waiter))
    machine.holdingWork { machine.destroy(low, machine.give(endpoint, to: low)) }
    #expect(machine.outcome(waiter) == .blocked)

    #expect(machine.destroy(machine.initial, endpoint).status == .badState)

    #expect(machine.outcome(waiter).status == .peerGone)
    #expect(machine.findings == [])
  }

  /// Looked at once more by somebody less urgent, an end stays where it was.
  @Test func `RES_503 nobodyMakesAnEndLessUrgent`() {
    let machine = Self.busyMachine()
    let victim = machine.spawn(priority: 10)
    let low = machine.spawn(priority: 10)
    let theirs = machine.give(victim.processHandle, to: low)
    machine.holdingWork {
      machine.destroy(machine.initial, victim.processHandle)
      #expect(machine.priorityOfEnds == 100)
      machine.destroy(low, theirs)
      #expect(machine.priorityOfEnds == 100)
      #expect(machine.findings(ignoringPriorities: true) == [])
    }
    machine.finishEnding()

    #expect(machine.outcome(victim) == .gone)
  }

  // MARK: Not more urgent than who caused it

  @Test func `RES_503 helpWithARevokeIsTheRevokersDoing`() {
    let machine = Self.busyMachine()
    let low = machine.spawn(priority: 10)
    let whole = machine.give(machine.makeMemory(pages: 4), to: low)
    for _ in 0..<200 {
      let part = machine.call(
        low, .derive, UInt64(whole.rawValue), 0, 0xffff, [4096, UInt64(Rights.all.bits)])
      #expect(part.status == .ok)
    }
    machine.holdingWork { machine.revoke(low, whole) }
    // The first batch was the revoker's own.
    machine.holdingWork {
      let copied = machine.copy(machine.initial, TestMachine.budgetHandle, rights: .all)
      #expect(copied.status == .ok)
      #expect(machine.priorityOfEnds == 10)
      machine.delete(machine.initial, copied.handle)
    }
    machine.finishWork(of: low)
    machine.become(low.thread)
    machine.finishEnding()

    #expect(machine.findings(ignoringPriorities: true) == [])
  }

  /// A wait that is over while nobody runs, or somebody else, ends what it does at the
  /// priority of who waited.
  @Test(arguments: [true, false])
  func `RES_503 timedOutWaitIsTheWaitersDoing`(isIdle: Bool) {
    let machine = TestMachine()
    let sender = machine.spawn(priority: 60)
    let endpoint = machine.give(machine.makeEndpoint(), to: sender)
    let gift = machine.makeNotification()
    let copy = machine.give(gift, to: sender)
    machine.delete(machine.initial, gift)
    let helper = machine.addThread(to: sender, priority: 60)
    machine.send(
      sender, endpoint, [], deadline: machine.now + 50_000,
      Transfers(attached: [(copy, .all, false)]))
    // The message has the last capability now.
    machine.delete(helper, copy)
    if isIdle {
      machine.call(helper, .suspend, UInt64(machine.give(helper.threadHandle, to: helper).rawValue))
      machine.call(machine.initial, .suspend, UInt64(TestMachine.threadHandle.rawValue))
      #expect(machine.running.isNone)
    }

    machine.holdingWork { machine.advance(to: machine.now + 50_000) }

    #expect(machine.priorityOfEnds == 60)
    #expect(machine.outcome(sender).status == .timedOut)
    machine.finishEnding()
    #expect(machine.findings == [])
  }

  // MARK: Nobody else's

  /// A fault that nobody handles is looked at when its process is gone, and another stands
  /// in its place.
  @Test(arguments: [true, false])
  func `RES_503 lateFaultStopsNobodyElse`(keepsThread: Bool) {
    let machine = TestMachine()
    let victim = machine.spawn(priority: 10)
    let place = victim.process
    machine.holdingWork { machine.fault(victim, .illegalInstruction) }
    machine.destroy(machine.initial, victim.processHandle)
    machine.delete(machine.initial, victim.processHandle)
    if !keepsThread { machine.delete(machine.initial, victim.threadHandle) }

    let other = machine.spawn(priority: 10)
    #expect(other.process == place)
    let forever = machine.makeNotification()
    machine.wait(machine.initial, forever)

    #expect(machine.canAct(other))
    #expect(machine.findings == [])
  }

  /// Nobody would hear that a process stopped: it ends.
  @Test(arguments: [true, false])
  func `RES_503 processWhoseSupervisorIsDeafEnds`(isDestroyed: Bool) {
    let machine = TestMachine()
    let victim = machine.spawn()
    let seen = machine.makeNotification()
    machine.call(
      machine.initial, .bind, UInt64(victim.processHandle.rawValue), UInt64(seen.rawValue))
    if isDestroyed { machine.destroy(machine.initial, seen) }

    machine.fault(victim, .illegalInstruction)

    let state = machine.query(machine.initial, victim.processHandle)?[0]
    let expected: ProcessState = isDestroyed ? .ended : .stopped
    #expect(state == UInt64(expected.rawValue))
    #expect(machine.findings == [])
  }
}
