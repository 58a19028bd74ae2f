import KernelHAL
import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// What is lent is lent for the call: not a byte is touched after it, and not by another.
@Suite struct LeaseEndTests {
  typealias Rig = LeaseTests.Rig
  typealias Loan = TestMachine.Loan

  // MARK: LSE-004

  enum Event: CaseIterable {
    case callerKilled, callersProcessDestroyed, timedOut, callerSuspended
    case unmapped, protected, revoked, ownUnmapped
    case answered, dropped, attached, moved, callersProcessStopped
    case serverSuspended, serverKilled, serversProcessDestroyed
  }

  /// Something happens between two steps of a long copy.
  @Test(arguments: Event.allCases, [LeaseAccess.read, .write])
  func `LSE_004 endInTheMiddle`(event: Event, direction: LeaseAccess) {
    // Batches of a copy of 40 pages.
    for batch in 0..<3 {
      let rig = Rig(pages: 40)
      let machine = rig.machine
      let right = rig.lend(
        [Loan(base: Rig.clientPlace, byteCount: rig.byteCount)], deadline: machine.now + 1_000_000)
      machine.holdingWork {
        _ = machine.access(
          rig.server, right, direction, at: Rig.serverPlace, byteCount: rig.byteCount)
        for _ in 0..<batch { machine.continueWork(of: rig.server) }
        #expect(machine.isWorking(rig.server))
      }
      let done = machine.kernel.objects[rig.server.thread].accessing.done
      // A batch more than those that were asked for: the call's own.
      #expect(done == UInt64(batch + 1) * 11 * 4096)
      let target = direction == .read ? rig.serverBytes : rig.clientBytes
      let other = direction == .read ? rig.clientBytes : rig.serverBytes

      machine.holdingWork { rig.cause(event, right) }
      if event == .serverSuspended {
        machine.settle()
        #expect(machine.isWorking(rig.server))
        machine.call(machine.initial, .resume, UInt64(rig.server.threadHandle.rawValue))
      }
      machine.finishWork(of: rig.server)
      machine.settle()

      let expected: CallResult =
        switch event {
        case .callerKilled, .callersProcessDestroyed, .timedOut, .answered, .dropped, .attached,
          .moved:
          .failure(.cancelled, done)
        case .unmapped, .revoked: .failure(.badPointer, done)
        case .protected: direction == .write ? .failure(.badPointer, done) : .success(rig.byteCount)
        case .ownUnmapped: .failure(.badArgument, 2)
        case .callerSuspended, .callersProcessStopped, .serverSuspended, .serverKilled,
          .serversProcessDestroyed:
          .success(rig.byteCount)
        }
      let isServerGone = event == .serverKilled || event == .serversProcessDestroyed
      let isWhole = expected == .success(rig.byteCount) && !isServerGone
      if isServerGone {
        #expect(!machine.canAct(rig.server))
        #expect(machine.outcome(rig.client).status == .peerGone)
      } else {
        #expect(machine.outcome(rig.server).ended == expected, "\(event) \(batch)")
      }
      let after = direction == .read ? rig.serverBytes : rig.clientBytes
      #expect(after == (isWhole ? other : target), "\(event) \(batch)")
      #expect(machine.findings == [])
    }
  }

  /// No batch copies more than the manual says, however the ranges lie to each other.
  @Test(arguments: [(0, 0, 11), (3, 3, 11), (0, 1, 2), (5, 2, 2), (4095, 1, 2)])
  func `LSE_004 batchesAreBounded`(lent: UInt64, own: UInt64, mostPages: UInt64) {
    let rig = Rig(pages: 40)
    let machine = rig.machine
    let right = rig.lend([
      Loan(base: Rig.clientPlace + lent, byteCount: rig.byteCount - 4096)
    ])
    for direction in [LeaseAccess.read, .write] {
      var done: UInt64 = 0
      var most: UInt64 = 0
      machine.holdingWork {
        _ = machine.access(
          rig.server, right, direction, at: Rig.serverPlace + own,
          byteCount: rig.byteCount - 4096)
        while machine.isWorking(rig.server) {
          let now = machine.kernel.objects[rig.server.thread].accessing.done
          most = max(most, now - done)
          done = now
          machine.continueWork(of: rig.server)
        }
      }
      #expect(machine.outcome(rig.server).ended == .success(rig.byteCount - 4096))
      #expect(most <= mostPages * 4096 && most > 0, "\(most) bytes in a batch")
    }
  }

  /// The right was used, and its slot holds that of another caller: the copy does not go on there.
  @Test func `LSE_004 slotWithAnotherRightIsNoWayIn`() {
    let rig = Rig(pages: 40)
    let machine = rig.machine
    let second = machine.spawn()
    let calling = machine.give(rig.endpoint, to: second)
    let memory = machine.give(machine.makeMemory(pages: 40), to: second)
    machine.map(second, memory, at: Rig.clientPlace, byteCount: rig.byteCount)
    let loan = Loan(base: Rig.clientPlace, byteCount: rig.byteCount)
    // In the helper's spare; the server's own thread copies.
    machine.request(rig.client, rig.calling, lending: [loan])
    let right = machine.receive(rig.helper, rig.serving).result.reply
    machine.holdingWork {
      _ = machine.access(rig.server, right, .write, at: Rig.serverPlace, byteCount: rig.byteCount)
    }
    let done = machine.kernel.objects[rig.server.thread].accessing.done
    #expect(machine.isWorking(rig.server))

    var next = Handle.none
    machine.holdingWork {
      machine.reply(rig.helper, right)
      machine.request(second, calling, lending: [loan])
      next = machine.receive(rig.helper, rig.serving).result.reply
    }
    #expect(next.slot == right.slot && next != right)
    machine.finishWork(of: rig.server)

    #expect(machine.outcome(rig.server).ended == .failure(.cancelled, done))
    #expect(rig.bytes(at: rig.base(memory, second)).allSatisfy { $0 == 0 })
    #expect(machine.findings == [])
  }

  /// A right that was attached and came back before anybody looked is the same right.
  @Test func `LSE_004 rightThatCameBackGoesOn`() {
    let rig = Rig(pages: 40)
    let machine = rig.machine
    let carrying = machine.give(machine.makeEndpoint(), to: rig.helper)
    let right = rig.lend([Loan(base: Rig.clientPlace, byteCount: rig.byteCount)])
    machine.holdingWork {
      _ = machine.access(rig.server, right, .write, at: Rig.serverPlace, byteCount: rig.byteCount)
      machine.send(rig.helper, carrying, [], deadline: machine.now + 1000, .move(right))
      machine.advance(to: machine.now + 2000)
      #expect(machine.outcome(rig.helper).status == .timedOut)
    }
    machine.finishWork(of: rig.server)

    #expect(machine.outcome(rig.server).ended == .success(rig.byteCount))
    #expect(rig.clientBytes == rig.serverBytes)
    #expect(machine.findings == [])
  }

  /// Two threads copy through one right, each its own part, a batch at a time.
  @Test func `LSE_004 twoCopiesThroughOneRight`() {
    let rig = Rig(pages: 40)
    let machine = rig.machine
    let right = rig.lend([Loan(base: Rig.clientPlace, byteCount: rig.byteCount)])
    let half = rig.byteCount / 2
    machine.holdingWork {
      _ = machine.access(rig.server, right, .write, at: Rig.serverPlace, byteCount: half)
      _ = machine.access(
        rig.helper, right, .write, at: Rig.serverPlace + half, offset: half, byteCount: half)
    }
    for _ in 0..<20 {
      for actor in [rig.server, rig.helper] where machine.isWorking(actor) {
        machine.continueWork(of: actor)
      }
    }

    #expect(machine.outcome(rig.server).ended == .success(half))
    #expect(machine.outcome(rig.helper).ended == .success(half))
    #expect(rig.clientBytes == rig.serverBytes)
    #expect(machine.findings == [])
  }

  // MARK: LSE-005

  enum End: CaseIterable { case answered, answeredAndReceived, dropped, timedOut, callerKilled }

  @Test(arguments: End.allCases)
  func `LSE_005 endsWithTheCall`(end: End) {
    let rig = Rig()
    let machine = rig.machine
    let right = rig.lend([rig.loan, rig.loan], deadline: machine.now + 1_000_000)
    let before = (rig.clientBytes, rig.serverBytes)
    switch end {
    case .answered: machine.reply(rig.server, right, [1])
    case .answeredAndReceived: machine.replyAndReceive(rig.server, right, rig.serving, [1])
    case .dropped: machine.delete(rig.server, right)
    case .timedOut: machine.advance(to: machine.now + 2_000_000)
    case .callerKilled: machine.destroy(machine.initial, rig.client.threadHandle)
    }
    for lease in [0, 1, 2] as [UInt64] {
      for direction in [LeaseAccess.read, .write] {
        #expect(
          machine.access(
            rig.helper, right, lease: lease, direction, at: Rig.serverPlace, byteCount: 8)
            == .failure(.badCapability))
      }
    }
    if end != .callerKilled { #expect(rig.clientBytes == before.0) }
    #expect(rig.serverBytes == before.1)
    #expect(machine.findings == [])
  }

  /// Ending changes as much of the kernel's memory with one byte as with all there is.
  @Test func `LSE_005 endCostsTheSame`() {
    let limit = TestMachine().kernel.format.userAddressLimit
    let changed = [0, 1, 1 << 30, limit].map { byteCount in
      let rig = Rig()
      let right = rig.lend([
        Loan(base: 0, byteCount: byteCount), Loan(base: 0, byteCount: byteCount),
      ])
      return rig.machine.changedGranules { rig.machine.reply(rig.server, right) }
    }
    #expect(Set(changed).count == 1)
    #expect(changed[0] < 24)
  }

  // MARK: LSE-006

  enum Way: CaseIterable { case message, move }

  /// Who holds the right has the lease, and nobody else.
  @Test(arguments: Way.allCases)
  func `LSE_006 followsTheRight`(way: Way) {
    let rig = Rig()
    let machine = rig.machine
    let second = machine.spawn()
    let memory = machine.give(machine.makeMemory(pages: 3), to: second)
    machine.map(second, memory, at: 0x4000_0000, byteCount: 3 * 4096)
    let endpoint = machine.makeEndpoint()
    let (from, to) = (
      machine.give(endpoint, to: rig.server), machine.give(endpoint, to: second)
    )
    let right = rig.lend([rig.loan])
    // Every thread of the process can.
    for actor in [rig.server, rig.helper] {
      #expect(
        machine.access(actor, right, .read, at: Rig.serverPlace, byteCount: 9) == .success(9))
    }

    var moved = Handle.none
    switch way {
    case .message:
      machine.receive(second, to, .acceptAny)
      #expect(machine.send(rig.server, from, [], .move(right)).status == .ok)
      moved = machine.outcome(second).capabilities[0]
    case .move:
      let process = machine.give(second.processHandle, to: rig.server)
      let outcome = machine.move(rig.server, right, to: process)
      #expect(outcome.status == .ok)
      moved = outcome.handle
    }

    for actor in [rig.server, rig.helper] {
      #expect(
        machine.access(actor, right, .read, at: Rig.serverPlace, byteCount: 8)
          == .failure(.badCapability))
    }
    let lent = rig.clientBytes
    #expect(
      machine.access(second, moved, .read, at: 0x4000_0000, byteCount: rig.loan.byteCount)
        == .success(rig.loan.byteCount))
    #expect(
      rig.bytes(at: rig.base(memory, second)).prefix(Int(rig.loan.byteCount))
        == lent[100..<100 + Int(rig.loan.byteCount)])
    #expect(machine.reply(second, moved, [4]).status == .ok)
    #expect(machine.outcome(rig.client).message == [4])
    #expect(
      machine.access(second, moved, .read, at: 0x4000_0000, byteCount: 1)
        == .failure(.badCapability))
    #expect(machine.findings == [])
  }

  /// A fault is reported as a call, but nobody has lent anything with it.
  @Test func `LSE_006 faultLendsNothing`() {
    let rig = Rig()
    let machine = rig.machine
    // What an earlier call lent is over.
    let right = rig.lend([rig.loan])
    machine.reply(rig.server, right)
    machine.call(
      machine.initial, .bind, UInt64(rig.client.threadHandle.rawValue),
      UInt64(rig.endpoint.rawValue))
    machine.fault(rig.client, .read)
    let outcome = machine.receive(rig.server, rig.serving)
    #expect(outcome.result.kind == .fault)
    #expect(outcome.result.leases == .none)
    #expect(
      machine.access(
        rig.server, outcome.result.reply, .read, at: Rig.serverPlace, byteCount: 8)
        == .failure(.badArgument, 1))
    #expect(machine.findings == [])
  }

  // MARK: LSE-007

  /// Two leases of the same bytes, and a server that maps what it is lent.
  @Test func `LSE_007 sameBytesTwice`() {
    let rig = Rig()
    let machine = rig.machine
    let shared = machine.give(rig.lent, to: rig.server)
    machine.map(rig.server, shared, at: 0x6000_0000, byteCount: rig.byteCount)
    let right = rig.lend([
      Loan(base: Rig.clientPlace, byteCount: 8192),
      Loan(base: Rig.clientPlace + 4096, byteCount: 8192),
    ])
    var bytes = rig.clientBytes
    let own = rig.serverBytes

    // The later call is what stands.
    #expect(
      machine.access(rig.server, right, .write, at: Rig.serverPlace, byteCount: 8192)
        == .success(8192))
    #expect(
      machine.access(rig.server, right, lease: 1, .write, at: Rig.serverPlace + 5, byteCount: 200)
        == .success(200))
    bytes.replaceSubrange(0..<8192, with: own[0..<8192])
    bytes.replaceSubrange(4096..<4296, with: own[5..<205])
    #expect(rig.clientBytes == bytes)

    // Onto itself, shifted up and down within a page: as if each piece were read before it is written.
    for (from, to) in [(100, 107), (107, 100)] {
      #expect(
        machine.access(
          rig.server, right, .read, at: 0x6000_0000 + UInt64(to), offset: UInt64(from),
          byteCount: 3000) == .success(3000))
      bytes.replaceSubrange(to..<to + 3000, with: Array(bytes[from..<from + 3000]))
      #expect(rig.clientBytes == bytes)
    }
    #expect(machine.findings == [])
  }

  /// Caller and server in one process: both ranges go through the same tables.
  @Test func `LSE_007 oneProcess`() {
    let rig = Rig()
    let machine = rig.machine
    let other = machine.addThread(to: rig.client)
    let serving = machine.copy(rig.client, rig.calling, rights: .all).handle
    machine.request(
      rig.client, rig.calling, lending: [Loan(base: Rig.clientPlace, byteCount: 4096)])
    let right = machine.receive(other, serving).result.reply
    var bytes = rig.clientBytes
    #expect(
      machine.access(other, right, .read, at: Rig.clientPlace + 4096, byteCount: 4096)
        == .success(4096))
    bytes.replaceSubrange(4096..<8192, with: bytes[0..<4096])
    #expect(rig.clientBytes == bytes)
    #expect(machine.reply(other, right).status == .ok)
    #expect(machine.findings == [])
  }
}

extension LeaseTests.Rig {
  func cause(_ event: LeaseEndTests.Event, _ right: Handle) {
    switch event {
    case .callerKilled: machine.destroy(machine.initial, client.threadHandle)
    case .callersProcessDestroyed: machine.destroy(machine.initial, client.processHandle)
    case .timedOut: machine.advance(to: machine.now + 2_000_000)
    case .callerSuspended:
      machine.call(machine.initial, .suspend, UInt64(client.threadHandle.rawValue))
    case .unmapped:
      machine.unmap(
        machine.initial, process: client.processHandle, at: Self.clientPlace, byteCount: byteCount)
      machine.finishWork(of: machine.initial)
    case .protected:
      machine.protect(
        machine.initial, process: client.processHandle, at: Self.clientPlace,
        byteCount: byteCount, rights: .read)
      machine.finishWork(of: machine.initial)
    case .revoked:
      machine.revoke(machine.initial, lent)
      machine.finishWork(of: machine.initial)
    case .ownUnmapped:
      machine.unmap(
        machine.initial, process: server.processHandle, at: Self.serverPlace, byteCount: byteCount)
      machine.finishWork(of: machine.initial)
    case .answered: machine.reply(helper, right, [5])
    case .dropped: machine.delete(helper, right)
    case .attached:
      // It waits in a message, in nobody's hands.
      let endpoint = machine.makeEndpoint()
      let handle = machine.give(endpoint, to: helper)
      machine.send(helper, handle, [], .move(right))
    case .moved: machine.move(helper, right)
    case .callersProcessStopped:
      // A fault that nobody handles stops a process that somebody watches.
      let watching = machine.makeNotification()
      machine.call(
        machine.initial, .bind, UInt64(client.processHandle.rawValue), UInt64(watching.rawValue))
      let sibling = machine.addThread(to: client)
      machine.fault(sibling, .read)
      machine.finishEnding()
    case .serverSuspended:
      machine.call(machine.initial, .suspend, UInt64(server.threadHandle.rawValue))
    case .serverKilled: machine.destroy(machine.initial, server.threadHandle)
    case .serversProcessDestroyed: machine.destroy(machine.initial, server.processHandle)
    }
  }
}
