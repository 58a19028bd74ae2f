import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// `call` and `reply`: every call ends exactly once.
@Suite struct CallTests {
  struct Rig {
    let machine = TestMachine()
    let client: Actor
    let server: Actor
    let endpoint: Handle
    let calling: Handle
    let serving: Handle

    init() {
      client = machine.spawn()
      server = machine.spawn()
      endpoint = machine.makeEndpoint()
      calling = machine.give(endpoint, to: client, rights: .all.subtracting(.read), badge: 3)
      serving = machine.give(endpoint, to: server)
      // Only the server can receive.
      machine.delete(machine.initial, endpoint)
    }

    /// The client calls and the server receives; returns the right to answer.
    func accept() -> Handle {
      machine.request(client, calling, [1])
      return machine.receive(server, serving).result.reply
    }
  }

  @Test(arguments: 0...8, 0...8)
  func `CAL_001 requestAndReplyAreExact`(requestLength: Int, replyLength: Int) {
    for isServerFirst in [true, false] {
      let rig = Rig()
      let request = (0..<requestLength).map { UInt64($0) &* 0x0101_0101 }
      let answer = (0..<replyLength).map { UInt64($0) &+ 1 << 40 }

      if isServerFirst { rig.machine.receive(rig.server, rig.serving) }
      rig.machine.request(rig.client, rig.calling, request)
      if !isServerFirst { rig.machine.receive(rig.server, rig.serving) }
      let received = rig.machine.outcome(rig.server)
      #expect(received.message == request)
      #expect(received.value == 3)
      rig.machine.reply(rig.server, received.result.reply, answer)

      #expect(rig.machine.outcome(rig.client).status == .ok)
      #expect(rig.machine.outcome(rig.client).message == answer)
      #expect(rig.machine.outcome(rig.client).value == 0)
      #expect(rig.machine.findings == [])
    }
  }

  @Test func `CAL_002 repliesReachTheirCallers`() {
    let rig = Rig()
    let second = rig.machine.addThread(to: rig.client)
    rig.machine.request(rig.client, rig.calling, [0])
    rig.machine.request(second, rig.calling, [1])
    var received = rig.machine.receive(rig.server, rig.serving)

    for round in 0..<1_000 as Range<UInt64> {
      let who = received.message[0] == 0 ? rig.client : second
      let index = received.message[0]
      received = rig.machine.replyAndReceive(
        rig.server, received.result.reply, rig.serving, [index, round])
      let answer = rig.machine.outcome(who).message
      if answer != [index, round] { Issue.record("round \(round): \(answer)") }
      rig.machine.request(who, rig.calling, [index])
    }
    #expect(rig.machine.findings == [])
  }

  @Test func `CAL_003 secondReplyIsRefused`() {
    let rig = Rig()
    let right = rig.accept()

    #expect(rig.machine.reply(rig.server, right, [1]).status == .ok)
    #expect(rig.machine.reply(rig.server, right, [2]).status == .badCapability)
    #expect(rig.machine.outcome(rig.client).message == [1])
  }

  @Test func `CAL_004 replyRightIsNotCopied`() {
    let rig = Rig()
    let right = rig.accept()

    for rights in [Rights.none, .transfer, .all] {
      #expect(rig.machine.copy(rig.server, right, rights: rights).status == .noRight)
      #expect(rig.machine.copy(rig.server, right, rights: rights, badge: 1).status == .noRight)
    }
    #expect(rig.machine.findings == [])
    #expect(rig.machine.reply(rig.server, right).status == .ok)
  }

  @Test(arguments: [0, 1, 2])
  func `CAL_005 replyRightMoves`(way: Int) {
    let rig = Rig()
    let machine = rig.machine
    let other = machine.spawn()
    let right = rig.accept()
    let moved: Handle
    let holder: Actor
    switch way {
    case 0:
      holder = rig.server
      moved = machine.move(rig.server, right, slot: 50).handle
    case 1:
      holder = other
      let process = machine.give(other.processHandle, to: rig.server)
      moved = machine.move(rig.server, right, to: process).handle
    default:
      holder = other
      let passing = machine.makeEndpoint()
      machine.receive(other, machine.give(passing, to: other), .acceptAny)
      machine.send(rig.server, machine.give(passing, to: rig.server), [], .move(right))
      moved = machine.outcome(other).capabilities[0]
    }
    #expect(machine.findings == [])

    #expect(machine.reply(rig.server, right).status == .badCapability)
    #expect(machine.reply(holder, moved, [9]).status == .ok)
    #expect(machine.outcome(rig.client).message == [9])
    #expect(machine.findings == [])
  }

  @Test func `CAL_007 deadServerWakesItsCallers`() {
    let rig = Rig()
    let machine = rig.machine
    let callers = [rig.client] + (0..<2).map { _ in machine.addThread(to: rig.client) }
    for caller in callers { machine.request(caller, rig.calling) }
    machine.receive(rig.server, rig.serving)
    machine.receive(rig.server, rig.serving)

    machine.destroy(machine.initial, rig.server.processHandle)

    for caller in callers { #expect(machine.outcome(caller).status == .peerGone) }
    #expect(machine.request(rig.client, rig.calling).status == .peerGone)
    #expect(machine.findings == [])
  }

  @Test func `CAL_008 deletedReplyRightWakesTheCaller`() {
    let rig = Rig()
    let right = rig.accept()

    rig.machine.delete(rig.server, right)

    #expect(rig.machine.outcome(rig.client).status == .peerGone)
    #expect(rig.machine.findings == [])
  }

  @Test func `CAL_009 faultingServerFailsItsCallerOnce`() {
    let rig = Rig()
    let machine = rig.machine
    _ = rig.accept()

    machine.fault(rig.server, .write)

    #expect(machine.outcome(rig.client).status == .peerGone)
    #expect(machine.findings == [])
    #expect(machine.request(rig.client, rig.calling).status == .peerGone)
  }

  @Test(arguments: 0..<3)
  func `CAL_010 everyDeathIsReported`(moment: Int) {
    let rig = Rig()
    let machine = rig.machine
    if moment > 0 { machine.request(rig.client, rig.calling) }
    if moment > 1 { machine.receive(rig.server, rig.serving) }

    machine.destroy(machine.initial, rig.server.processHandle)

    if moment == 0 { machine.request(rig.client, rig.calling) }
    #expect(machine.outcome(rig.client).status == .peerGone)
    #expect(machine.findings == [])
  }

  @Test func `CAL_012 suspendedCallerGetsItsReply`() {
    let rig = Rig()
    let machine = rig.machine
    let right = rig.accept()
    let thread = UInt64(rig.client.threadHandle.rawValue)

    machine.call(machine.initial, .suspend, thread)
    machine.reply(rig.server, right, [4])
    #expect(!machine.canAct(rig.client))
    #expect(machine.findings == [])
    machine.call(machine.initial, .resume, thread)

    #expect(machine.outcome(rig.client).message == [4])
    #expect(machine.canAct(rig.client))
    #expect(machine.findings == [])
  }

  @Test func `CAL_013 lateReplyAnswersNothing`() {
    let rig = Rig()
    let machine = rig.machine
    machine.request(rig.client, rig.calling, [1], deadline: machine.now + 100)
    let late = machine.receive(rig.server, rig.serving).result.reply

    machine.advance(to: machine.now + 100)
    #expect(machine.outcome(rig.client).status == .timedOut)
    machine.request(rig.client, rig.calling, [2])
    let next = machine.receive(rig.server, rig.serving).result.reply

    #expect(machine.reply(rig.server, late, [8]).status == .badCapability)
    #expect(machine.outcome(rig.client) == .blocked)
    #expect(machine.reply(rig.server, next, [9]).status == .ok)
    #expect(machine.outcome(rig.client).message == [9])
    #expect(machine.findings == [])
  }

  @Test func `CAL_014 deathAtTheEndOfAChainIsAnsweredBackward`() {
    let machine = TestMachine()
    let actors = (0..<4).map { _ in machine.spawn() }
    let endpoints = (0..<3).map { _ in machine.makeEndpoint() }
    var rights: [Handle] = []
    for index in 0..<3 {
      let calling = machine.give(
        endpoints[index], to: actors[index], rights: .all.subtracting(.read))
      let serving = machine.give(endpoints[index], to: actors[index + 1])
      machine.delete(machine.initial, endpoints[index])
      machine.request(actors[index], calling, [UInt64(index)])
      rights.append(machine.receive(actors[index + 1], serving).result.reply)
    }

    machine.destroy(machine.initial, actors[3].processHandle)

    #expect(machine.outcome(actors[2]).status == .peerGone)
    machine.reply(actors[2], rights[1], [20])
    #expect(machine.outcome(actors[1]).message == [20])
    machine.reply(actors[1], rights[0], [10])
    #expect(machine.outcome(actors[0]).message == [10])
    #expect(machine.findings == [])
  }

  @Test(arguments: [9, 15] as [UInt64])
  func `CAL_017 tooLongReplyLeavesTheCallerWaiting`(length: UInt64) {
    let rig = Rig()
    let right = rig.accept()

    let tooLong = rig.machine.invoke(
      rig.server, word: CallWord(.reply, wordCount: length, reply: right))

    #expect(tooLong.status == .badArgument)
    #expect(tooLong.value == 11)
    #expect(rig.machine.outcome(rig.client) == .blocked)
    #expect(rig.machine.reply(rig.server, right, [5]).status == .ok)
    #expect(rig.machine.outcome(rig.client).message == [5])
  }

  @Test func `CAL_018 replyWithoutACallerIsRefused`() {
    let rig = Rig()

    #expect(rig.machine.reply(rig.server, .none).status == .badCapability)
    #expect(
      rig.machine.reply(rig.server, Handle(slot: 77, generation: 1)).status == .badCapability)
    #expect(rig.machine.reply(rig.server, rig.serving).status == .wrongType)
    #expect(rig.machine.findings == [])
  }

  /// The right to answer travels in a message that waits when its caller gives up.
  @Test(arguments: 0..<3)
  func replyRightInTransitEndsWithItsCaller(way: Int) {
    let rig = Rig()
    let machine = rig.machine
    machine.request(rig.client, rig.calling, [1], deadline: machine.now + 50)
    let right = machine.receive(rig.server, rig.serving).result.reply
    let passing = machine.makeEndpoint()
    machine.send(rig.server, machine.give(passing, to: rig.server), [], .move(right))
    #expect(machine.findings == [])

    switch way {
    case 0: machine.advance(to: machine.now + 50)
    case 1: machine.destroy(machine.initial, rig.client.threadHandle)
    default: machine.destroy(machine.initial, rig.client.processHandle)
    }

    #expect(machine.findings == [])
    #expect(machine.outcome(rig.server).status == .cancelled)
    #expect(!machine.names(rig.server, right))
    #expect(machine.findings == [])
  }

  @Test func callerWaitsForItsOwnProcessToAnswer() {
    let machine = TestMachine()
    let caller = machine.spawn()
    let server = machine.addThread(to: caller)
    let endpoint = machine.give(machine.makeEndpoint(), to: caller)
    machine.request(caller, endpoint, [1])
    let right = machine.receive(server, endpoint).result.reply

    #expect(machine.reply(server, right, [2]).status == .ok)
    #expect(machine.outcome(caller).message == [2])
    #expect(machine.findings == [])
  }

  @Test func callThatTimesOutInTheQueueLeavesNoRight() {
    let rig = Rig()
    let machine = rig.machine
    machine.request(rig.client, rig.calling, [1], deadline: machine.now + 50)

    machine.advance(to: machine.now + 49)
    #expect(machine.outcome(rig.client) == .blocked)
    machine.advance(to: machine.now + 1)

    #expect(machine.outcome(rig.client).status == .timedOut)
    #expect(machine.receive(rig.server, rig.serving, deadline: 0).status == .wouldBlock)
    #expect(machine.findings == [])
  }
}
