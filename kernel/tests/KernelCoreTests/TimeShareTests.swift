import MnosABI
import Testing

@testable import KernelCore

/// Budgets with a share of the CPU's time: who has used up its own runs only when nobody else
/// wants the CPU.
@Suite struct TimeShareTests {
  private let machine = TestMachine()
  /// Microseconds.
  private static let period = TestMachine.sharePeriod / 1_000

  /// A process with one thread and a share of its own.
  private func spawn(share: UInt64, priority: UInt8 = TestMachine.priority) -> Actor {
    machine.spawn(priority: priority, budget: machine.makeBudget(share: share))
  }

  /// Nanoseconds that each actor's process ran while all that can run spins.
  private func times(
    of actors: [Actor], overPeriods count: UInt64, act: (ThreadID) -> Void = { _ in }
  ) -> [UInt64] {
    let query = { (actor: Actor) in
      // Without the help of init, which would run to ask.
      let process = machine.kernel.objects[actor.process]
      let isActive = machine.running == actor.thread
      return process.cpuTime &+ (isActive ? machine.now : 0)
    }
    let before = actors.map(query)
    _ = machine.turns(overPeriods: count, act: act)
    return zip(actors.map(query), before).map { $0 - $1 }
  }

  @Test(arguments: [1_000, 4_000, 10_000, 19_000] as [UInt64])
  func `SCH_503 spinnerAtTheHighestPriorityGetsItsShare`(share: UInt64) {
    let spinner = spawn(share: share, priority: TestMachine.priority)
    let other = machine.spawn(priority: 10)
    machine.parkInit()

    let times = times(of: [spinner, other], overPeriods: 10)

    // A step's length, at which the timer is looked at, for each period; and a period begun.
    let expected = share * 1_000 * 10
    #expect(times[0] >= expected - 100_000 * 10 && times[0] <= expected + share * 1_000 + 1_000_000)
    #expect(times[0] + times[1] == 10 * Self.period * 1_000)
    #expect(machine.findings == [])
  }

  @Test func `SCH_503 whatNobodyElseWantsIsItsToo`() {
    let spinner = spawn(share: 1_000)
    machine.parkInit()
    #expect(times(of: [spinner], overPeriods: 5) == [5 * Self.period * 1_000])
    machine.advance(to: machine.now + 2_000_000)
    #expect(machine.kernel.objects[spinner.thread].isThrottled)
    #expect(machine.findings == [])
  }

  @Test func `SCH_503 thoseWhoAreThrottledShareWhatIsLeft`() {
    let first = spawn(share: 1_000, priority: 50)
    let second = spawn(share: 1_000, priority: 40)
    machine.parkInit()
    let times = times(of: [first, second], overPeriods: 20)
    let total = 20 * Self.period * 1_000
    #expect(times[0] + times[1] == total)
    // Whatever their priorities are. What is left of a period is no whole number of slices.
    #expect(times[0].distance(to: times[1]).magnitude <= total / 8)
    #expect(machine.findings == [])
  }

  @Test func `SCH_503 lowerThreadAnswersWithinAPeriod`() {
    let spinner = spawn(share: 10_000)
    let sleeper = machine.spawn(priority: 10)
    let notification = machine.give(machine.makeNotification(), to: sleeper)
    var woken: [UInt64] = []
    var due = machine.now + 1_000_000
    machine.wait(sleeper, notification, deadline: due)
    machine.parkInit()
    _ = times(of: [spinner], overPeriods: 20) { thread in
      guard thread == sleeper.thread else { return }
      woken.append(machine.now - due)
      due = machine.now + 3_333_333
      machine.wait(sleeper, notification, deadline: due)
    }
    #expect(woken.count > 20)
    #expect(woken.max() ?? .max <= 11_000_000)
    #expect(machine.findings == [])
  }

  @Test func aChildsShareIsTakenFromItsParents() {
    let parent = machine.makeBudget(share: 10_000)
    let inner = machine.make(
      .budget, [16 * 4096, 16, 5_000, 10_000], budget: parent)
    // A child without a share spends its parent's.
    let plain = machine.make(.budget, [16 * 4096, 16], budget: parent)
    func share(_ budget: Handle) -> [UInt64]? {
      machine.query(machine.initial, budget).map { Array($0[5...6]) }
    }
    #expect(share(parent) == [0, Self.period])
    #expect(share(inner) == [5_000, 10_000])
    #expect(share(plain) == [0, 0])
    let spinner = machine.spawn(priority: 50, budget: plain)
    let other = machine.spawn(priority: 10)
    #expect(machine.findings == [])

    #expect(machine.destroy(machine.initial, inner).status == .ok)
    #expect(share(parent) == [10_000, Self.period])
    machine.parkInit()
    let times = times(of: [spinner, other], overPeriods: 10)
    #expect(times[0] <= 11 * 10_000_000 + 1_000_000 && times[0] >= 9 * 10_000_000)
    #expect(machine.findings == [])
  }

  @Test func sharesNeverAddUpToMoreThanThereIs() {
    func make(_ share: UInt64, _ period: UInt64, _ parent: Handle) -> Outcome {
      machine.call(
        machine.initial, .create, UInt64(parent.rawValue), UInt64(ObjectType.budget.rawValue),
        0xffff, [4096, 4, share, period])
    }
    let root = TestMachine.budgetHandle
    let first = make(600_000, 1_000_000, root)
    #expect(first.status == .ok)
    #expect(make(401, 1_000, root).status == .unavailable)
    #expect(make(400, 1_000, root).status == .ok)
    #expect(make(1, 1_000_000, root).status == .unavailable)
    #expect(make(0, 0, root).status == .ok)
    #expect(machine.destroy(machine.initial, first.handle).status == .ok)
    #expect(make(600, 1_000, root).status == .ok)
    #expect(machine.findings == [])
  }

  @Test(
    arguments: [
      (1, 0, 5), (1_001, 1_000, 5), (.max, 1_000, 5), (0, 1_000, 5), (0, 1, 5), (1, 1, 6),
      (500, 999, 6), (1, 1_000_001, 6), (.max, .max, 6),
    ] as [(UInt64, UInt64, UInt64)])
  func badSharesAreRefused(share: UInt64, period: UInt64, argument: UInt64) {
    let before = machine.counts
    let outcome = machine.call(
      machine.initial, .create, UInt64(TestMachine.budgetHandle.rawValue),
      UInt64(ObjectType.budget.rawValue), 0xffff, [4096, 4, share, period])
    #expect(outcome.status == .badArgument)
    #expect(outcome.value == argument)
    #expect(machine.counts == before)
    #expect(machine.findings == [])
  }

  /// A thread that is looked at late owes what it used beyond its share, up to a period of it.
  @Test func whatIsUsedBeyondAShareIsOwed() {
    let spinner = spawn(share: 2_000, priority: 50)
    let other = machine.spawn(priority: 10)
    machine.parkInit()
    var ran: UInt64 = 0
    var total: UInt64 = 0
    // The machine stands still for 5 ms whenever the spinner runs.
    for _ in 0..<400 {
      let thread = machine.running
      let step: UInt64 = thread == spinner.thread ? 5_000_000 : 500_000
      if thread == spinner.thread { ran += step }
      total += step
      machine.kernel.platform.advance(to: machine.now + step)
      machine.takeInterrupts()
    }
    #expect(ran > 0 && ran <= total / 8, "\(ran) of \(total)")
    #expect(machine.isAlive(other.thread))
    #expect(machine.findings == [])
  }

  /// Threads that are woken on an idle CPU after their share is spent: what that costs does not keep
  /// them from their next share.
  @Test func wakingAThrottledThreadCostsItsPayerLittle() {
    let actor = spawn(share: 2_000, priority: 60)
    let notification = machine.makeNotification()
    let waiting = machine.give(notification, to: actor)
    let waker = machine.spawn(priority: 10)
    let signalling = machine.give(notification, to: waker)
    let alarm = machine.give(machine.makeNotification(), to: waker)
    machine.parkInit()
    machine.advance(to: machine.now + 3_000_000)
    machine.become(actor.thread)
    machine.wait(actor, waiting)
    for _ in 0..<2_000 {
      machine.become(waker.thread)
      machine.signal(waker, signalling)
      machine.wait(waker, alarm, deadline: machine.now + 5_000)
      machine.become(actor.thread)
      machine.wait(actor, waiting)
      machine.advance(to: machine.now + 5_000)
    }
    #expect(machine.findings == [])
    let share = machine.kernel.objects[machine.kernel.objects[actor.thread].payer].share
    #expect(UInt64(share.debt) <= share.length / 2)

    // Both spin: it has at least half of its share from now on.
    machine.become(waker.thread)
    machine.signal(waker, signalling)
    let times = times(of: [actor, waker], overPeriods: 10)
    #expect(times[0] >= 10 * 900_000, "\(times)")
    #expect(machine.findings == [])
  }

  /// However often its threads come and go, half of a share stays for what they do.
  @Test(arguments: [1, 10, 1_000, 20_000] as [UInt64])
  func halfOfAShareStaysForWork(length: UInt64) {
    var share = TimeShare(length, in: 20_000)
    var now: UInt64 = 1_000
    share.refresh(at: now)
    for _ in 0..<10_000 { share.chargeReturn() }
    for _ in 0..<3 {
      now = share.nextTime
      share.refresh(at: now)
      #expect(share.left >= share.length / 2)
      for _ in 0..<10_000 { share.chargeReturn() }
    }
  }
}
