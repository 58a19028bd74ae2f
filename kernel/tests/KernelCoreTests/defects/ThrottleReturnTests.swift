import MnosABI
import Testing

@testable import KernelCore

/// Threads that were throttled and return: in whose way they were once, and who was in theirs.
@Suite struct ThrottleReturnTests {
  private let machine = TestMachine()

  /// Who is throttled goes behind those who have waited for the CPU to be idle.
  @Test func aShortPeriodDoesNotStarveThoseWhoWaitForIdleTime() {
    _ = machine.spawn(budget: machine.makeBudget(share: 1, in: 1_000))
    let long = machine.spawn(budget: machine.makeBudget(share: 1_000, in: 500_000))
    let lowest = machine.spawn(priority: 0)
    machine.parkInit()
    let acts = machine.turns(overPeriods: 20) { _ in }
    let total = Int(20 * TestMachine.sharePeriod / TestMachine.turn)
    for actor in [long, lowest] { #expect(acts[actor.thread.granule] ?? 0 > total * 3 / 10) }
    #expect(machine.findings == [])
  }

  /// Many threads that are throttled and return: the one below them runs all the same.
  @Test func manyThrottledThreadsAreNoBurst() {
    let budget = machine.make(.budget, [300 * 4096, 400, 1, 1_000])
    let first = machine.spawn(budget: budget)
    for _ in 0..<150 {
      let thread = machine.make(
        .thread, [UInt64(first.processHandle.rawValue), UInt64(TestMachine.priority)],
        budget: budget)
      machine.call(machine.initial, .start, UInt64(thread.rawValue), 0x10_0000, 0x20_0000)
    }
    let other = machine.spawn(priority: 10)
    machine.parkInit()
    let acts = machine.run(slices: 20, step: 20_000, whileEnding: false, act: { _ in }).acts
    #expect(acts[other.thread.granule] ?? 0 > Int(20 * TestKernel.sliceLength / 20_000) / 2)
    #expect(machine.findings == [])
  }

  /// How often threads were throttled, by the returns that were planned for them: a thread may
  /// return, run and be throttled within a step.
  private func countReturns(
    of threads: [ThreadID], slices: UInt64
  ) -> (returns: Int, turns: [UInt32: Int]) {
    var returns = 0
    var planned = Array(repeating: UInt64(0), count: threads.count)
    let turns = machine.run(slices: slices, step: 20_000, whileEnding: false) { _ in
      for (index, thread) in threads.enumerated() {
        let thread = machine.kernel.objects[thread]
        guard thread.isThrottled, thread.timer.deadline != planned[index] else { continue }
        planned[index] = thread.timer.deadline
        returns += 1
      }
    }.acts
    return (returns, turns)
  }

  /// However many threads spend a tiny share, they return one after the other, so slowly that
  /// what that costs is no more than half of it.
  @Test(arguments: [(1, 1_000), (10, 1_000), (2_000, 20_000)] as [(UInt64, UInt64)])
  func throttledThreadsReturnOneAfterTheOther(share: UInt64, period: UInt64) {
    let budget = machine.make(.budget, [300 * 4096, 400, share, period])
    let first = machine.spawn(budget: budget)
    var threads = [first.thread]
    for _ in 0..<100 { threads.append(machine.addThread(to: first, budget: budget).thread) }
    let other = machine.spawn(priority: 10)
    machine.parkInit()
    let duration = 40 * TestKernel.sliceLength
    let (returns, acts) = countReturns(of: threads, slices: 40)
    // Each return counts for so much. All of them come once at first, and are to come once more.
    let paid = share * 1_000 * (duration / (period * 1_000)) / 2
    #expect(UInt64(returns) <= paid / TimeShare.returnCost + 210, "\(returns) returns")
    #expect(UInt64(returns) >= min(paid / TimeShare.returnCost, 200), "\(returns) returns")
    #expect(acts[other.thread.granule] ?? 0 > Int(duration / 20_000) / 2)
    #expect(machine.findings == [])
  }

  /// A more urgent thread that shares its budget with one that spins has its turns first.
  @Test(arguments: [20, 100, 400, 2_000] as [UInt64])
  func aSpinningSiblingDoesNotStarveAMoreUrgentThread(share: UInt64) {
    let budget = machine.makeBudget(share: share)
    let spinner = machine.spawn(priority: 50, budget: budget)
    let urgent = machine.spawn(priority: 90, budget: budget)
    let alarm = machine.give(machine.makeNotification(), to: urgent)
    let other = machine.spawn(priority: 10)
    machine.wait(urgent, alarm, deadline: machine.now + 30_000_000)
    machine.parkInit()
    let acts = machine.run(slices: 200, step: 20_000, whileEnding: false) { thread in
      // Each turn it waits a little, so that the other one spins.
      if thread == urgent.thread { machine.wait(urgent, alarm, deadline: machine.now + 3_000_000) }
    }.acts
    #expect(acts[urgent.thread.granule] ?? 0 >= 10, "\(acts[urgent.thread.granule] ?? 0) turns")
    #expect(acts[spinner.thread.granule] ?? 0 > 0)
    #expect(machine.isAlive(other.thread))
    #expect(machine.findings == [])
  }

  /// Many budgets with shares so tiny that what a return costs is a multiple of them.
  @Test func tinySharesOfManyBudgetsReturnAsSeldom() {
    let threads = (0..<20).map { _ in
      machine.spawn(budget: machine.make(.budget, [12 * 4096, 12, 1, 1_000])).thread
    }
    let other = machine.spawn(priority: 10)
    machine.parkInit()
    let (returns, turns) = countReturns(of: threads, slices: 40)
    // Each once at first, then one in ten of 200 periods.
    #expect(returns >= 20 * 15 && returns <= 20 * (2 + 20), "\(returns) returns")
    #expect(turns[other.thread.granule] ?? 0 > 0)
    #expect(machine.findings == [])
  }

  /// A share of which nearly everything was given to a child.
  @Test func whatIsLeftOfAShareIsHardlyWorthAReturn() {
    var share = TimeShare(1_000, in: 1_000)
    var child = TimeShare(999_999, in: 1_000_000)
    share.refresh(at: 1_000_000)
    share.give(to: &child, at: 1_000_000)
    #expect(share.length == 1)
    var now: UInt64 = 1_000_000
    var returns = 0
    while now < 10_000_000_000 {
      now = share.returnTime(isAgain: true, foundNothing: false)
      share.noteReturn()
      share.refresh(at: now)
      share.use(5_000, until: now + 5_000, isWanted: true)
      returns += 1
    }
    #expect(returns >= 5 && returns <= 12, "\(returns) returns in 10 seconds")
  }

  /// What the kernel does for those who return is not counted for whoever runs.
  @Test func returnsAreNotPaidForByWhoIsInterrupted() {
    let returning = machine.spawn(priority: 50, budget: machine.makeBudget(share: 100))
    let budget = machine.makeBudget(share: 190_000, in: 200_000)
    let running = machine.spawn(priority: 90, budget: budget)
    let alarm = machine.give(machine.makeNotification(), to: running)
    machine.become(running.thread)
    machine.wait(running, alarm, deadline: machine.now + 5_000_000)
    machine.parkInit()
    while machine.running != running.thread {
      machine.advance(to: machine.now + TestMachine.turn)
    }
    #expect(machine.kernel.objects[returning.thread].isThrottled)
    let used = { [machine] in machine.timeUsed(of: budget) }
    let deadline = machine.kernel.objects[returning.thread].timer.deadline
    machine.advance(to: deadline - 1)
    let before = used()
    let start = machine.now
    // The entry takes that long, from its first look at the clock to its second.
    machine.kernel.platform.clockReadCost = 500_000
    machine.advance(to: deadline)
    machine.kernel.platform.clockReadCost = 0
    #expect(!machine.kernel.objects[returning.thread].isThrottled)
    #expect(machine.running == running.thread)
    #expect(used() - before <= machine.now - start - 500_000)
    #expect(machine.findings == [])
  }

  /// A timer interrupt that takes long, with a return and ends of waits in it, does not make time
  /// run backwards for who returns.
  @Test func aLongInterruptSpendsNoNewPeriod() {
    let budget = machine.makeBudget(share: 4_000)
    let spinner = machine.spawn(priority: 99, budget: budget)
    machine.parkInit()
    machine.become(spinner.thread)
    // Alone, it goes on at priority 0.
    while !machine.kernel.objects[spinner.thread].isThrottled {
      machine.advance(to: machine.now + TestMachine.turn)
    }
    let deadline = machine.kernel.objects[spinner.thread].timer.deadline
    machine.advance(to: deadline - 1)
    #expect(machine.running == spinner.thread)
    machine.kernel.platform.clockReadCost = 20_000
    machine.advance(to: deadline)
    machine.kernel.platform.clockReadCost = 0
    let share = machine.kernel.objects[machine.budgetID(of: budget)].share
    #expect(share.left > 3_000_000, "\(share.used) ns used, \(share.debt) owed")
    #expect(!machine.kernel.objects[spinner.thread].isThrottled)
    #expect(machine.findings == [])
  }

  /// A server that serves somebody whose returns are put off does not wait for those.
  @Test func aServerReturnsWithItsOwnPeriodAtTheLatest() {
    let crowd = machine.makeBudget(share: 1, in: 1_000)
    let client = machine.spawn(priority: 50, budget: crowd)
    let server = machine.spawn(priority: 90, budget: machine.makeBudget(share: 4_000))
    _ = machine.spawn(priority: 10)
    let endpoint = machine.makeEndpoint()
    let calling = machine.give(endpoint, to: client)
    machine.receive(server, machine.give(endpoint, to: server))
    machine.parkInit()
    machine.request(client, calling)
    // As many threads of the client's budget have returned of late.
    let share = machine.budgetID(of: crowd)
    for _ in 0..<400 { machine.enter { $0.objects[share].share.noteReturn() } }
    let ran = machine.turns(overPeriods: 10)[server.thread.granule] ?? 0
    #expect(ran >= TestMachine.steps(4_000, periods: 9), "\(ran) turns")
    #expect(machine.findings == [])
  }
}
