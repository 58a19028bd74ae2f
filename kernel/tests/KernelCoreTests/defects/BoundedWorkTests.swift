import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// One call or batch ends, wakes and gives back at most 64 things, whatever it began.
@Suite struct BoundedWorkTests {
  typealias Transfers = TestMachine.Transfers

  /// How what others wait on goes away.
  enum End: CaseIterable, CustomTestStringConvertible {
    case destroy, deleteLast, endProcess, revoke
    var testDescription: String { "\(self)" }
  }

  @Test(arguments: End.allCases, [true, false])
  func `RES_502 manyWaitersOfOneEndpoint`(end: End, areReceivers: Bool) {
    let machine = TestMachine(frames: 2048)
    let holder = machine.spawn()
    let home = machine.spawn()
    let waiters = (0..<300).map { _ in machine.addThread(to: home) }
    let endpoint = machine.makeEndpoint()
    let reader = machine.give(endpoint, to: holder)
    let rights = areReceivers ? Rights.all : Rights.all.subtracting(.read)
    let used = machine.give(endpoint, to: home, rights: rights)
    for waiter in waiters {
      if areReceivers { machine.receive(waiter, used) } else { machine.send(waiter, used) }
    }
    // Receivers keep the endpoint from being deserted, so only these two end their waits.
    if areReceivers, end == .deleteLast || end == .endProcess { return }
    if end == .deleteLast || end == .endProcess { machine.delete(machine.initial, endpoint) }

    let largest = machine.largestRelease {
      switch end {
      case .destroy: machine.destroy(machine.initial, endpoint)
      case .deleteLast: machine.delete(holder, reader)
      case .endProcess: machine.destroy(machine.initial, holder.processHandle)
      case .revoke: machine.revoke(machine.initial, endpoint)
      }
    }

    let expected: SyscallStatus = end == .revoke ? .cancelled : .peerGone
    #expect(waiters.allSatisfy { machine.outcome($0).status == expected })
    #expect(largest <= 64, "\(largest) in one batch")
    #expect(machine.findings == [])
  }

  @Test(arguments: [End.destroy, .endProcess, .revoke])
  func `RES_502 manyWaitersOfOneNotification`(end: End) {
    let machine = TestMachine(frames: 2048)
    let holder = machine.spawn()
    let home = machine.spawn()
    let waiters = (0..<300).map { _ in machine.addThread(to: home) }
    let notification = machine.makeNotification()
    let used = machine.give(notification, to: home)
    for waiter in waiters { machine.wait(waiter, used) }
    _ = machine.give(notification, to: holder)

    let largest = machine.largestRelease {
      switch end {
      case .destroy: machine.destroy(machine.initial, notification)
      case .endProcess: machine.destroy(machine.initial, home.processHandle)
      case .revoke, .deleteLast: machine.revoke(machine.initial, notification)
      }
    }

    #expect(waiters.allSatisfy { machine.outcome($0).status != nil || end == .endProcess })
    #expect(largest <= 64, "\(largest) in one batch")
    #expect(machine.findings == [])
  }

  /// A process holds the last readers of many endpoints with senders that carry more.
  @Test func `RES_502 endingAProcessWithManyQueues`() {
    let machine = TestMachine(frames: 4096)
    let holder = machine.spawn()
    let home = machine.spawn()
    var senders: [Actor] = []
    for _ in 0..<60 {
      let endpoint = machine.makeEndpoint()
      let used = machine.give(endpoint, to: home, rights: Rights.all.subtracting(.read))
      for _ in 0..<5 {
        let sender = machine.addThread(to: home)
        let gift = machine.give(machine.makeNotification(), to: home)
        machine.send(
          sender, used, [1], Transfers(attached: [(gift, .all, false), (used, .all, false)]))
        senders.append(sender)
      }
      machine.move(machine.initial, endpoint, to: holder.processHandle)
    }

    let largest = machine.largestRelease {
      machine.destroy(machine.initial, holder.processHandle)
    }

    #expect(senders.allSatisfy { machine.outcome($0).status == .peerGone })
    #expect(largest <= 64, "\(largest) in one batch")
    #expect(machine.findings == [])
  }

  /// Each part keeps the memory alive that it was derived from.
  @Test func `RES_502 chainOfMemoryParts`() {
    let machine = TestMachine(frames: 1024)
    let whole = machine.makeMemory(pages: 4)
    let before = machine.counts
    var chain = [whole]
    for _ in 0..<1_500 {
      let part = machine.call(
        machine.initial, .derive, UInt64(chain[chain.count - 1].rawValue), 0, 0xffff,
        [4096, UInt64(Rights.all.bits)])
      #expect(part.status == .ok)
      chain.append(part.handle)
    }
    for handle in chain.dropLast() { machine.delete(machine.initial, handle) }

    let largest = machine.largestRelease { machine.delete(machine.initial, chain[1_500]) }

    #expect(machine.counts.objects == before.objects - 1)
    #expect(largest <= 64, "\(largest) in one batch")
    #expect(machine.findings == [])
  }

  /// Each budget keeps its parent in use.
  @Test func `RES_502 chainOfBudgets`() {
    let machine = TestMachine(frames: 2048)
    let before = machine.counts
    var chain: [Handle] = []
    for depth in 0..<300 as Range<UInt64> {
      chain.append(
        machine.make(
          .budget, [(1000 - 3 * depth) * 4096, 1000 - 3 * depth],
          budget: chain.last ?? TestMachine.budgetHandle))
    }
    for handle in chain.dropLast() { machine.delete(machine.initial, handle) }

    let largest = machine.largestRelease { machine.delete(machine.initial, chain[299]) }

    #expect(machine.counts == before)
    #expect(largest <= 64, "\(largest) in one batch")
    #expect(machine.findings == [])
  }

  // MARK: Moving what many wait through

  @Test(arguments: [0, 1, 15, 16, 17, 18, 100], [true, false])
  func `RES_502 whatManyWaitThroughDoesNotMove`(count: Int, isEndpoint: Bool) {
    for byMessage in [false, true] {
      for isReceiverFirst in byMessage ? [true, false] : [true] {
        let machine = TestMachine(frames: 512)
        let home = machine.spawn()
        let taker = machine.spawn()
        let waiters = (0..<count).map { _ in machine.addThread(to: home) }
        let witness = machine.addThread(to: home)
        let object = isEndpoint ? machine.makeEndpoint() : machine.makeNotification()
        let used = machine.give(object, to: home)
        let endpoint = machine.makeEndpoint()
        let sending = machine.give(endpoint, to: home)
        let receiving = machine.give(endpoint, to: taker)
        for waiter in waiters {
          if isEndpoint { machine.receive(waiter, used) } else { machine.wait(waiter, used) }
        }
        if byMessage, isReceiverFirst { machine.receive(taker, receiving, .acceptAny) }
        let before = machine.counts

        let outcome =
          byMessage
          ? machine.send(home, sending, [1], .move(used)) : machine.move(home, used)

        if count > 16 {
          #expect(outcome.status == .badState)
          #expect(machine.counts == before)
          #expect(waiters.allSatisfy { machine.outcome($0) == .blocked })
          #expect(machine.names(witness, used))
        } else {
          #expect(outcome.status == .ok || byMessage && !isReceiverFirst)
          #expect(waiters.allSatisfy { machine.outcome($0).status == .cancelled })
        }
        #expect(machine.findings == [])
      }
    }
  }

  /// A reply carries such a capability no more than a send does.
  @Test(arguments: [16, 17], [true, false])
  func `RES_502 norByReply`(count: Int, receivesNext: Bool) {
    let machine = TestMachine(frames: 512)
    let home = machine.spawn()
    let client = machine.spawn()
    let witness = machine.addThread(to: home)
    let waiters = (0..<count).map { _ in machine.addThread(to: home) }
    let used = machine.give(machine.makeNotification(), to: home)
    for waiter in waiters { machine.wait(waiter, used) }
    let endpoint = machine.makeEndpoint()
    let receiving = machine.give(endpoint, to: home)
    machine.receive(home, receiving)
    machine.request(client, machine.give(endpoint, to: client), [], .acceptAny)
    let right = machine.outcome(home).result.reply

    let outcome =
      receivesNext
      ? machine.replyAndReceive(home, right, receiving, [], .move(used))
      : machine.reply(home, right, [], .move(used))

    if count > 16 {
      #expect(outcome.status == .badState)
      #expect(machine.names(witness, used))
      #expect(machine.outcome(client) == .blocked)
    } else {
      #expect(machine.outcome(client).capabilities.count == 1)
    }
    #expect(machine.findings == [])
  }

  /// A call finds many receivers whose tables cannot take the right to answer it.
  @Test func `RES_502 manyReceiversWithoutASlot`() {
    let machine = TestMachine(frames: 2048)
    let budget = machine.make(.budget, [150 * 4096, 1_000])
    let home = machine.spawn(budget: budget)
    let waiters = (0..<200).map { _ in machine.addThread(to: home) }
    let endpoint = machine.makeEndpoint()
    let receiving = machine.give(endpoint, to: home)
    for waiter in waiters { machine.receive(waiter, receiving) }
    // The budget's memory goes, then the slots that are left.
    while machine.call(
      machine.initial, .create, UInt64(budget.rawValue), UInt64(ObjectType.memory.rawValue),
      0xffff, [4096]
    ).status == .ok {}
    while machine.copy(
      machine.initial, endpoint, to: home.processHandle, rights: .read
    ).status == .ok {}
    let caller = machine.spawn()
    let calling = machine.give(endpoint, to: caller)

    let largest = machine.largestRelease { machine.request(caller, calling) }

    #expect(largest <= 64, "\(largest) in one batch")
    #expect(machine.findings == [])
  }

  // MARK: Timers

  /// Nodes of a timer queue are threads, each in granules of its own.
  @Test(arguments: [10, 100, 600])
  func `RES_502 oneTimerTouchesFewOthers`(count: Int) {
    let machine = TestMachine(frames: 1500)
    let home = machine.spawn()
    let waiters = (0..<count).map { _ in machine.addThread(to: home) }
    let used = machine.give(machine.makeNotification(), to: home)
    let first = machine.give(machine.makeNotification(), to: home)
    let due = machine.now + 1_000_000
    // The earliest comes first, so that all others become its children.
    machine.wait(home, first, deadline: due)
    for (index, waiter) in waiters.enumerated() {
      machine.wait(waiter, used, deadline: due + 1 + UInt64(index * 7919 % count))
    }

    let touched = machine.changedGranules { machine.advance(to: due) }

    #expect(machine.outcome(home).status == .timedOut)
    #expect(touched <= 80, "\(touched) granules")
    #expect(machine.findings == [])
  }

  @Test func `RES_502 manyTimersFireInSteps`() {
    let machine = TestMachine(frames: 1500)
    let home = machine.spawn()
    let waiters = (0..<300).map { _ in machine.addThread(to: home) }
    let used = machine.give(machine.makeNotification(), to: home)
    for waiter in waiters { machine.wait(waiter, used, deadline: machine.now + 10_000) }
    machine.kernel.platform.advance(to: machine.now + 20_000)
    var before = machine.counts
    var largest = 0
    for _ in 0..<300 where machine.counts.waiters > 0 {
      machine.enter { $0.timerFired() }
      largest = max(largest, before.released(until: machine.counts))
      before = machine.counts
    }

    #expect(waiters.allSatisfy { machine.outcome($0).status == .timedOut })
    #expect(largest <= 64)
    #expect(machine.findings == [])
  }

  /// At the end of time nothing is due that nobody waits for.
  @Test(arguments: [0, 1, 3])
  func timerAtTheEndOfTimeWakesNobodyForNothing(waiters: Int) {
    let machine = TestMachine()
    let home = machine.spawn()
    let used = machine.give(machine.makeNotification(), to: home)
    let actors = (0..<waiters).map { _ in machine.addThread(to: home) }
    for actor in actors { machine.wait(actor, used) }
    machine.kernel.platform.advance(to: .max)

    machine.enter { $0.timerFired() }

    #expect(actors.allSatisfy { machine.outcome($0) == .blocked })
    #expect(machine.canAct(home))
    #expect(machine.findings == [])
  }
}
