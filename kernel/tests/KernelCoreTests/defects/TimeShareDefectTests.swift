import MnosABI
import Testing

@testable import KernelCore

/// Ways to have more of the CPU's time than one's share, or to take it from others, that were
/// found once.
@Suite struct TimeShareDefectTests {
  private let machine = TestMachine()
  private static let period: UInt64 = 20_000_000
  private static let step: UInt64 = 100_000

  private func makeBudget(
    share: UInt64, in period: UInt64 = Self.period / 1_000, of parent: Handle? = nil
  ) -> Handle {
    machine.make(
      .budget, [100 * 4096, 100, share, period], budget: parent ?? TestMachine.budgetHandle)
  }

  private func create(_ actor: Actor, _ budget: Handle, share: UInt64, _ period: UInt64) -> Outcome
  {
    machine.call(
      actor, .create, UInt64(budget.rawValue), UInt64(ObjectType.budget.rawValue), 0xffff,
      [20 * 4096, 20, share, period])
  }

  private func parkInit() { machine.wait(machine.initial, machine.makeNotification()) }

  private func run(
    periods: UInt64, act: (ThreadID) -> Void
  ) -> [UInt32: Int] {
    let slices = periods * Self.period / TestKernel.sliceLength
    return machine.run(slices: slices, step: Self.step, whileEnding: false, act: act).acts
  }

  /// Steps that so many microseconds in each period come to.
  private func steps(_ share: UInt64, periods: UInt64) -> Int {
    Int(share * 1_000 * periods / Self.step)
  }

  /// A thread that is being ended is the current one still when its share is spent: its timer must
  /// not be armed, for nobody would stop it.
  @Test func aThreadThatEndsIsNotThrottled() {
    let budget = makeBudget(share: 1_000)
    let thread = machine.spawn(budget: budget)
    let own = machine.give(budget, to: thread)
    // So that its end takes more than a batch.
    for _ in 0..<80 { _ = machine.give(thread.threadHandle, to: thread) }
    parkInit()
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
    machine.advance(to: machine.now + 10 * Self.period)
    #expect(machine.findings == [])
  }

  /// A share is not had anew by making the budget anew.
  @Test(arguments: [1_000, 20_000, 200_000] as [UInt64])
  func aBudgetMadeAnewHasNoNewShare(childPeriod: UInt64) {
    let budget = makeBudget(share: 2_000)
    let manager = machine.spawn(priority: 90, budget: budget)
    let own = machine.give(budget, to: manager)
    let process = machine.give(manager.processHandle, to: manager)
    let alarm = machine.give(machine.makeNotification(), to: manager)
    let other = machine.spawn(priority: 10)
    parkInit()
    var child: Handle?
    let acts = run(periods: 20) { thread in
      guard thread == manager.thread else { return }
      if let budget = child { machine.destroy(manager, budget) }
      child = nil
      // Nine tenths of it for the child.
      let made = create(manager, own, share: childPeriod * 9 / 100, childPeriod)
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
    let total = Int(20 * Self.period / Self.step)
    let used = total - (acts[other.thread.granule] ?? 0)
    // A tenth, and a step more for each time that somebody is looked at.
    #expect(used <= total / 5, "\(used) of \(total)")
    #expect(machine.findings == [])
  }

  /// Who spends a share with others cannot give it away.
  @Test func onlyTheHolderOfAShareGivesOfIt() {
    let parent = makeBudget(share: 4_000)
    let inner = machine.make(.budget, [20 * 4096, 20], budget: parent)
    #expect(create(machine.initial, inner, share: 100, 20_000).status == .unavailable)
    #expect(create(machine.initial, parent, share: 100, 20_000).status == .ok)
    // Below the budget of everything there is nobody to take it from.
    let plain = machine.make(.budget, [30 * 4096, 30])
    #expect(create(machine.initial, plain, share: 100, 20_000).status == .ok)
    #expect(machine.findings == [])
  }

  /// A share returns when nobody can spend it, though memory that its budget pays for is in use.
  @Test func aShareReturnsBeforeTheMemory() {
    let budget = makeBudget(share: 15_000)
    let actor = machine.spawn(budget: budget)
    let memory = machine.make(.memory, [4096], budget: budget)
    #expect(
      create(machine.initial, TestMachine.budgetHandle, share: 10_000, 20_000).status
        == .unavailable)
    machine.destroy(machine.initial, actor.processHandle)
    for handle in [actor.processHandle, actor.threadHandle] {
      machine.delete(machine.initial, handle)
    }
    #expect(
      create(machine.initial, TestMachine.budgetHandle, share: 10_000, 20_000).status
        == .unavailable)
    machine.delete(machine.initial, budget)
    #expect(machine.findings == [])
    #expect(create(machine.initial, TestMachine.budgetHandle, share: 10_000, 20_000).status == .ok)
    #expect(machine.query(machine.initial, memory)?[0] == 4096)
    machine.delete(machine.initial, memory)
    #expect(machine.findings == [])
  }

  /// A call that waited in the queue while the server ran at its own expense.
  @Test func aQueuedCallerDoesNotGoOnWithTheServersTime() {
    let client = machine.spawn(budget: makeBudget(share: 1_000))
    let server = machine.spawn()
    let other = machine.spawn(priority: 10)
    let endpoint = machine.makeEndpoint()
    let calling = machine.give(endpoint, to: client)
    let serving = machine.give(endpoint, to: server)
    machine.receive(server, serving)
    parkInit()
    var calls = 0
    let acts = run(periods: 10) { thread in
      if thread == client.thread {
        // The send makes the server ready; the call then finds it busy, and waits.
        if calls % 40 == 0 {
          machine.send(client, calling)
          machine.request(client, calling)
        }
        calls += 1
      } else if thread == server.thread {
        let right = machine.outcome(server).result.reply
        machine.replyAndReceive(server, right, serving)
      }
    }
    #expect(calls > 0)
    let ran = acts[client.thread.granule] ?? 0
    #expect(ran <= steps(1_000, periods: 10) + 30, "\(ran)")
    #expect((acts[other.thread.granule] ?? 0) > Int(8 * Self.period / Self.step))
    #expect(machine.findings == [])
  }

  /// Who is throttled goes behind those who have waited for the CPU to be idle.
  @Test func aShortPeriodDoesNotStarveThoseWhoWaitForIdleTime() {
    _ = machine.spawn(budget: makeBudget(share: 1, in: 1_000))
    let long = machine.spawn(budget: makeBudget(share: 1_000, in: 500_000))
    let lowest = machine.spawn(priority: 0)
    parkInit()
    let acts = run(periods: 20) { _ in }
    let total = Int(20 * Self.period / Self.step)
    for actor in [long, lowest] { #expect(acts[actor.thread.granule] ?? 0 > total / 3) }
    #expect(machine.findings == [])
  }

  /// A thread whose share is spent calls its own server of high priority in each gap.
  @Test func aSpentShareIsNoLongerSpentByWayOfAServer() {
    let budget = makeBudget(share: 1_000)
    let client = machine.spawn(priority: 90, budget: budget)
    let server = machine.spawn(priority: 95, budget: budget)
    let victim = machine.spawn(priority: 10)
    let endpoint = machine.makeEndpoint()
    let calling = machine.give(endpoint, to: client)
    let serving = machine.give(endpoint, to: server)
    let alarm = machine.give(machine.makeNotification(), to: victim)
    machine.receive(server, serving)
    parkInit()
    var late: UInt64 = 0
    var called: UInt64 = 0
    var count = 0
    var due: UInt64 = 0
    _ = run(periods: 20) { thread in
      if thread == client.thread {
        called = machine.now
        machine.request(client, calling)
      } else if thread == server.thread {
        // It answers just before it would be looked at.
        guard machine.now - called > 4_700_000 else { return }
        machine.replyAndReceive(server, machine.outcome(server).result.reply, serving)
      } else if thread == victim.thread {
        if due > 0 {
          late += machine.now - due
          count += 1
        }
        due = machine.now + 200_000
        machine.wait(victim, alarm, deadline: due)
      }
    }
    #expect(count > 200)
    // Late by the share, once in a period, and by a step.
    #expect(late / UInt64(max(count, 1)) < 500_000, "\(late / UInt64(max(count, 1)))")
    #expect(machine.findings == [])
  }

  /// What a throttled thread ends is ended as urgently as if it was not.
  @Test func whatAThrottledThreadEndsIsEnded() {
    let actor = machine.spawn(priority: 60, budget: makeBudget(share: 1_000))
    let caller = machine.spawn(priority: 90)
    let endpoint = machine.makeEndpoint()
    let serving = machine.give(endpoint, to: actor)
    let calling = machine.give(endpoint, to: caller)
    machine.receive(actor, serving)
    machine.request(caller, calling)
    parkInit()
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
    parkInit()
    let acts = machine.run(slices: 20, step: 20_000, whileEnding: false, act: { _ in }).acts
    #expect(acts[other.thread.granule] ?? 0 > Int(20 * TestKernel.sliceLength / 20_000) / 2)
    #expect(machine.findings == [])
  }

  /// A server whose own share is spent answers somebody who has time, and goes on.
  @Test func anAnswerDoesNotLeaveTimeToASpentServer() {
    let server = machine.spawn(priority: 90, budget: makeBudget(share: 1, in: 1_000_000))
    let client = machine.spawn(priority: 80, budget: makeBudget(share: 400))
    let victim = machine.spawn(priority: 10)
    let endpoint = machine.makeEndpoint()
    let calling = machine.give(endpoint, to: client)
    let serving = machine.give(endpoint, to: server)
    // It has spent what it has before anybody calls.
    machine.become(server.thread)
    machine.advance(to: machine.now + 1_000_000)
    machine.receive(server, serving)
    parkInit()
    var answered: UInt64?
    let acts = run(periods: 10) { thread in
      if thread == client.thread {
        machine.request(client, calling)
      } else if thread == server.thread {
        let right = machine.outcome(server).result.reply
        if answered == nil {
          machine.reply(server, right)
          answered = machine.now
        } else if machine.now - (answered ?? 0) > 4_700_000 {
          answered = nil
          machine.receive(server, serving)
        }
      }
    }
    let total = Int(10 * Self.period / Self.step)
    #expect((acts[victim.thread.granule] ?? 0) > total * 8 / 10)
    #expect(machine.findings == [])
  }

  /// Three in a chain: the one in the middle is answered after its server was kept from running,
  /// and answers the first, which then spins.
  @Test func aClientDoesNotGoOnWithTheTimeOfTheOneInTheMiddle() {
    let first = machine.spawn(priority: 50, budget: makeBudget(share: 600))
    let middle = machine.spawn(priority: 50, budget: makeBudget(share: 10_000))
    let last = machine.spawn(priority: 50, budget: makeBudget(share: 4_000))
    let urgent = machine.spawn(priority: 90)
    let victim = machine.spawn(priority: 10)
    let endpoints = [machine.makeEndpoint(), machine.makeEndpoint()]
    let toMiddle = machine.give(endpoints[0], to: first)
    let ofMiddle = machine.give(endpoints[0], to: middle)
    let toLast = machine.give(endpoints[1], to: middle)
    let ofLast = machine.give(endpoints[1], to: last)
    let alarm = machine.give(machine.makeNotification(), to: urgent)
    machine.receive(middle, ofMiddle)
    machine.receive(last, ofLast)
    machine.wait(urgent, alarm)
    parkInit()
    var right = Handle.none
    var isKept = false
    var spins = 0
    let acts = run(periods: 20) { thread in
      switch thread {
      case urgent.thread: machine.wait(urgent, alarm)
      case first.thread:
        spins += 1
        if spins % 60 == 1 { machine.request(first, toMiddle) }
      case middle.thread:
        let reply = machine.outcome(middle).result.reply
        if reply != .none {
          right = reply
          isKept = false
          machine.request(middle, toLast)
        } else {
          machine.replyAndReceive(middle, right, ofMiddle)
        }
      case last.thread:
        if !isKept {
          isKept = true
          machine.enter { $0.objects.wake(urgent.thread, .timedOut) }
        } else {
          machine.replyAndReceive(last, machine.outcome(last).result.reply, ofLast)
        }
      default: break
      }
    }
    // Its own share, and what the look of a step adds.
    #expect((acts[first.thread.granule] ?? 0) <= steps(600, periods: 21) + 30)
    #expect((acts[victim.thread.granule] ?? 0) > 0)
    #expect(machine.findings == [])
  }

  /// A child that was never used costs its parent nothing when it goes.
  @Test func aChildThatDidNothingCostsNothing() {
    let parent = makeBudget(share: 10_000)
    let child = create(machine.initial, parent, share: 400_000, 1_000_000)
    #expect(child.status == .ok)
    machine.destroy(machine.initial, child.handle)
    let spinner = machine.spawn(priority: 50, budget: parent)
    let other = machine.spawn(priority: 10)
    parkInit()
    let acts = run(periods: 10) { _ in }
    #expect((acts[spinner.thread.granule] ?? 0) >= steps(9_000, periods: 10))
    #expect((acts[other.thread.granule] ?? 0) > 0)
    #expect(machine.findings == [])
  }

  // MARK: Callers and time that is not theirs

  /// Who has no share calls a server of high priority over and over, and that answers just before
  /// it would be looked at: it is at its own expense as soon as somebody else wants the CPU.
  @Test func aServerIsNotFreeBecauseItsCallerHasNoShare() {
    let client = machine.spawn(priority: 10)
    let server = machine.spawn(priority: 95, budget: makeBudget(share: 1, in: 1_000))
    let victim = machine.spawn(priority: 50)
    let endpoint = machine.makeEndpoint()
    let calling = machine.give(endpoint, to: client)
    let serving = machine.give(endpoint, to: server)
    let alarm = machine.give(machine.makeNotification(), to: victim)
    machine.receive(server, serving)
    parkInit()
    var called: UInt64 = 0
    var late: UInt64 = 0
    var count: UInt64 = 0
    var due: UInt64 = 0
    _ = run(periods: 20) { thread in
      if thread == client.thread {
        called = machine.now
        machine.request(client, calling)
      } else if thread == server.thread {
        guard machine.now - called > 4_700_000 else { return }
        machine.replyAndReceive(server, machine.outcome(server).result.reply, serving)
      } else if thread == victim.thread {
        if due > 0 {
          late += machine.now - due
          count += 1
        }
        due = machine.now + 200_000
        machine.wait(victim, alarm, deadline: due)
      }
    }
    #expect(count > 500, "\(count)")
    #expect(late / max(count, 1) < 300_000, "\(late / max(count, 1))")
    #expect(machine.findings == [])
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
    parkInit()
    var returns = 0
    var wasThrottled = Set<UInt32>()
    let duration = 40 * TestKernel.sliceLength
    let acts = machine.run(slices: 40, step: 20_000, whileEnding: false) { _ in
      let throttled = threads.filter { machine.kernel.objects[$0].isThrottled }
      returns += wasThrottled.subtracting(throttled.map(\.granule)).count
      wasThrottled = Set(throttled.map(\.granule))
    }.acts
    // Each return counts for so much; one in each period is free. All of them come once at first.
    let periods = duration / (period * 1_000)
    let paid = max(share * 1_000 * periods / 2, periods * TimeShare.returnCost)
    #expect(UInt64(returns) <= paid / TimeShare.returnCost + 110, "\(returns) returns")
    #expect(returns > 0)
    #expect(acts[other.thread.granule] ?? 0 > Int(duration / 20_000) / 2)
    #expect(machine.findings == [])
  }

  /// Who calls pays as long as its share lasts, though a period of it ends meanwhile.
  @Test func theCallerPaysOnInItsNextPeriod() {
    let client = machine.spawn(priority: 50, budget: makeBudget(share: 10_000))
    let server = machine.spawn(priority: 90, budget: makeBudget(share: 1, in: 1_000_000))
    let victim = machine.spawn(priority: 10)
    let endpoint = machine.makeEndpoint()
    let calling = machine.give(endpoint, to: client)
    let alarm = machine.give(machine.makeNotification(), to: client)
    machine.receive(server, machine.give(endpoint, to: server))
    parkInit()
    // Most of the way through a period, with half of the share left.
    machine.become(client.thread)
    let start = machine.now
    machine.advance(to: start + 1_000_000)
    machine.wait(client, alarm, deadline: start + 15_000_000)
    machine.advance(to: start + 15_000_000)
    machine.become(client.thread)
    machine.request(client, calling)
    // 14 ms: 5 in this period, 9 of the next.
    for _ in 0..<130 {
      machine.advance(to: machine.now + 100_000)
      #expect(machine.running == server.thread)
    }
    #expect(!machine.kernel.objects[server.thread].isThrottled)
    _ = victim
    #expect(machine.findings == [])
  }

  /// Whoever gives up waiting, or ends, pays no more for what is done on its behalf.
  @Test(arguments: [0, 1, 2])
  func aCallThatIsWithdrawnIsNotPaidFor(way: Int) {
    let budget = makeBudget(share: 15_000)
    let client = machine.spawn(priority: 50, budget: budget)
    let server = machine.spawn(priority: 90, budget: makeBudget(share: 1_000))
    let endpoint = machine.makeEndpoint()
    let calling = machine.give(endpoint, to: client)
    machine.receive(server, machine.give(endpoint, to: server))
    parkInit()
    machine.become(client.thread)
    machine.request(
      client, calling, deadline: way == 0 ? machine.now + 1_000_000 : Deadline.never)
    let right = machine.outcome(server).result.reply
    machine.become(server.thread)
    machine.advance(to: machine.now + 1_100_000)
    switch way {
    case 1: machine.delete(server, right)
    case 2:
      machine.enter { $0.objects.end(client.thread, value: 0) }
    default: #expect(machine.outcome(client).status == .timedOut)
    }
    let used = { () -> UInt64 in
      let now = machine.now
      machine.enter { $0.chargePayer(at: now) }
      return machine.kernel.objects[budgetID(of: budget)].share.used
    }
    let before = used()
    for _ in 0..<80 where machine.running == server.thread {
      machine.advance(to: machine.now + 100_000)
    }
    let more = used() - before
    #expect(more <= 200_000, "\(more) ns were paid by who does not wait any more")
    #expect(machine.findings == [])
  }

  /// A more urgent thread that shares its budget with one that spins has its turns first.
  @Test(arguments: [20, 100, 400, 2_000] as [UInt64])
  func aSpinningSiblingDoesNotStarveAMoreUrgentThread(share: UInt64) {
    let budget = makeBudget(share: share)
    let spinner = machine.spawn(priority: 50, budget: budget)
    let urgent = machine.spawn(priority: 90, budget: budget)
    let alarm = machine.give(machine.makeNotification(), to: urgent)
    let other = machine.spawn(priority: 10)
    machine.wait(urgent, alarm, deadline: machine.now + 30_000_000)
    parkInit()
    let acts = machine.run(slices: 200, step: 20_000, whileEnding: false) { thread in
      // Each turn it waits a little, so that the other one spins.
      if thread == urgent.thread { machine.wait(urgent, alarm, deadline: machine.now + 3_000_000) }
    }.acts
    #expect(acts[urgent.thread.granule] ?? 0 >= 10, "\(acts[urgent.thread.granule] ?? 0) turns")
    #expect(acts[spinner.thread.granule] ?? 0 > 0)
    #expect(machine.isAlive(other.thread))
    #expect(machine.findings == [])
  }

  /// Time that nobody else wanted is not counted for the period that begins in the middle of it.
  @Test func idleTimeDoesNotSpendTheNextPeriod() {
    let budget = makeBudget(share: 2_000)
    let spinner = machine.spawn(priority: 50, budget: budget)
    parkInit()
    machine.become(spinner.thread)
    // Alone on the CPU, across some periods.
    for _ in 0..<65 { machine.advance(to: machine.now + 1_000_000) }
    let share = machine.kernel.objects[budgetID(of: budget)].share
    let begun = share.periodEnd - share.period
    #expect(share.used <= machine.now - begun)
    #expect(machine.findings == [])
  }

  private func budgetID(of handle: Handle) -> BudgetID {
    machine.object(of: handle, in: machine.initial).narrowed(to: Budget.self)
  }

  // MARK: Arithmetic

  /// What is used beyond a share in the period that begins meanwhile is owed too.
  @Test func overuseAcrossThePeriodsEndIsOwed() {
    var share = TimeShare(10, in: 1_000)
    share.refresh(at: 1_000_000)
    // From 1 us before the period's end to 41 us behind it.
    share.use(42_000, until: share.periodEnd + 41_000, isWanted: true)
    // 10 us are the new period's own.
    #expect(share.debt == 31_000)
    share.refresh(at: share.periodEnd)
    #expect(share.debt == 21_000 && share.left == 0)
  }

  /// Short-lived children spend a share, and who gave it cannot spend it once more when it returns.
  @Test func partsThatReturnCountFromTheNextPeriodOn() {
    let (second, millisecond): (UInt64, UInt64) = (1_000_000_000, 1_000_000)
    var share = TimeShare(100_000, in: 1_000_000)
    share.refresh(at: second)
    var child = TimeShare(1_800, in: 20_000)
    share.give(to: &child, at: second)
    // It begins with the second period, and spends all that it has until near the end of it.
    share.refresh(at: 2 * second)
    for start in stride(from: 2 * second, to: 2 * second + 880 * millisecond, by: 20_000_000) {
      child.refresh(at: start)
      #expect(child.left == 1_800_000)
      child.use(1_800_000, until: start + 1_800_000, isWanted: true)
    }
    share.takeBack(child, at: 2 * second + 890 * millisecond)
    #expect(share.length == 100 * millisecond)
    #expect(share.left == 10 * millisecond)
    share.refresh(at: 3 * second)
    // What the child had used of its last period is owed.
    #expect(share.left >= 98 * millisecond)
  }

  /// A child that ends in the period in which it has spent its part is not counted twice.
  @Test func whatAChildHasSpentCountsOnce() {
    let millisecond: UInt64 = 1_000_000
    var share = TimeShare(100_000, in: 1_000_000)
    share.refresh(at: 1_000 * millisecond)
    var child = TimeShare(50_000, in: 1_000_000)
    share.give(to: &child, at: 1_000 * millisecond)
    share.refresh(at: 2_000 * millisecond)
    child.refresh(at: 2_000 * millisecond)
    child.use(50 * millisecond, until: 2_050 * millisecond, isWanted: true)
    share.takeBack(child, at: 2_100 * millisecond)
    #expect(share.left == 50 * millisecond)
    share.refresh(at: 3_000 * millisecond)
    #expect(share.left == 100 * millisecond)
  }

  /// Debts go along with what is given, in proportion.
  @Test func debtIsNotLeftBehind() {
    var share = TimeShare(1_000, in: 10_000)
    share.refresh(at: 1_000_000)
    share.use(5_000_000, until: 6_000_000, isWanted: true)
    #expect(share.debt == 4_000_000)
    var child = TimeShare(750, in: 10_000)
    share.give(to: &child, at: 6_000_000)
    #expect(share.debt == 1_000_000 && child.debt == 3_000_000)
    share.takeBack(child, at: 6_000_000)
    #expect(share.debt == 4_000_000)
    #expect(share.left == 0)
  }

  /// Debts are paid by one length in each period, whatever the period.
  @Test(arguments: [1_000, 20_000, 99_000, 101_000, 150_000, 1_000_000] as [UInt64])
  func debtIsPaidInEachPeriod(period: UInt64) {
    var share = TimeShare(period / 10, in: period)
    share.refresh(at: 1_000)
    share.use(period * 1_000 / 2, until: 1_000 + period * 1_000 / 2, isWanted: true)
    let owed = UInt64(share.debt)
    var now: UInt64 = 0
    while share.debt > 0 {
      now = share.nextTime
      share.refresh(at: now)
    }
    #expect(now <= 1_000 + (owed / share.length + 2) * period * 1_000)
  }

  /// Also with lengths shorter than what a return counts for.
  @Test(arguments: [1, 3, 9, 10, 11] as [UInt64])
  func returnsCostAtMostHalf(length: UInt64) {
    var share = TimeShare(length, in: 1_000)
    for round in 1...3 as ClosedRange<UInt64> {
      share.refresh(at: round * 1_000_000)
      for _ in 0..<100 { share.chargeReturn() }
      #expect(share.debt <= share.length / 2)
    }
  }
}
