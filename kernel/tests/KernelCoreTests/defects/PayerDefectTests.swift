import MnosABI
import Testing

@testable import KernelCore

/// Ways to have others pay for one's time by calls and answers, or to be left without what they
/// would pay, that were found once.
@Suite struct PayerDefectTests {
  private let machine = TestMachine()

  /// A call that waited in the queue while the server ran at its own expense.
  @Test func aQueuedCallerDoesNotGoOnWithTheServersTime() {
    let client = machine.spawn(budget: machine.makeBudget(share: 1_000))
    let server = machine.spawn()
    let other = machine.spawn(priority: 10)
    let endpoint = machine.makeEndpoint()
    let calling = machine.give(endpoint, to: client)
    let serving = machine.give(endpoint, to: server)
    machine.receive(server, serving)
    machine.parkInit()
    var calls = 0
    let acts = machine.turns(overPeriods: 10) { thread in
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
    #expect(ran <= TestMachine.steps(1_000, periods: 10) + 30, "\(ran)")
    #expect((acts[other.thread.granule] ?? 0) > Int(8 * TestMachine.sharePeriod / TestMachine.turn))
    #expect(machine.findings == [])
  }

  /// A thread whose share is spent calls its own server of high priority in each gap.
  @Test func aSpentShareIsNoLongerSpentByWayOfAServer() {
    let budget = machine.makeBudget(share: 1_000)
    let client = machine.spawn(priority: 90, budget: budget)
    let server = machine.spawn(priority: 95, budget: budget)
    let victim = machine.spawn(priority: 10)
    let endpoint = machine.makeEndpoint()
    let calling = machine.give(endpoint, to: client)
    let serving = machine.give(endpoint, to: server)
    let alarm = machine.give(machine.makeNotification(), to: victim)
    machine.receive(server, serving)
    machine.parkInit()
    var late: UInt64 = 0
    var called: UInt64 = 0
    var count = 0
    var due: UInt64 = 0
    _ = machine.turns(overPeriods: 20) { thread in
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

  /// A server whose own share is spent answers somebody who has time, and goes on.
  @Test func anAnswerDoesNotLeaveTimeToASpentServer() {
    let server = machine.spawn(priority: 90, budget: machine.makeBudget(share: 1, in: 1_000_000))
    let client = machine.spawn(priority: 80, budget: machine.makeBudget(share: 400))
    let victim = machine.spawn(priority: 10)
    let endpoint = machine.makeEndpoint()
    let calling = machine.give(endpoint, to: client)
    let serving = machine.give(endpoint, to: server)
    // It has spent what it has before anybody calls.
    machine.become(server.thread)
    machine.advance(to: machine.now + 1_000_000)
    machine.receive(server, serving)
    machine.parkInit()
    var answered: UInt64?
    let acts = machine.turns(overPeriods: 10) { thread in
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
    let total = Int(10 * TestMachine.sharePeriod / TestMachine.turn)
    #expect((acts[victim.thread.granule] ?? 0) > total * 8 / 10)
    #expect(machine.findings == [])
  }

  /// Three in a chain: the one in the middle is answered after its server was kept from running,
  /// and answers the first, which then spins.
  @Test func aClientDoesNotGoOnWithTheTimeOfTheOneInTheMiddle() {
    let first = machine.spawn(priority: 50, budget: machine.makeBudget(share: 600))
    let middle = machine.spawn(priority: 50, budget: machine.makeBudget(share: 10_000))
    let last = machine.spawn(priority: 50, budget: machine.makeBudget(share: 4_000))
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
    machine.parkInit()
    var right = Handle.none
    var isKept = false
    var spins = 0
    let acts = machine.turns(overPeriods: 20) { thread in
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
    #expect((acts[first.thread.granule] ?? 0) <= TestMachine.steps(600, periods: 21) + 30)
    #expect((acts[victim.thread.granule] ?? 0) > 0)
    #expect(machine.findings == [])
  }

  /// Who has no share calls a server of high priority over and over, and that answers just before
  /// it would be looked at: it is at its own expense as soon as somebody else wants the CPU.
  @Test func aServerIsNotFreeBecauseItsCallerHasNoShare() {
    let client = machine.spawn(priority: 10)
    let server = machine.spawn(priority: 95, budget: machine.makeBudget(share: 1, in: 1_000))
    let victim = machine.spawn(priority: 50)
    let endpoint = machine.makeEndpoint()
    let calling = machine.give(endpoint, to: client)
    let serving = machine.give(endpoint, to: server)
    let alarm = machine.give(machine.makeNotification(), to: victim)
    machine.receive(server, serving)
    machine.parkInit()
    var called: UInt64 = 0
    var late: UInt64 = 0
    var count: UInt64 = 0
    var due: UInt64 = 0
    _ = machine.turns(overPeriods: 20) { thread in
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

  /// Who calls pays as long as its share lasts, though a period of it ends meanwhile.
  @Test func theCallerPaysOnInItsNextPeriod() {
    let client = machine.spawn(priority: 50, budget: machine.makeBudget(share: 10_000))
    let server = machine.spawn(priority: 90, budget: machine.makeBudget(share: 1, in: 1_000_000))
    let victim = machine.spawn(priority: 10)
    let endpoint = machine.makeEndpoint()
    let calling = machine.give(endpoint, to: client)
    let alarm = machine.give(machine.makeNotification(), to: client)
    machine.receive(server, machine.give(endpoint, to: server))
    machine.parkInit()
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
    let budget = machine.makeBudget(share: 15_000)
    let client = machine.spawn(priority: 50, budget: budget)
    let server = machine.spawn(priority: 90, budget: machine.makeBudget(share: 1_000))
    let endpoint = machine.makeEndpoint()
    let calling = machine.give(endpoint, to: client)
    machine.receive(server, machine.give(endpoint, to: server))
    machine.parkInit()
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
    let used = { [machine] in machine.timeUsed(of: budget) }
    let before = used()
    for _ in 0..<80 where machine.running == server.thread {
      machine.advance(to: machine.now + 100_000)
    }
    let more = used() - before
    #expect(more <= 200_000, "\(more) ns were paid by who does not wait any more")
    #expect(machine.findings == [])
  }

  /// A server that has gone on at its own expense: its caller pays again when it has time again.
  @Test func theCallerPaysAgainAfterTheServerDid() {
    let client = machine.spawn(priority: 50, budget: machine.makeBudget(share: 1_000))
    let server = machine.spawn(priority: 90, budget: machine.makeBudget(share: 2_000))
    let victim = machine.spawn(priority: 10)
    callAndLoop(client, server)
    let turns = machine.turns(overPeriods: 10)
    let ran = turns[server.thread.granule] ?? 0
    let expected = TestMachine.steps(3_000, periods: 10)
    #expect(abs(ran - expected) <= 40, "\(ran) turns, not \(expected)")
    #expect(turns[victim.thread.granule] ?? 0 > 0)
    #expect(machine.findings == [])
  }

  /// A server whose own period is long has spent it: it returns when its caller has time.
  @Test func aServerReturnsWithItsCallersPeriod() {
    let client = machine.spawn(priority: 50, budget: machine.makeBudget(share: 1_000))
    let server = machine.spawn(
      priority: 90, budget: machine.makeBudget(share: 10, in: 1_000_000))
    _ = machine.spawn(priority: 10)
    callAndLoop(client, server)
    let ran = machine.turns(overPeriods: 10)[server.thread.granule] ?? 0
    let expected = TestMachine.steps(1_000, periods: 10)
    #expect(abs(ran - expected) <= 30, "\(ran) turns, not \(expected)")
    #expect(machine.findings == [])
  }

  /// What is paid by a caller whose server went on at its own expense for a while is the caller's
  /// again when it is answered; what the server pays never is.
  @Test(arguments: [false, true])
  func anAnswerLeavesWhatTheCallerPaysFor(isInTime: Bool) {
    let budget = machine.makeBudget(share: 10_000)
    let client = machine.spawn(priority: 90, budget: budget)
    let serverBudget = machine.makeBudget(share: 1_000)
    let server = machine.spawn(priority: 90, budget: serverBudget)
    _ = machine.spawn(priority: 10)
    let serving = callAndLoop(client, server)
    let right = machine.outcome(server).result.reply
    // Ten of the client's, one of the server's; then the client's next period, if it is waited for.
    let start = machine.now
    while machine.now < start + (isInTime ? 22_000_000 : 10_500_000) {
      machine.advance(to: machine.now + TestMachine.turn)
    }
    #expect(machine.running == server.thread)
    let payer = machine.budgetID(of: isInTime ? budget : serverBudget)
    #expect(machine.kernel.objects[machine.kernel.cpu].payer == payer)
    machine.replyAndReceive(server, right, serving)
    // Without time of its own the client is behind the one that spins.
    #expect((machine.running == client.thread) == isInTime)
    #expect(machine.findings == [])
  }

  /// The client calls the server, and init is out of the way.
  ///
  /// - Returns: The server's end.
  @discardableResult
  private func callAndLoop(_ client: Actor, _ server: Actor) -> Handle {
    let endpoint = machine.makeEndpoint()
    let serving = machine.give(endpoint, to: server)
    let calling = machine.give(endpoint, to: client)
    machine.receive(server, serving)
    machine.parkInit()
    machine.request(client, calling)
    return serving
  }

  /// A server that is throttled already takes a call from its queue: it returns with its caller's
  /// period.
  @Test func whoTakesACallWhileThrottledReturnsWithItsCaller() {
    let client = machine.spawn(priority: 50, budget: machine.makeBudget(share: 1_000))
    let server = machine.spawn(
      priority: 90, budget: machine.makeBudget(share: 10, in: 1_000_000))
    let victim = machine.spawn(priority: 10)
    let endpoint = machine.makeEndpoint()
    let calling = machine.give(endpoint, to: client)
    let serving = machine.give(endpoint, to: server)
    let alarm = machine.give(machine.makeNotification(), to: victim)
    machine.wait(victim, alarm, deadline: machine.now + 3_000_000)
    machine.parkInit()
    // The server spends what it has, and the client its own; then the CPU is idle but for them.
    machine.become(client.thread)
    while !machine.kernel.objects[client.thread].isThrottled
      || !machine.kernel.objects[server.thread].isThrottled
    { machine.advance(to: machine.now + TestMachine.turn) }
    machine.become(client.thread)
    machine.request(client, calling)
    machine.become(server.thread)
    machine.receive(server, serving)
    #expect(machine.outcome(server).result.reply != .none)
    let end = machine.now + 2 * TestMachine.sharePeriod
    var ran = 0
    while machine.now < end {
      if machine.running == server.thread, !machine.kernel.objects[server.thread].isThrottled {
        ran += 1
      }
      machine.advance(to: machine.now + TestMachine.turn)
    }
    #expect(ran >= 9, "\(ran) turns")
    #expect(machine.findings == [])
  }
}
