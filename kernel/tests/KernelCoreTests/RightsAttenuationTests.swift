import MnosABI
import Testing

@testable import KernelCore

/// Rights only ever shrink, and each is needed for what it stands for.
@Suite struct RightsAttenuationTests {
  /// All pairs of a source's rights and a mask.
  @Test(arguments: 0..<UInt16(256))
  func `RGT_001 RGT_002 copyHasExactlyTheMask`(sourceBits: UInt16) {
    let machine = TestMachine()
    let initial = machine.initial
    let endpoint = Handle(slot: 60, generation: 1)
    if !machine.names(initial, endpoint) {
      let made = machine.makeEndpoint()
      machine.move(initial, made, slot: 60)
    }
    let source = machine.copy(initial, endpoint, slot: 61, rights: Rights(bits: sourceBits))
    let held = Rights(bits: sourceBits)

    for mask in 0..<UInt16(256) {
      let asked = Rights(bits: mask)
      let copy = machine.copy(initial, source.handle, slot: 62, rights: asked)
      if !held.includes(.copy) || !held.includes(asked) {
        if copy.status != .noRight { Issue.record("\(sourceBits) masked \(mask): \(copy)") }
      } else {
        let slot = machine.slot(of: copy.handle, in: initial)
        if copy.status != .ok || machine.kernel.objects[slot].rights != asked {
          Issue.record("\(sourceBits) masked \(mask): \(copy)")
        }
        machine.delete(initial, copy.handle)
      }
    }
    machine.delete(initial, source.handle)
    #expect(machine.findings == [])
  }

  @Test func `RGT_006 withoutCopyThereIsOnlyMove`() {
    let machine = TestMachine()
    let endpoint = machine.makeEndpoint()
    let actor = machine.spawn()
    let single = machine.give(endpoint, to: actor, rights: .all.subtracting(.copy))

    #expect(machine.copy(actor, single, rights: .write).status == .noRight)
    #expect(machine.copy(actor, single, rights: .write, badge: 4).status == .noRight)
    let moved = machine.move(actor, single)
    #expect(moved.status == .ok)
    #expect(machine.send(actor, moved.handle, deadline: 0).status == .wouldBlock)
    #expect(machine.findings == [])
  }

  @Test func `RGT_007 moveToAnotherTableNeedsTransfer`() {
    let machine = TestMachine()
    let (actor, other) = (machine.spawn(), machine.spawn())
    let place = machine.give(other.processHandle, to: actor)
    let endpoint = machine.makeEndpoint()

    for bits in 0..<UInt16(256) {
      let rights = Rights(bits: bits)
      let held = machine.give(endpoint, to: actor, rights: rights)
      let moved = machine.move(actor, held, to: place)
      if rights.includes(.transfer) {
        #expect(moved.status == .ok && !machine.names(actor, held), "\(bits)")
        machine.delete(other, moved.handle)
      } else {
        #expect(moved.status == .noRight && machine.names(actor, held), "\(bits)")
        machine.delete(actor, held)
      }
    }
    #expect(machine.findings == [])
  }

  @Test(arguments: [256, 1 << 15, 1 << 16, 1 << 63, .max] as [UInt64])
  func `RGT_009 undefinedRightsAreRefused`(mask: UInt64) {
    let machine = TestMachine()
    let endpoint = UInt64(machine.makeEndpoint().rawValue)
    let memory = machine.makeMemory(pages: 1)

    let copy = machine.call(machine.initial, .copy, endpoint, 0, 0xffff, [mask])
    let derive = machine.call(
      machine.initial, .derive, UInt64(memory.rawValue), 0, 0xffff, [4096, mask])
    let map = machine.call(
      machine.initial, .map, UInt64(memory.rawValue), 0, 0x80_0000, [0, 4096, mask])

    #expect(copy.status == .badArgument)
    #expect(copy.value == 3)
    #expect(derive.status == .badArgument)
    #expect(derive.value == 4)
    #expect(map.status == .badArgument)
    #expect(map.value == 5)
    #expect(machine.findings == [])
  }

  @Test func `RGT_010 threadsAreManagedOnlyWithTheRight`() {
    let machine = TestMachine()
    let actor = machine.spawn()
    let notification = machine.makeNotification()
    let endpoint = UInt64(machine.makeEndpoint().rawValue)

    for bits in 0..<UInt16(128) {
      let weak = machine.copy(
        machine.initial, actor.threadHandle, slot: 63, rights: Rights(bits: bits)
      ).handle
      let thread = UInt64(weak.rawValue)
      let before = machine.kernel.objects[actor.thread].priority
      for number in [
        SyscallNumber.start, .suspend, .resume, .readRegisters, .writeRegisters,
        .setPriority, .destroy,
      ] {
        let outcome = machine.call(machine.initial, number, thread, 0, 0)
        #expect(outcome.status == .noRight, "\(number) with \(bits)")
      }
      #expect(machine.call(machine.initial, .bind, thread, endpoint).status == .noRight)
      #expect(
        machine.call(machine.initial, .bind, UInt64(notification.rawValue), thread).status
          == .noRight)
      #expect(machine.kernel.objects[actor.thread].priority == before)
      #expect(!machine.kernel.objects[actor.thread].isSuspended)
      machine.delete(machine.initial, weak)
    }
    #expect(machine.findings == [])
  }

  @Test(arguments: [Rights.none, .read, .all.subtracting(.manage)])
  func processesAreManagedOnlyWithTheRight(rights: Rights) {
    let machine = TestMachine()
    let actor = machine.spawn()
    let weak = machine.copy(machine.initial, actor.processHandle, rights: rights).handle
    let memory = machine.makeMemory(pages: 1)

    let into = machine.copy(machine.initial, memory, to: weak, rights: .all)
    let moved = machine.move(machine.initial, memory, to: weak)
    let mapped = machine.map(machine.initial, memory, process: weak, at: 0x90_0000)
    let unmapped = machine.unmap(machine.initial, process: weak, at: Actor.scratch)
    let thread = machine.call(
      machine.initial, .create, UInt64(TestMachine.budgetHandle.rawValue),
      UInt64(ObjectType.thread.rawValue), 0xffff, [UInt64(weak.rawValue), 1])

    for outcome in [into, moved, mapped, unmapped, thread, machine.destroy(machine.initial, weak)] {
      #expect(outcome.status == .noRight)
    }
    #expect(machine.findings == [])
  }

  @Test func `IRQ_009 hardwareNeedsTheMachine`() {
    let machine = TestMachine()
    let actor = machine.spawn()
    let budget = machine.give(TestMachine.budgetHandle, to: actor)
    let weak = machine.give(TestMachine.machineHandle, to: actor, rights: .all.subtracting(.manage))
    func create(_ type: ObjectType, _ words: [UInt64]) -> SyscallStatus? {
      machine.call(
        actor, .create, UInt64(budget.rawValue), UInt64(type.rawValue), 0xffff, words
      ).status
    }

    for (handle, status) in [
      (UInt64(weak.rawValue), SyscallStatus.noRight), (0x1_0040, .badCapability),
      (UInt64(budget.rawValue), .wrongType),
    ] {
      #expect(create(.interrupt, [handle, 3]) == status)
      #expect(create(.portRange, [handle, 3, 1]) == status)
      #expect(create(.memory, [4096, MemoryOptions.device.bits, handle, 0xfee0_0000]) == status)
      #expect(machine.call(actor, .control, handle, 2).status == status)
    }
    #expect(machine.findings == [])
  }
}
