import KernelHAL
import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// Exhaustion: charged to whoever causes it, and a failed call changes nothing.
@Suite struct ResourceTests {
  /// What a caller can learn of the kernel's state, and what the auditor can.
  private static func state(_ machine: TestMachine) -> [UInt64] {
    let census = Census(machine.kernel)
    var state: [UInt64] = [
      machine.kernel.frames.freeCount, machine.kernel.capabilityCount,
      UInt64(census.slots.count), UInt64(census.endpoints.count),
      UInt64(census.notifications.count), UInt64(census.memories.count),
      UInt64(census.mappings.count), UInt64(census.threads.count),
      UInt64(census.processes.count), UInt64(census.budgets.count),
    ]
    for budget in census.budgets {
      state += [
        machine.kernel.objects[budget].memoryUsed, machine.kernel.objects[budget].objectsUsed,
      ]
    }
    for slot in census.slots.sorted(by: { $0.granule < $1.granule }) {
      let held = machine.kernel.objects[slot]
      state += [
        UInt64(slot.granule), UInt64(held.object.granule), UInt64(held.rightsBits), held.badge,
        UInt64(held.generation), UInt64(held.firstChild.granule), UInt64(held.next.granule),
      ]
    }
    return state
  }

  /// A call that allocates, with its setup.
  enum Allocation: CaseIterable {
    case endpoint, notification, memory, process, thread, budget, interrupt, derive, map
    case copyFar, moveFar, send, bind
  }

  private static func make(_ allocation: Allocation, _ machine: TestMachine) -> () -> Outcome {
    let initial = machine.initial
    let budget = UInt64(TestMachine.budgetHandle.rawValue)
    func create(_ type: ObjectType, _ words: [UInt64] = []) -> () -> Outcome {
      { machine.call(initial, .create, budget, UInt64(type.rawValue), 0xffff, words) }
    }
    let machineHandle = UInt64(TestMachine.machineHandle.rawValue)
    switch allocation {
    case .endpoint: return create(.endpoint)
    case .notification: return create(.notification)
    case .memory: return create(.memory, [3 * 4096])
    case .process: return create(.process)
    case .thread: return create(.thread, [UInt64(TestMachine.processHandle.rawValue), 5])
    case .budget: return create(.budget, [8192, 3])
    case .interrupt: return create(.interrupt, [machineHandle, 3])
    case .derive:
      let memory = machine.makeMemory(pages: 2)
      return {
        machine.call(initial, .derive, UInt64(memory.rawValue), 0, 0xffff, [4096, 0xff])
      }
    case .map:
      let memory = machine.makeMemory(pages: 2)
      return { machine.map(initial, memory, at: 0x1_4000_0000, byteCount: 8192) }
    case .copyFar:
      let endpoint = machine.makeEndpoint()
      return { machine.copy(initial, endpoint, slot: 30_000, rights: .all) }
    case .moveFar:
      let endpoint = machine.makeEndpoint()
      return { machine.move(initial, endpoint, slot: 65_534) }
    case .send:
      let actor = machine.spawn()
      let endpoint = machine.give(machine.makeEndpoint(), to: actor)
      let gift = machine.give(machine.makeNotification(), to: actor)
      fillTable(of: actor, machine)
      return { machine.send(actor, endpoint, [1], .copy(gift)) }
    case .bind:
      let notification = UInt64(machine.makeNotification().rawValue)
      let actor = machine.spawn()
      fillTable(of: initial, machine)
      return {
        machine.call(initial, .bind, notification, UInt64(actor.threadHandle.rawValue))
      }
    }
  }

  /// Uses every slot that the actor's table has without growing.
  private static func fillTable(of actor: Actor, _ machine: TestMachine) {
    let endpoint = machine.makeEndpoint()
    while machine.kernel.objects[actor.process].table.freeCount > 0 {
      machine.copy(machine.initial, endpoint, to: actor.processHandle, rights: .none)
    }
  }

  /// Makes objects of every size until the slabs of the root budget have no room.
  private static func fillSlabs(_ machine: TestMachine) {
    for (size, type) in [(SlabSize.small, ObjectType.endpoint), (.medium, .budget), (.thread, .thread)] {
      let words = type == .thread ? [UInt64(TestMachine.processHandle.rawValue), 1] : []
      func hasRoom() -> Bool {
        !machine.kernel.objects[machine.rootBudget].slabs.open[Int(size.rawValue)].isEmpty
      }
      // A call may also have made the first slab of a size that was not there yet.
      repeat { _ = machine.make(type, words) } while hasRoom()
    }
  }

  /// The budget runs out at every byte at which it can: no slab has room, so that an object
  /// needs memory too.
  @Test(arguments: Allocation.allCases)
  func `RES_001 D1 spentBudgetChangesNothing`(allocation: Allocation) {
    let machine = TestMachine()
    let call = Self.make(allocation, machine)
    // A binding needs a slot, not a place in a slab.
    if allocation != .bind { Self.fillSlabs(machine) }
    var failures = 0
    for bytes in stride(from: 0, through: 40 * 4096, by: 192) as StrideThrough<UInt64> {
      let budget = machine.kernel.objects[machine.rootBudget]
      let reserve = budget.memoryLimit - budget.memoryUsed
      guard bytes <= reserve else { break }
      let before = Self.state(machine)
      machine.kernel.objects[machine.rootBudget].memoryUsed += reserve - bytes
      let outcome = call()
      machine.kernel.objects[machine.rootBudget].memoryUsed -= reserve - bytes
      guard outcome.status == .noMemory else {
        #expect(outcome.status == .ok || outcome == .blocked, "\(outcome)")
        break
      }
      failures += 1
      let after = Self.state(machine)
      if after != before { Issue.record("\(bytes) bytes left: the state changed") }
    }
    #expect(failures > 0)
    #expect(machine.findings == [])
  }

  /// The machine runs out of frames at every allocation in turn.
  @Test(arguments: Allocation.allCases)
  func `RES_001 D1 missingFramesChangeNothing`(allocation: Allocation) {
    for left in 0..<24 as Range<UInt64> {
      let machine = TestMachine()
      let call = Self.make(allocation, machine)
      while machine.kernel.frames.freeCount > left { _ = machine.kernel.frames.allocate() }
      let before = Self.state(machine)
      let outcome = call()
      guard outcome.status == .noMemory else {
        #expect(outcome.status == .ok || outcome == .blocked, "\(outcome)")
        return
      }
      if Self.state(machine) != before {
        Issue.record("\(left) frames left: the state changed")
      }
    }
    Issue.record("never succeeded")
  }

  @Test func `RES_003 quotaOfOneLeavesTheOther`() {
    let machine = TestMachine()
    let small = machine.make(.budget, [16 * 4096, 3])
    let large = machine.make(.budget, [64 * 4096, 64])
    func create(_ budget: Handle) -> SyscallStatus? {
      machine.call(
        machine.initial, .create, UInt64(budget.rawValue),
        UInt64(ObjectType.endpoint.rawValue), 0xffff
      ).status
    }

    #expect((0..<4).map { _ in create(small) } == [.ok, .ok, .ok, .noSlot])
    #expect(create(large) == .ok)
    let memory = machine.call(
      machine.initial, .create, UInt64(large.rawValue), UInt64(ObjectType.memory.rawValue),
      0xffff, [64 * 4096])
    #expect(memory.status == .noMemory)
    #expect(machine.findings == [])
  }

  @Test func `RES_005 whatIsFreedCanBeMadeAgain`() {
    let machine = TestMachine()
    let budget = machine.make(.budget, [40 * 4096, 12])
    var made: [Handle] = []
    func create() -> Outcome {
      machine.call(
        machine.initial, .create, UInt64(budget.rawValue),
        UInt64(ObjectType.process.rawValue), 0xffff)
    }
    while true {
      let outcome = create()
      guard outcome.status == .ok else { break }
      made.append(outcome.handle)
    }
    #expect(made.count > 3)

    for round in 0..<100 {
      machine.delete(machine.initial, made.removeFirst())
      let again = create()
      if again.status != .ok { Issue.record("round \(round): \(again)") }
      made.append(again.handle)
      if create().status == .ok { Issue.record("round \(round): more than before") }
    }
    #expect(machine.findings == [])
  }

  @Test func `RES_006 D2 processLivesLeaveNothing`() {
    let machine = TestMachine()
    let endpoint = machine.makeEndpoint()
    func live() {
      let free = machine.kernel.frames.freeCount
      _ = free
      let actor = machine.spawn()
      let handle = machine.give(endpoint, to: actor)
      machine.poke(actor, 1, at: Actor.scratch)
      machine.request(actor, handle, [1], deadline: machine.now + 1_000)
      machine.destroy(machine.initial, actor.processHandle)
      machine.revoke(machine.initial, actor.processHandle)
      machine.delete(machine.initial, actor.processHandle)
      machine.delete(machine.initial, actor.threadHandle)
      // The scratch page's capability is init's: the last one that it got.
      let scratch = Census.allSlots(of: machine.initial.process, machine.kernel).filter {
        machine.kernel.objects[$0].type == .memory && machine.kernel.objects[$0].state == .held
      }
      for slot in scratch.dropFirst() {
        machine.delete(machine.initial, machine.kernel.objects[slot].handle)
      }
    }
    live()
    let before = Self.state(machine).prefix(10)

    for _ in 0..<200 { live() }

    #expect(Self.state(machine).prefix(10) == before)
    #expect(machine.findings == [])
  }

  @Test(arguments: [0, 1, 4095, 4097, (1 << 40) + 4096, 1 << 63, UInt64.max & ~4095, .max])
  func `RES_011 impossibleSizesAreRefused`(byteCount: UInt64) {
    let machine = TestMachine()
    let memory = machine.call(
      machine.initial, .create, UInt64(TestMachine.budgetHandle.rawValue),
      UInt64(ObjectType.memory.rawValue), 0xffff, [byteCount])

    #expect(memory.status == .badArgument)
    #expect(memory.value == 3)
    #expect(machine.findings == [])
  }

  @Test(
    arguments: [(UInt64.max, 1), (.max - 63, 1), (1, .max), (1 << 62, 1), (1, 1 << 62)]
      as [(UInt64, UInt64)])
  func `RES_011 impossibleBudgetsAreRefused`(bytes: UInt64, objects: UInt64) {
    let machine = TestMachine()
    let outcome = machine.call(
      machine.initial, .create, UInt64(TestMachine.budgetHandle.rawValue),
      UInt64(ObjectType.budget.rawValue), 0xffff, [bytes, objects])

    #expect([.badArgument, .noMemory, .noSlot].contains(outcome.status))
    #expect(machine.findings == [])
  }
}
