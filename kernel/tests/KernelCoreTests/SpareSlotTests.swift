import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// The right to answer is in a slot that its thread keeps, and in a slot of its own only when it is
/// kept, moved or handed on.
@Suite struct SpareSlotTests {
  typealias Transfers = TestMachine.Transfers

  private struct Rig {
    let machine = TestMachine()
    let server: Actor
    let helper: Actor
    let clients: [Actor]
    let serving: Handle
    let calling: [Handle]

    init(clients count: Int = 3) {
      let machine = machine
      server = machine.spawn()
      helper = machine.addThread(to: server)
      let endpoint = machine.makeEndpoint()
      serving = machine.give(endpoint, to: server)
      clients = (0..<count).map { _ in machine.spawn() }
      calling = clients.map { machine.give(endpoint, to: $0) }
    }

    /// A client calls and the server receives; the handle to answer it.
    func receive(from client: Int, deadline: UInt64 = Deadline.never) -> Handle {
      machine.request(clients[client], calling[client], [7], deadline: deadline)
      let outcome = machine.receive(server, serving)
      #expect(outcome.message == [7])
      return outcome.result.reply
    }

    var used: UInt32 { machine.kernel.objects[server.process].table.usedCount }
  }

  /// However many calls it answers, by the fast path and the general one, the table is as it was.
  @Test(arguments: [true, false])
  func callsTakeNoSlots(isFast: Bool) {
    let rig = Rig()
    let machine = rig.machine
    let deadline = isFast ? Deadline.never : 1 << 40
    machine.receive(rig.server, rig.serving)
    let used = rig.used
    var handles: Set<UInt32> = []
    for round in 0..<200 {
      let client = round % 3
      machine.request(rig.clients[client], rig.calling[client], [7], deadline: deadline)
      let right = machine.outcome(rig.server).result.reply
      #expect(handles.insert(right.rawValue).inserted)
      #expect(rig.used == used)
      machine.replyAndReceive(rig.server, right, rig.serving, [8], deadline: deadline)
      #expect(machine.outcome(rig.clients[client]).message == [8])
      #expect(machine.reply(rig.helper, right, [9]).status == .badCapability)
    }
    #expect(rig.used == used)
    #expect(machine.findings == [])
  }

  /// Rights that are not used at once stay good, each under its handle, for any thread.
  @Test(arguments: [true, false])
  func unansweredRightsAreKept(byAnother: Bool) {
    let rig = Rig()
    let machine = rig.machine
    let rights = (0..<3).map { rig.receive(from: $0) }
    #expect(Set(rights.map(\.slot)).count == 3)
    machine.receive(rig.server, rig.serving, deadline: Deadline.poll)
    for index in [1, 0, 2] {
      let answered = machine.reply(
        byAnother ? rig.helper : rig.server, rights[index], [UInt64(index)])
      #expect(answered.status == .ok)
      #expect(machine.outcome(rig.clients[index]).message == [UInt64(index)])
    }
    #expect(machine.findings == [])
  }

  /// A right that is moved, within the table or to somebody else, leaves the thread without a spare.
  @Test(arguments: ["within", "message", "waiting message"])
  func `CAL_005 rightsCanBeMoved`(way: String) {
    let rig = Rig()
    let machine = rig.machine
    let right = rig.receive(from: 0)
    let endpoint = machine.makeEndpoint()
    let passing = machine.give(endpoint, to: rig.server)
    let taking = machine.give(endpoint, to: rig.clients[1])
    var (holder, moved) = (rig.server, Handle.none)
    switch way {
    case "within": moved = machine.move(rig.server, right).handle
    case "message":
      machine.receive(rig.clients[1], taking, .acceptAny)
      machine.send(rig.server, passing, [], .move(right))
      holder = rig.clients[1]
      moved = machine.outcome(holder).capabilities[0]
    default:
      machine.send(rig.helper, passing, [], .move(right))
      // The server goes on meanwhile.
      #expect(rig.receive(from: 2) != .none)
      holder = rig.clients[1]
      moved = machine.receive(holder, taking, .acceptAny).capabilities[0]
    }
    #expect(moved != .none)
    #expect(machine.reply(rig.server, right).status == .badCapability)
    #expect(machine.findings == [])
    #expect(machine.reply(holder, moved, [5]).status == .ok)
    #expect(machine.outcome(rig.clients[0]).message == [5])
    #expect(machine.findings == [])
  }

  /// The caller goes first: the handle is stale, and the slot serves the next call.
  @Test(arguments: ["timeOut", "end", "suspendedServer"])
  func `CAL_013 callersThatGoTakeTheRightBack`(way: String) {
    let rig = Rig()
    let machine = rig.machine
    let due = machine.now + 1_000
    let right = rig.receive(from: 0, deadline: way == "end" ? Deadline.never : due)
    if way == "suspendedServer" {
      machine.call(machine.initial, .suspend, UInt64(rig.server.threadHandle.rawValue))
    }
    if way == "end" {
      machine.destroy(machine.initial, rig.clients[0].processHandle)
    } else {
      machine.advance(to: due)
      #expect(machine.outcome(rig.clients[0]).status == .timedOut)
    }
    if way == "suspendedServer" {
      machine.call(machine.initial, .resume, UInt64(rig.server.threadHandle.rawValue))
    }
    let used = rig.used
    #expect(machine.reply(rig.server, right).status == .badCapability)
    let next = rig.receive(from: 1)
    #expect(next.slot == right.slot && next != right)
    #expect(rig.used == used)
    #expect(machine.reply(rig.server, next, [6]).status == .ok)
    #expect(machine.findings == [])
  }

  /// The thread that received the call ends, and its process goes on: the caller hears of it.
  @Test(arguments: [true, false])
  func `CAL_010 endOfTheServersThreadEndsItsCall`(isKept: Bool) {
    let rig = Rig()
    let machine = rig.machine
    let right = rig.receive(from: 0)
    // With another received after it, it belongs to the process.
    if isKept { _ = rig.receive(from: 1) }
    let before = machine.usage.frames
    machine.destroy(machine.initial, rig.server.threadHandle)

    if isKept {
      #expect(machine.outcome(rig.clients[0]) == .blocked)
      #expect(machine.reply(rig.helper, right, [4]).status == .ok)
      #expect(machine.outcome(rig.clients[0]).message == [4])
    } else {
      #expect(machine.outcome(rig.clients[0]).status == .peerGone)
      #expect(machine.reply(rig.helper, right).status == .badCapability)
    }
    #expect(machine.usage.frames <= before)
    #expect(machine.findings == [])
  }

  /// Deleting the handle drops the right.
  @Test func `CAL_008 deletedRightTellsTheCaller`() {
    let rig = Rig()
    let machine = rig.machine
    let right = rig.receive(from: 0)
    #expect(machine.delete(rig.server, right).status == .ok)
    #expect(machine.outcome(rig.clients[0]).status == .peerGone)
    let next = rig.receive(from: 1)
    #expect(machine.reply(rig.server, next).status == .ok)
    #expect(machine.findings == [])
  }

  /// A table without a free slot: who has a spare goes on, who needs one is told so and loses
  /// nothing.
  @Test func `RES_004 fullTablesRefuseWhatNeedsASlot`() {
    let rig = Rig()
    let machine = rig.machine
    let budget = machine.rootBudget
    let first = rig.receive(from: 0)
    let limit = machine.kernel.objects[budget]
    func fill() {
      while machine.kernel.objects[rig.server.process].table.freeCount > 0 {
        machine.copy(
          machine.initial, TestMachine.budgetHandle, to: rig.server.processHandle, rights: .none)
      }
    }
    fill()
    machine.kernel.objects[budget].memoryUsed = limit.memoryLimit
    machine.request(rig.clients[1], rig.calling[1], [7])
    // The first is unanswered: there is no slot for another.
    let refused = machine.receive(rig.server, rig.serving)
    #expect(refused.status == .noMemory)
    #expect(machine.outcome(rig.clients[1]) == .blocked)
    // Answering makes room.
    let outcome = machine.replyAndReceive(rig.server, first, rig.serving, [1])
    #expect(machine.outcome(rig.clients[0]).message == [1])
    #expect(outcome.message == [7])
    #expect(machine.reply(rig.server, outcome.result.reply, [2]).status == .ok)
    #expect(machine.receive(rig.helper, rig.serving, deadline: 1 << 40).status == .noMemory)
    machine.kernel.objects[budget].memoryUsed = limit.memoryUsed
    #expect(machine.findings == [])
  }

  /// The slot that a thread keeps is none of those that it names for what may come.
  @Test(arguments: [[63], [63, 62], [61, 63, 62, 60], [0xffff]] as [[UInt16]])
  func namedSlotsAreNoSpares(accepts: [UInt16]) {
    let rig = Rig(clients: 1)
    let machine = rig.machine
    machine.receive(rig.server, rig.serving, Transfers(accepts: accepts))
    let gift = machine.give(machine.makeNotification(), to: rig.clients[0])
    machine.request(
      rig.clients[0], rig.calling[0], [7],
      Transfers(attached: accepts.map { _ in (gift, .all, false) }))
    let outcome = machine.outcome(rig.server)
    #expect(outcome.message == [7])
    #expect(outcome.capabilities.count == accepts.count)
    if accepts[0] != 0xffff { #expect(outcome.capabilities.map(\.slot) == accepts) }
    #expect(machine.reply(rig.server, outcome.result.reply).status == .ok)
    #expect(machine.findings == [])
  }

  /// The free slots are those that the receiver names: the table grows for the spare.
  @Test(arguments: [1, 2, 4])
  func slotNamedForACapabilityIsNoSpare(count: Int) {
    let machine = TestMachine()
    let server = machine.spawn()
    let client = machine.spawn()
    let endpoint = machine.makeEndpoint()
    let serving = machine.give(endpoint, to: server)
    let calling = machine.give(endpoint, to: client)
    let gift = machine.give(machine.makeNotification(), to: client)
    while machine.kernel.objects[server.process].table.freeCount > count {
      machine.copy(
        machine.initial, TestMachine.budgetHandle, to: server.processHandle, rights: .none)
    }
    var free: [UInt16] = []
    var slot = machine.kernel.objects[server.process].table.free.first
    while !slot.isNone {
      free.append(machine.kernel.objects[slot].index)
      slot = List<FreeSlots>.next(after: slot, in: machine.kernel.objects)
    }
    #expect(free.count == count)
    machine.receive(server, serving, Transfers(accepts: free))
    machine.request(
      client, calling, [7], Transfers(attached: free.map { _ in (gift, .all, false) }))
    let outcome = machine.outcome(server)
    #expect(outcome.message == [7])
    #expect(outcome.capabilities.map(\.slot) == free, "free were \(free)")
    #expect(machine.findings == [])
  }

  /// The receiver accepts one capability and two come: none is taken, and the chunk that was added
  /// for the first is given back.
  @Test(arguments: [false, true])
  func spareIsNotInAChunkThatIsGivenBack(hasUnanswered: Bool) {
    let machine = TestMachine()
    let server = machine.spawn()
    let clients = [machine.spawn(), machine.spawn()]
    let endpoint = machine.makeEndpoint()
    let serving = machine.give(endpoint, to: server)
    let calling = clients.map { machine.give(endpoint, to: $0) }
    let gift = machine.give(machine.makeNotification(), to: clients[1])
    machine.request(clients[0], calling[0], [7])
    let first = machine.receive(server, serving).result.reply
    if !hasUnanswered { machine.reply(server, first) }
    machine.request(
      clients[1], calling[1], [7],
      Transfers(attached: [(gift, .all, false), (gift, .all, false)]))
    let before = machine.usage.frames
    let outcome = machine.receive(server, serving, Transfers(accepts: [64 * 20]))
    #expect(outcome.message == [7] && outcome.capabilities == [])
    #expect(machine.usage.frames == before)
    #expect(machine.findings == [])
  }

  /// A thread that waits for the next call has put the right aside: its end is not the process's.
  @Test func rightThatWasPutAsideOutlivesItsThread() {
    let rig = Rig()
    let machine = rig.machine
    let right = rig.receive(from: 0)
    machine.receive(rig.server, rig.serving, deadline: 1 << 40)

    machine.destroy(machine.initial, rig.server.threadHandle)

    #expect(machine.outcome(rig.clients[0]).isBlocked)
    #expect(machine.reply(rig.helper, right, [9]).status == .ok)
    #expect(machine.outcome(rig.clients[0]).message == [9])
    #expect(machine.findings == [])
  }
}
