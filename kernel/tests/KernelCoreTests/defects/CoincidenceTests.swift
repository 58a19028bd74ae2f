import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// Calls that meet an end, or each other, half-way.
@Suite struct CoincidenceTests {
  typealias Transfers = TestMachine.Transfers

  /// The fast path looks at an endpoint's end too.
  @Test(arguments: [true, false])
  func `IPC_503 callToADestroyedEndpointMeetsNobody`(isPlain: Bool) {
    let machine = TestMachine()
    let low = machine.spawn(priority: 10)
    let server = machine.spawn(priority: 70)
    let client = machine.spawn(priority: 60)
    let endpoint = machine.makeEndpoint()
    machine.receive(server, machine.give(endpoint, to: server))
    let calling = machine.give(endpoint, to: client)
    machine.holdingWork {
      machine.destroy(low, machine.give(endpoint, to: low))
      #expect(machine.outcome(server) == .blocked)

      let outcome = machine.request(client, calling, [1, 2], isPlain ? nil : Transfers())

      #expect(outcome.status == .peerGone)
      #expect(machine.outcome(server) == .blocked)
      machine.become(low.thread)
      machine.finishEnding()
      machine.enter { $0.wokenUp() }
    }
    #expect(machine.outcome(server).status == .peerGone)
    #expect(machine.findings == [])
  }

  @Test func `IPC_503 replyAndReceiveFromADestroyedEndpoint`() {
    let machine = TestMachine()
    let low = machine.spawn(priority: 10)
    let server = machine.spawn(priority: 60)
    let client = machine.spawn(priority: 60)
    let endpoint = machine.makeEndpoint()
    let receiving = machine.give(endpoint, to: server)
    machine.receive(server, receiving)
    machine.request(client, machine.give(endpoint, to: client), [1])
    let right = machine.outcome(server).result.reply
    machine.holdingWork {
      machine.destroy(low, machine.give(endpoint, to: low))

      let outcome = machine.replyAndReceive(server, right, receiving, [7])

      // The caller has its answer; there is nothing to receive any more.
      #expect(machine.outcome(client).message == [7])
      #expect(outcome.status == .peerGone)
    }
    machine.finishEnding()
    #expect(machine.findings == [])
  }

  // MARK: Deleting what others are at

  @Test func `REV_503 revokeOfWhatIsBeingDeletedIsCancelled`() {
    let machine = TestMachine(frames: 4096)
    let home = machine.spawn()
    let deleter = machine.addThread(to: home)
    let waiters = (0..<200).map { _ in machine.addThread(to: home) }
    let used = machine.give(machine.makeNotification(), to: home)
    for waiter in waiters { machine.wait(waiter, used) }
    for _ in 0..<300 { machine.copy(home, used, rights: .all) }
    machine.holdingWork {
      machine.revoke(home, used)
      #expect(machine.isWorking(home))
      machine.delete(deleter, used)
      #expect(machine.isWorking(deleter))

      machine.finishWork(of: home)

      #expect(machine.isWorking(deleter))
      #expect(machine.outcome(home).status == .cancelled)
      machine.finishWork(of: deleter)
    }
    #expect(machine.outcome(deleter).status == .ok)
    #expect(waiters.allSatisfy { machine.outcome($0).status == .cancelled })
    #expect(machine.findings == [])
  }

  /// Who maps for long does not fill what another empties.
  @Test(arguments: ["delete", "revoke", "budget", "process"])
  func `MEM_503 longMapEndsWithWhatItIsMadeThrough`(end: String) {
    let machine = TestMachine(frames: 4096)
    let mapper = machine.spawn()
    let ender = machine.addThread(to: mapper)
    let target = machine.spawn()
    let budget = machine.make(.budget, [1_100 * 4096, 10])
    let memory = machine.make(.memory, [1_000 * 4096], budget: budget)
    let used = machine.give(memory, to: mapper)
    let process = machine.give(target.processHandle, to: mapper)
    var batches = 0
    machine.holdingWork {
      machine.map(
        mapper, used, process: process, at: 0x4000_0000, byteCount: 1_000 * 4096)
      for _ in 0..<4 { machine.continueWork(of: mapper) }
      switch end {
      case "delete": machine.delete(ender, used)
      case "revoke": machine.revoke(machine.initial, memory)
      case "budget": machine.destroy(machine.initial, budget)
      default: machine.destroy(machine.initial, target.processHandle)
      }
      // By turns, as two equals would have them.
      while batches < 100, machine.isWorking(mapper) || machine.isWorking(ender)
        || machine.isWorking(machine.initial) || machine.kernel.isReaping
      {
        if machine.isWorking(mapper) { machine.continueWork(of: mapper) }
        if machine.isWorking(ender) { machine.continueWork(of: ender) }
        if machine.isWorking(machine.initial) { machine.continueWork(of: machine.initial) }
        if machine.kernel.isReaping { machine.enter { if $0.hasWork { $0.runBatch() } } }
        batches += 1
      }
    }
    #expect(machine.outcome(mapper).status == .cancelled)
    // What was mapped when it began is undone once, not filled up first.
    #expect(batches <= 15, "\(batches) batches")
    #expect(machine.findings == [])
  }

  @Test func `RES_501 condemnedBudgetTakesNothingMore`() {
    let machine = TestMachine()
    let outsider = machine.spawn()
    let budget = machine.make(.budget, [100 * 4096, 100])
    let memory = machine.make(.memory, [4096], budget: budget)
    for _ in 0..<20 { _ = machine.make(.endpoint, budget: budget) }
    let own = machine.give(budget, to: outsider)
    let whole = machine.give(memory, to: outsider)
    machine.holdingWork {
      machine.destroy(machine.initial, budget)
      for type in [ObjectType.endpoint, .notification, .process, .budget, .memory] {
        let words: [UInt64] = type == .budget ? [4096, 1] : type == .memory ? [4096] : []
        let made = machine.call(
          outsider, .create, UInt64(own.rawValue), UInt64(type.rawValue), 0xffff, words)
        #expect(made.status == .badState, "\(type)")
      }
      // The memory goes first; until its capabilities are gone, no part is made of it.
      machine.kernel.objects.condemn(machine.object(of: whole, in: outsider))
      let part = machine.call(
        outsider, .derive, UInt64(whole.rawValue), 0, 0xffff,
        [4096, UInt64(Rights.all.bits)])
      #expect(part.status == .badState)
    }
    machine.finishEnding()
    #expect(!machine.names(machine.initial, budget))
    #expect(machine.findings == [])
  }

  // MARK: Bindings

  /// bind.md: 107 if either is destroyed.
  @Test(arguments: ["process", "thread", "handler", "interrupt"])
  func `RES_503 nothingIsBoundToWhatIsDestroyed`(kind: String) {
    let machine = TestMachine()
    let actor = machine.spawn()
    let target = kind == "handler" ? machine.makeEndpoint() : machine.makeNotification()
    var source = kind == "process" ? actor.processHandle : actor.threadHandle
    if kind == "interrupt" {
      source = machine.make(.interrupt, [UInt64(TestMachine.machineHandle.rawValue), 3])
    }
    machine.destroy(machine.initial, target)

    let bound = machine.call(
      machine.initial, .bind, UInt64(source.rawValue), UInt64(target.rawValue))

    #expect(bound.status == .badState)
  }

  // MARK: How much one call may do

  /// Waits through all that a message moves count together, with what the waiters attached.
  @Test(arguments: [(4, 4, 0), (5, 4, 0), (4, 3, 1), (3, 1, 4), (4, 1, 4), (1, 4, 3), (1, 4, 4)])
  func `RES_502 oneMessageCancelsFewWaits`(each: Int, moved: Int, attached: Int) {
    let machine = TestMachine(frames: 4096)
    let home = machine.spawn()
    var waiters: [Actor] = []
    var transfers = Transfers()
    for _ in 0..<moved {
      let used = machine.give(machine.makeEndpoint(), to: home)
      for _ in 0..<each {
        let waiter = machine.addThread(to: home)
        let gifts = (0..<attached).map { _ in
          machine.give(machine.makeNotification(), to: home)
        }
        machine.send(
          waiter, used, [], Transfers(attached: gifts.map { ($0, .all, false) }))
        waiters.append(waiter)
      }
      transfers.attached.append((used, .all, true))
    }
    let taker = machine.spawn()
    let endpoint = machine.makeEndpoint()
    let sending = machine.give(endpoint, to: home)
    machine.receive(taker, machine.give(endpoint, to: taker), .acceptAny)
    let total = moved * each * (1 + attached)
    let before = machine.counts

    let largest = machine.largestRelease {
      let outcome = machine.send(home, sending, [1], transfers)
      #expect(outcome.status == (total > 16 ? .badState : .ok))
    }

    #expect(largest <= 64)
    if total > 16 {
      #expect(machine.counts == before)
      #expect(waiters.allSatisfy { machine.outcome($0) == .blocked })
    } else {
      #expect(waiters.allSatisfy { machine.outcome($0).status == .cancelled })
      #expect(machine.outcome(taker).capabilities.count == moved)
    }
    #expect(machine.findings == [])
  }

  /// One call may need a new part of a table for each slot that either half names.
  @Test func `CAP_503 bothHalvesOfOneCallMayGrowTables`() {
    let machine = TestMachine(frames: 4096)
    let server = machine.spawn()
    let client = machine.spawn()
    let second = machine.spawn()
    let endpoint = machine.makeEndpoint()
    let receiving = machine.give(endpoint, to: server)
    let gifts = (0..<4).map { _ in machine.give(machine.makeNotification(), to: server) }
    let others = (0..<4).map { _ in machine.give(machine.makeNotification(), to: second) }
    machine.receive(server, receiving)
    machine.request(
      client, machine.give(endpoint, to: client), [],
      Transfers(accepts: [640, 1280, 1920, 2560]))
    let right = machine.outcome(server).result.reply
    machine.request(
      second, machine.give(endpoint, to: second), [9],
      Transfers(attached: others.map { ($0, .all, false) }))
    // The server's table is full but for what it names.
    var filled: [Handle] = []
    while machine.kernel.objects[server.process].table.freeCount > 0 {
      filled.append(machine.copy(server, gifts[0], rights: .all).handle)
    }
    machine.delete(server, filled[0])

    let outcome = machine.replyAndReceive(
      server, right, receiving, [5],
      Transfers(
        attached: gifts.map { ($0, .all, false) }, accepts: [6_400, 12_800, 19_200, 25_600]))

    #expect(machine.outcome(client).capabilities.map(\.slot) == [640, 1280, 1920, 2560])
    #expect(outcome.capabilities.map(\.slot) == [6_400, 12_800, 19_200, 25_600])
    #expect(outcome.message == [9])
    #expect(machine.findings == [])
  }

  @Test(arguments: [0, 1, 63, 64, 65, 200], [true, false])
  func manyWaitersAreCountedToALimit(count: Int, areSenders: Bool) {
    let machine = TestMachine(frames: 4096)
    let home = machine.spawn()
    let endpoint = machine.makeEndpoint()
    let used = machine.give(endpoint, to: home)
    for _ in 0..<count {
      let waiter = machine.addThread(to: home)
      if areSenders { machine.send(waiter, used) } else { machine.receive(waiter, used) }
    }

    let words = machine.query(machine.initial, endpoint)

    let expected = UInt64(min(count, 64))
    #expect(words?[0] == (areSenders ? expected : 0))
    #expect(words?[1] == (areSenders ? 0 : expected))
  }
}
