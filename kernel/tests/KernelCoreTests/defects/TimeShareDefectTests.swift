import MnosABI
import Testing

@testable import KernelCore

/// Ways to have more of the CPU's time than one's share by making, ending and lending budgets that
/// were found once.
@Suite struct TimeShareDefectTests {
  private let machine = TestMachine()

  /// A thread that is being ended is the current one still when its share is spent: its timer must
  /// not be armed, for nobody would stop it.
  @Test func aThreadThatEndsIsNotThrottled() {
    let budget = machine.makeBudget(share: 1_000)
    let thread = machine.spawn(budget: budget)
    let own = machine.give(budget, to: thread)
    // So that its end takes more than a batch.
    for _ in 0..<80 { _ = machine.give(thread.threadHandle, to: thread) }
    machine.parkInit()
    machine.holdingWork {
      machine.destroy(thread, own)
      var isEnded = false
      while machine.kernel.isReaping, !isEnded {
        machine.kernel.enter(cpu: 0)
        if machine.kernel.hasWork { machine.kernel.runBatch() }
        isEnded = machine.isAlive(thread.thread) && machine.state(thread) == .ended
      }
      #expect(isEnded)
      // Between a batch and `leave`, as the machine takes interrupts.
      machine.kernel.platform.advance(to: machine.now + 2_000_000)
      machine.kernel.timerFired()
      if machine.isAlive(thread.thread) {
        #expect(!machine.kernel.objects[thread.thread].timer.isArmed)
      }
      machine.kernel.leave()
    }
    machine.advance(to: machine.now + 10 * TestMachine.sharePeriod)
    #expect(machine.findings == [])
  }

  /// A share is not had anew by making the budget anew.
  @Test(arguments: [1_000, 5_000, 20_000] as [UInt64])
  func aBudgetMadeAnewHasNoNewShare(childPeriod: UInt64) {
    let budget = machine.makeBudget(share: 2_000)
    let manager = machine.spawn(priority: 90, budget: budget)
    let own = machine.give(budget, to: manager)
    let process = machine.give(manager.processHandle, to: manager)
    let alarm = machine.give(machine.makeNotification(), to: manager)
    let other = machine.spawn(priority: 10)
    machine.parkInit()
    var child: Handle?
    _ = machine.turns(overPeriods: 20) { thread in
      guard thread == manager.thread else { return }
      if let budget = child { machine.destroy(manager, budget) }
      child = nil
      // Nine tenths of it for the child.
      let made = machine.createBudget(manager, own, share: childPeriod * 9 / 100, childPeriod)
      if made.status == .ok {
        child = made.handle
        let spinner = machine.call(
          manager, .create, UInt64(made.handle.rawValue), UInt64(ObjectType.thread.rawValue),
          0xffff, [UInt64(process.rawValue), 80])
        machine.call(manager, .start, UInt64(spinner.handle.rawValue), 0x10_0000, 0x20_0000)
      }
      // As long as the child can spend it at a stretch, and a little.
      machine.wait(manager, alarm, deadline: machine.now + childPeriod * 90 + 150_000)
    }
    // A tenth, and a step more for each time that somebody is looked at. Who only makes calls takes
    // no time here.
    let isActive = machine.running != other.thread
    let used = machine.kernel.objects[manager.process].cpuTime &+ (isActive ? machine.now : 0)
    #expect(used <= 20 * TestMachine.sharePeriod / 5, "\(used) ns")
    #expect(machine.findings == [])
  }

  /// Who spends a share with others cannot give it away.
  @Test func onlyTheHolderOfAShareGivesOfIt() {
    let parent = machine.makeBudget(share: 4_000)
    let inner = machine.make(.budget, [20 * 4096, 20], budget: parent)
    #expect(machine.createBudget(machine.initial, inner, share: 100, 20_000).status == .unavailable)
    #expect(machine.createBudget(machine.initial, parent, share: 100, 20_000).status == .ok)
    // Below the budget of everything there is nobody to take it from.
    let plain = machine.make(.budget, [30 * 4096, 30])
    #expect(machine.createBudget(machine.initial, plain, share: 100, 20_000).status == .ok)
    #expect(machine.findings == [])
  }

  /// A share returns when nobody can spend it, though memory that its budget pays for is in use.
  @Test func aShareReturnsBeforeTheMemory() {
    let budget = machine.makeBudget(share: 15_000)
    let actor = machine.spawn(budget: budget)
    let memory = machine.make(.memory, [4096], budget: budget)
    #expect(
      machine.createBudget(machine.initial, TestMachine.budgetHandle, share: 10_000, 20_000).status
        == .unavailable)
    machine.destroy(machine.initial, actor.processHandle)
    for handle in [actor.processHandle, actor.threadHandle] {
      machine.delete(machine.initial, handle)
    }
    #expect(
      machine.createBudget(machine.initial, TestMachine.budgetHandle, share: 10_000, 20_000).status
        == .unavailable)
    machine.delete(machine.initial, budget)
    #expect(machine.findings == [])
    #expect(machine.createBudget(machine.initial, TestMachine.budgetHandle, share: 10_000, 20_000).status == .ok)
    #expect(machine.query(machine.initial, memory)?[0] == 4096)
    machine.delete(machine.initial, memory)
    #expect(machine.findings == [])
  }

  /// What a throttled thread ends is ended as urgently as if it was not.
  @Test func whatAThrottledThreadEndsIsEnded() {
    let actor = machine.spawn(priority: 60, budget: machine.makeBudget(share: 1_000))
    let caller = machine.spawn(priority: 90)
    let endpoint = machine.makeEndpoint()
    let serving = machine.give(endpoint, to: actor)
    let calling = machine.give(endpoint, to: caller)
    machine.receive(actor, serving)
    machine.request(caller, calling)
    machine.parkInit()
    machine.advance(to: machine.now + 3_000_000)
    #expect(machine.kernel.objects[actor.thread].isThrottled)
    let right = machine.outcome(actor).result.reply
    machine.holdingWork {
      machine.delete(actor, right)
      #expect(machine.priorityOfEnds == 60)
    }
    machine.enter { _ in }
    #expect(machine.outcome(caller).status == .peerGone)
    #expect(machine.findings == [])
  }

  /// A child that was never used costs its parent nothing when it goes.
  @Test func aChildThatDidNothingCostsNothing() {
    let parent = machine.makeBudget(share: 10_000)
    let child = machine.createBudget(machine.initial, parent, share: 8_000, 20_000)
    #expect(child.status == .ok)
    machine.destroy(machine.initial, child.handle)
    let spinner = machine.spawn(priority: 50, budget: parent)
    let other = machine.spawn(priority: 10)
    machine.parkInit()
    let acts = machine.turns(overPeriods: 10) { _ in }
    #expect((acts[spinner.thread.granule] ?? 0) >= TestMachine.steps(9_000, periods: 10))
    #expect((acts[other.thread.granule] ?? 0) > 0)
    #expect(machine.findings == [])
  }

  /// Time that nobody else wanted is not counted for the period that begins in the middle of it.
  @Test func idleTimeDoesNotSpendTheNextPeriod() {
    let budget = machine.makeBudget(share: 2_000)
    let spinner = machine.spawn(priority: 50, budget: budget)
    machine.parkInit()
    machine.become(spinner.thread)
    // Alone on the CPU, across some periods.
    for _ in 0..<65 { machine.advance(to: machine.now + 1_000_000) }
    let share = machine.kernel.objects[machine.budgetID(of: budget)].share
    let begun = share.periodEnd - share.period
    #expect(share.used <= machine.now - begun)
    #expect(machine.findings == [])
  }

  /// The kernel's time for what others have ended is not counted for whoever runs meanwhile.
  @Test func endsAreNotPaidForByWhoRuns() {
    let (machine, (runner, budget)) = TestMachine.withLargeEnd { machine in
      let budget = machine.makeBudget(share: 190_000, in: 200_000)
      return (machine.spawn(priority: 50, budget: budget), machine.budgetID(of: budget))
    }
    #expect(machine.isReaping)
    let start = machine.now
    machine.kernel.platform.clockReadCost = 10_000
    var batches: UInt64 = 0
    machine.holdingWork {
      while machine.isReaping, batches < 20 {
        machine.enter { if $0.hasWork { $0.runBatch() } }
        batches += 1
      }
    }
    machine.kernel.platform.clockReadCost = 0
    let now = machine.now
    machine.enter { $0.chargePayer(at: now) }
    #expect(machine.isAlive(runner.thread))
    let used = machine.kernel.objects[budget].share.used
    #expect(used <= now - start - batches * 10_000, "\(used) of \(now - start) ns")
  }

  /// Nor is it where shares are given back on the way.
  @Test func endsOfSharesAreNotPaidForByWhoRuns() {
    let parent = machine.make(.budget, [200 * 4096, 200])
    for _ in 0..<40 { _ = machine.make(.budget, [2 * 4096, 2, 1, 1_000_000], budget: parent) }
    let budget = machine.makeBudget(share: 190_000, in: 200_000)
    let runner = machine.spawn(priority: 50, budget: budget)
    machine.holdingWork {
      machine.destroy(machine.initial, parent)
      machine.call(machine.initial, .suspend, UInt64(TestMachine.threadHandle.rawValue))
    }
    #expect(machine.isReaping && machine.running == runner.thread)
    let used = { [machine] in machine.timeUsed(of: budget) }
    let before = used()
    machine.kernel.platform.clockReadCost = 10_000
    machine.holdingWork {
      while machine.isReaping { machine.enter { if $0.hasWork { $0.runBatch() } } }
    }
    machine.kernel.platform.clockReadCost = 0
    let start = machine.now
    // What the looks of the scheduler itself take is the runner's.
    #expect(used() - before <= 40 * 10_000, "\(used() - before) ns until \(start)")
    #expect(machine.findings == [])
  }
}
