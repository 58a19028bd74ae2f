import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// After revoke returns there is no descendant anywhere.
@Suite struct RevokeTests {
  @Test func `REV_001 childGoesAndParentStays`() {
    let machine = TestMachine()
    let parent = machine.makeEndpoint()
    let child = machine.copy(machine.initial, parent, rights: .all).handle

    #expect(machine.revoke(machine.initial, parent).status == .ok)

    #expect(!machine.names(machine.initial, child))
    #expect(machine.names(machine.initial, parent))
    #expect(machine.findings == [])
  }

  @Test func `REV_002 D5 chainsAndFansGoCompletely`() {
    let machine = TestMachine(frames: 1024)
    let root = machine.makeNotification()
    let actors = (0..<8).map { _ in machine.spawn() }
    let before = machine.kernel.capabilityCount
    var link = root
    for _ in 0..<64 { link = machine.copy(machine.initial, link, rights: .all).handle }
    for index in 0..<1_024 { _ = machine.give(root, to: actors[index % 8]) }
    #expect(machine.kernel.capabilityCount == before + 64 + 1_024)
    #expect(machine.findings == [])
    let batches = machine.batchCount

    machine.revoke(machine.initial, root)

    #expect(machine.kernel.capabilityCount == before)
    #expect(machine.names(machine.initial, root))
    #expect(machine.batchCount - batches >= (64 + 1_024) / 64 - 1)
    #expect(machine.findings == [])
  }

  @Test func `REV_003 revokeWithoutChildrenChangesNothing`() {
    let machine = TestMachine()
    let endpoint = machine.makeEndpoint()
    let before = machine.kernel.capabilityCount

    #expect(machine.revoke(machine.initial, endpoint).status == .ok)
    #expect(machine.kernel.capabilityCount == before)
  }

  @Test func `REV_005 siblingsStay`() {
    let machine = TestMachine()
    let parent = machine.makeEndpoint()
    let first = machine.copy(machine.initial, parent, rights: .all, badge: 1).handle
    let second = machine.copy(machine.initial, parent, rights: .all, badge: 2).handle
    let grandchild = machine.copy(machine.initial, first, rights: .all).handle
    let niece = machine.copy(machine.initial, second, rights: .all).handle

    machine.revoke(machine.initial, first)

    #expect(!machine.names(machine.initial, grandchild))
    for handle in [parent, first, second, niece] {
      #expect(machine.names(machine.initial, handle))
    }
    #expect(machine.findings == [])
  }

  @Test func deletedParentsChildrenHangUnderTheGrandparent() {
    let machine = TestMachine()
    let root = machine.makeEndpoint()
    let middle = machine.copy(machine.initial, root, rights: .all).handle
    let children = (0..<5).map { _ in
      machine.copy(machine.initial, middle, rights: .all).handle
    }

    machine.delete(machine.initial, middle)
    #expect(children.allSatisfy { machine.names(machine.initial, $0) })
    #expect(machine.findings == [])
    machine.revoke(machine.initial, root)

    #expect(children.allSatisfy { !machine.names(machine.initial, $0) })
    #expect(machine.findings == [])
  }

  @Test func deletedRootsChildrenGoOnAlone() {
    let machine = TestMachine()
    let root = machine.makeEndpoint()
    let children = (0..<4).map { _ in machine.copy(machine.initial, root, rights: .all).handle }

    machine.delete(machine.initial, root)
    #expect(machine.findings == [])
    machine.delete(machine.initial, children[1])
    machine.delete(machine.initial, children[3])
    machine.revoke(machine.initial, children[0])

    #expect(machine.names(machine.initial, children[0]))
    #expect(machine.names(machine.initial, children[2]))
    #expect(machine.findings == [])
  }

  @Test(arguments: [true, false])
  func `REV_008 capabilitiesInQueuedMessagesAreReached`(isMove: Bool) {
    let machine = TestMachine()
    let sender = machine.spawn()
    let endpoint = machine.makeEndpoint()
    let sending = machine.give(endpoint, to: sender)
    let parent = machine.makeNotification()
    let attached = machine.give(parent, to: sender)
    machine.send(
      sender, sending, [1], isMove ? .move(attached) : .copy(attached))
    #expect(machine.findings == [])

    machine.revoke(machine.initial, parent)

    #expect(machine.outcome(sender).status == .cancelled)
    #expect(!machine.names(sender, attached))
    #expect(machine.receive(machine.initial, endpoint, deadline: 0).status == .wouldBlock)
    #expect(machine.findings == [])
  }

  @Test(arguments: [SyscallNumber.send, .receive, .call, .wait])
  func `REV_009 waitsThroughTheCapabilityEnd`(number: SyscallNumber) {
    let machine = TestMachine()
    let actor = machine.spawn()
    let parent = number == .wait ? machine.makeNotification() : machine.makeEndpoint()
    let handle = machine.give(parent, to: actor)
    let blocked = machine.call(
      actor, number, UInt64(handle.rawValue), Deadline.never)
    #expect(blocked == .blocked)

    machine.revoke(machine.initial, parent)

    #expect(machine.outcome(actor).status == .cancelled)
    #expect(machine.call(actor, number, UInt64(handle.rawValue), 0).status == .badCapability)
    #expect(machine.findings == [])
  }

  @Test func `REV_010 REV_011 sendersFailBadgeByBadge`() {
    let machine = TestMachine(frames: 1_024)
    let endpoint = machine.makeEndpoint()
    let senders = (0..<32).map { _ in machine.spawn() }
    var minted: [Handle] = []
    var handles: [Handle] = []
    for (index, sender) in senders.enumerated() {
      minted.append(
        machine.copy(machine.initial, endpoint, rights: .all, badge: UInt64(index + 1)).handle)
      handles.append(machine.give(minted[index], to: sender))
      machine.send(sender, handles[index], [UInt64(index)])
    }

    for index in 0..<16 {
      machine.revoke(machine.initial, minted[index])
      let failed = senders.indices.filter { machine.outcome(senders[$0]).status == .cancelled }
      #expect(failed == Array(0...index))
    }
    #expect(machine.findings == [])
    for index in 16..<32 {
      let received = machine.receive(machine.initial, endpoint)
      #expect(received.message == [UInt64(index)])
      #expect(received.value == UInt64(index + 1))
    }
    for (index, sender) in senders.enumerated() {
      #expect(
        machine.send(sender, handles[index], deadline: 0).status
          == (index < 16 ? .badCapability : .wouldBlock))
    }
    #expect(machine.findings == [])
  }

  @Test func `REV_013 outstandingReplySurvivesOnce`() {
    let machine = TestMachine()
    let client = machine.spawn()
    let server = machine.spawn()
    let endpoint = machine.makeEndpoint()
    let calling = machine.copy(machine.initial, endpoint, rights: .all, badge: 1).handle
    let clientHandle = machine.give(calling, to: client)
    let serverHandle = machine.give(endpoint, to: server)
    machine.request(client, clientHandle, [1])
    let right = machine.receive(server, serverHandle).result.reply

    machine.revoke(machine.initial, calling)

    #expect(machine.outcome(client) == .blocked)
    #expect(machine.reply(server, right, [2]).status == .ok)
    #expect(machine.outcome(client).message == [2])
    #expect(machine.reply(server, right, [3]).status == .badCapability)
    #expect(machine.request(client, clientHandle).status == .badCapability)
    #expect(machine.findings == [])
  }

  @Test func `REV_014 MEM_012 mappingsEndInEveryProcess`() {
    let machine = TestMachine()
    let actors = (0..<3).map { _ in machine.spawn() }
    let memory = machine.makeMemory(pages: 70)
    for actor in actors {
      let handle = machine.give(memory, to: actor)
      #expect(machine.map(actor, handle, at: 0x80_0000, byteCount: 70 * 4096).status == .ok)
      for page in 0..<70 as Range<UInt64> {
        #expect(machine.poke(actor, page, at: 0x80_0000 + page * 4096).value == page)
      }
    }
    #expect(machine.findings == [])

    machine.revoke(machine.initial, memory)

    for actor in actors {
      for page in 0..<70 as Range<UInt64> {
        let access = machine.peek(actor, 0x80_0000 + page * 4096)
        #expect(access.faultKind == .read)
      }
    }
    #expect(machine.findings == [])
  }

  @Test(arguments: [1, 2, 3] as [UInt16])
  func `REV_015 revokingWhatOneRunsOnHarmsNobodyElse`(slot: UInt16) {
    let machine = TestMachine()
    let other = machine.spawn()
    let actor = machine.spawn()
    let own: Handle =
      switch slot {
      case 1: actor.processHandle
      case 2: actor.threadHandle
      default: machine.makeMemory(pages: 1)
      }
    let parent = machine.give(own, to: actor)

    machine.revoke(actor, parent)
    if machine.canAct(actor) { machine.delete(actor, parent) }
    machine.delete(machine.initial, own)

    #expect(machine.findings == [])
    #expect(machine.call(other, .clock).status == .ok)
  }

  @Test func `RES_010 longChainsNeedNoStack`() {
    let machine = TestMachine(frames: 1_024)
    let root = machine.makeNotification()
    var link = root
    for _ in 0..<10_000 { link = machine.copy(machine.initial, link, rights: .all).handle }
    let before = machine.kernel.capabilityCount

    machine.revoke(machine.initial, root)

    #expect(machine.kernel.capabilityCount == before - 10_000)
    #expect(machine.findings == [])
  }
}
