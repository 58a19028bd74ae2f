import MnosABI
import Testing

@testable import KernelCore

/// Copying, moving and deleting capabilities; handles that name nothing.
@Suite struct CapabilityTests {
  @Test func `CAP_001 copyNamesTheSameObject`() {
    let machine = TestMachine()
    let endpoint = machine.makeEndpoint()

    let copy = machine.copy(machine.initial, endpoint, slot: 40, rights: .all)

    #expect(copy.status == .ok)
    #expect(copy.handle.slot == 40)
    let same = machine.call(
      machine.initial, .inspect, UInt64(endpoint.rawValue), UInt64(copy.handle.rawValue))
    #expect(same.words[0] == UInt64(ObjectType.endpoint.rawValue))
    #expect(same.words[1] == 0xff)
    #expect(same.words[3] == 1)
    #expect(machine.findings == [])
  }

  @Test func `CAP_002 copyIntoOccupiedSlotIsBusy`() {
    let machine = TestMachine()
    let source = machine.makeEndpoint()
    let other = machine.makeNotification()

    let copy = machine.copy(machine.initial, source, slot: other.slot, rights: .all)
    let onto = machine.copy(machine.initial, source, slot: source.slot, rights: .all)

    #expect(copy.status == .slotBusy)
    #expect(onto.status == .slotBusy)
    #expect(machine.inspect(machine.initial, source)?.type == .endpoint)
    #expect(machine.inspect(machine.initial, other)?.type == .notification)
    #expect(machine.findings == [])
  }

  @Test(
    arguments: [0, 9, 0x1_0009, 0xffff, 0x1_ffff, 0xffff_ffff, 1 << 32 | 0x1_0001, .max]
      as [UInt64])
  func `CAP_003 CAP_007 CAP_010 REV_004 emptySourceIsBad`(handle: UInt64) {
    let machine = TestMachine()

    for number in [
      SyscallNumber.copy, .move, .delete, .revoke, .inspect, .query, .destroy, .derive,
      .suspend, .signal, .wait, .acknowledge, .bind,
    ] {
      let outcome = machine.call(machine.initial, number, handle, 0, 50, [4096, 1])
      #expect(outcome.status == .badCapability, "\(number)")
    }
    #expect(!machine.names(machine.initial, Handle(slot: 50, generation: 1)))
    #expect(machine.findings == [])
  }

  @Test func `CAP_005 moveKeepsRightsBadgeAndPlace`() {
    let machine = TestMachine()
    let parent = machine.makeEndpoint()
    let child = machine.copy(
      machine.initial, parent, rights: .write.union(.copy), badge: 9
    ).handle
    let grandchild = machine.copy(machine.initial, child, rights: .write).handle

    let moved = machine.move(machine.initial, child, slot: 45).handle

    #expect(!machine.names(machine.initial, child))
    #expect(machine.inspect(machine.initial, moved)?.rights == .write.union(.copy))
    #expect(machine.inspect(machine.initial, moved)?.badge == 9)
    #expect(machine.findings == [])
    machine.revoke(machine.initial, moved)
    #expect(!machine.names(machine.initial, grandchild))
    machine.revoke(machine.initial, parent)
    #expect(!machine.names(machine.initial, moved))
    #expect(machine.findings == [])
  }

  @Test func `CAP_006 moveOntoOccupiedSlotIsBusy`() {
    let machine = TestMachine()
    let source = machine.makeEndpoint()
    let other = machine.makeNotification()

    #expect(machine.move(machine.initial, source, slot: other.slot).status == .slotBusy)
    #expect(machine.move(machine.initial, source, slot: source.slot).status == .slotBusy)
    #expect(machine.names(machine.initial, source))
    #expect(machine.names(machine.initial, other))
  }

  @Test func `CAP_009 deletingOneCopyLeavesTheOther`() {
    let machine = TestMachine()
    let first = machine.makeNotification()
    let second = machine.copy(machine.initial, first, rights: .all).handle

    machine.delete(machine.initial, first)

    #expect(!machine.names(machine.initial, first))
    #expect(machine.signal(machine.initial, second).status == .ok)
    #expect(machine.findings == [])
  }

  @Test(arguments: [ObjectType.endpoint, .notification, .process, .memory, .budget, .thread])
  func `CAP_011 lastCapabilityEndsTheObject`(type: ObjectType) {
    let machine = TestMachine()
    let before = machine.query(machine.initial, TestMachine.budgetHandle)
    let words: [UInt64] =
      switch type {
      case .memory: [3 * 4096]
      case .thread: [UInt64(TestMachine.processHandle.rawValue), 50]
      case .budget: [8192, 4]
      default: []
      }
    let handle = machine.make(type, words)
    let during = machine.query(machine.initial, TestMachine.budgetHandle)

    machine.delete(machine.initial, handle)

    #expect(during != before)
    #expect(machine.query(machine.initial, TestMachine.budgetHandle) == before)
    #expect(machine.findings == [])
  }

  @Test func `CAP_013 generationsWrapWithoutAliasing`() {
    let machine = TestMachine()
    let source = machine.makeEndpoint()
    let first = machine.copy(machine.initial, source, slot: 50, rights: .all).handle
    let slot = machine.slot(of: first, in: machine.initial)
    machine.delete(machine.initial, first)

    for generation: UInt16 in [2, 3, 1000, 0x7fff, 0x8000, 0xfffe, 0xffff] {
      machine.kernel.objects[slot].generation = generation
      let handle = machine.copy(machine.initial, source, slot: 50, rights: .all).handle
      #expect(handle.generation == generation)
      #expect(!machine.names(machine.initial, first))
      for other in [generation &- 1, generation &+ 1, 0] {
        #expect(!machine.names(machine.initial, Handle(slot: 50, generation: other)))
      }
      machine.delete(machine.initial, handle)
      #expect(!machine.names(machine.initial, handle))
    }
    // After the last generation comes 1, never 0.
    #expect(machine.kernel.objects[slot].generation == 1)
  }

  @Test func `CAP_014 flippedHandlesNameNothing`() {
    let machine = TestMachine()
    _ = machine.makeEndpoint()
    _ = machine.makeNotification()
    let valid = Set(
      (1...8).map { UInt64($0) | 1 << 16 }.filter {
        machine.call(machine.initial, .inspect, $0).status == .ok
      })
    #expect(valid.count >= 6)

    for handle in valid {
      for bit in 0..<64 as Range<UInt64> {
        let flipped = handle ^ 1 << bit
        let outcome = machine.call(machine.initial, .inspect, flipped)
        #expect((outcome.status == .badCapability) == !valid.contains(flipped))
      }
    }
  }

  @Test func `CAP_015 freshProcessHoldsNothing`() {
    let machine = TestMachine()
    let actor = machine.spawn()

    let found = (0...0xffff as ClosedRange<UInt64>).filter { slot in
      let outcome = machine.call(actor, .inspect, slot | 1 << 16)
      return outcome.status != .badCapability
    }

    #expect(found == [])
    let boot = (0..<512 as Range<UInt64>).filter { slot in
      machine.call(machine.initial, .query, slot | 1 << 16).status != .badCapability
    }
    // The boot capabilities, this actor's process and thread, and two scratch pages.
    #expect(boot == Array(1...8))
  }

  @Test func `CAP_017 handlesMeanNothingElsewhere`() {
    let machine = TestMachine()
    let actor = machine.spawn()
    let endpoint = machine.makeEndpoint()
    let own = machine.give(machine.makeNotification(), to: actor)

    #expect(machine.receive(actor, endpoint, deadline: 0).status == .badCapability)
    #expect(machine.inspect(actor, own)?.type == .notification)
    #expect(machine.call(actor, .query, 0x1_0004).status == .badCapability)
  }

  @Test func `CAP_019 inspectTellsCopiesFromOthers`() {
    let machine = TestMachine()
    let first = machine.makeEndpoint()
    let copy = machine.copy(machine.initial, first, rights: .write, badge: 3).handle
    let other = machine.makeEndpoint()
    func areSame(_ left: Handle, _ right: Handle) -> UInt64 {
      machine.call(
        machine.initial, .inspect, UInt64(left.rawValue), UInt64(right.rawValue)
      ).words[3]
    }

    #expect(areSame(first, copy) == 1)
    #expect(areSame(first, other) == 0)
    #expect(areSame(TestMachine.processHandle, TestMachine.threadHandle) == 0)
    let copied = machine.inspect(machine.initial, copy)
    #expect(copied?.type == .endpoint)
    #expect(copied?.rights == .write)
    #expect(copied?.badge == 3)
  }

  /// Every type against every call that takes another.
  @Test func `CAP_016 wrongTypesAreRefused`() {
    let machine = TestMachine()
    let initial = machine.initial
    let endpoint = machine.makeEndpoint()
    let objects: [ObjectType: Handle] = [
      .endpoint: endpoint, .notification: machine.makeNotification(),
      .memory: machine.makeMemory(pages: 1), .process: machine.make(.process),
      .thread: machine.make(.thread, [UInt64(TestMachine.processHandle.rawValue), 1]),
      .interrupt: machine.make(.interrupt, [UInt64(TestMachine.machineHandle.rawValue), 1]),
      .portRange: machine.make(
        .portRange, [UInt64(TestMachine.machineHandle.rawValue), 1, 2]),
      .budget: TestMachine.budgetHandle, .machine: TestMachine.machineHandle,
    ]
    let takes: [(SyscallNumber, Set<ObjectType>)] = [
      (.send, [.endpoint]), (.receive, [.endpoint]), (.call, [.endpoint]),
      (.replyAndReceive, [.endpoint]), (.signal, [.notification]), (.wait, [.notification]),
      (.create, [.budget]), (.derive, [.memory, .portRange]), (.map, [.memory]),
      (.start, [.thread]), (.suspend, [.thread]), (.resume, [.thread]),
      (.readRegisters, [.thread]), (.writeRegisters, [.thread]), (.setPriority, [.thread]),
      (.acknowledge, [.interrupt]), (.control, [.machine]),
      (.destroy, [.process, .thread, .endpoint, .notification, .budget]),
      (.bind, [.notification, .thread, .process, .interrupt, .portRange]),
    ]

    for (number, types) in takes {
      for (type, handle) in objects where !types.contains(type) {
        let outcome = machine.invoke(
          initial, word: CallWord(number), UInt64(handle.rawValue), 0, 0,
          words: Array(repeating: 0, count: 8))
        #expect(outcome.status == .wrongType, "\(number) of \(type)")
      }
    }
    for (type, handle) in objects {
      let outcome = machine.reply(initial, handle)
      #expect(outcome.status == .wrongType, "reply through \(type)")
    }
    let caller = machine.spawn()
    machine.request(caller, machine.give(endpoint, to: caller))
    machine.receive(initial, endpoint)
    let right = machine.outcome(initial).result.reply
    #expect(machine.call(initial, .query, UInt64(right.rawValue)).status == .wrongType)
    #expect(machine.findings == [])
  }
}
