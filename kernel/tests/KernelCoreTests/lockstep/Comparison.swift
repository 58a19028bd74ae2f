import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore
@testable import KernelModel

/// What a world and a kernel differ in, if the one is to be the other's abstraction.
///
/// The world is walked through and each thing in it looked for in the kernel. The kernel's own
/// counts say whether that was all there is.
struct Comparison {
  let world: World
  /// Until when each thread waits, where there is an end to it.
  let deadlines: [ModelObject: UInt64]
  var names: Correspondence
  /// Where each capability is.
  var slots: [CapabilityID: SlotID] = [:]
  private var parents: [UInt32: SlotID] = [:]
  private(set) var differences: [String] = []

  init(
    _ world: World, _ kernel: borrowing TestKernel, names: Correspondence,
    deadlines: [ModelObject: UInt64]
  ) {
    self.world = world
    self.names = names
    self.deadlines = deadlines
    for (id, capability) in world.capabilities {
      compare(capability, id, kernel)
    }
    compareParents(kernel)
    for (id, thread) in world.threads { compare(thread, id, kernel) }
    for (id, process) in world.processes { compare(process, id, kernel) }
    for (id, endpoint) in world.endpoints { compare(endpoint, id, kernel) }
    for (id, notification) in world.notifications { compare(notification, id, kernel) }
    for (id, memory) in world.memories { compare(memory, id, kernel) }
    for (id, budget) in world.budgets { compare(budget, id, kernel) }
    compareCounts(kernel)
  }

  /// Notes a difference unless the two are equal: the model's first.
  mutating func expect<Value: Equatable>(
    _ model: Value, _ kernel: Value, _ what: @autoclosure () -> String
  ) {
    if model != kernel { differences.append("\(what()): model \(model), kernel \(kernel)") }
  }

  // MARK: Capabilities

  private mutating func compare(
    _ capability: ModelCapability, _ id: CapabilityID, _ kernel: borrowing TestKernel
  ) {
    guard let slot = find(capability, id, kernel), !slot.isNone else {
      differences.append("capability \(capability): not where it ought to be")
      return
    }
    slots[id] = slot
    let held = kernel.objects[slot]
    expect(capability.type, held.type, "type in \(capability.place)")
    expect(capability.rights.bits, UInt16(held.rightsBits), "rights of \(capability.type) in \(capability.place)")
    expect(capability.badge, held.badge, "badge in \(capability.place)")
    guard ![.machine, .portRange].contains(capability.type) else { return }
    if !names.unite(capability.object, held.object.granule) {
      let known = names[capability.object]
      differences.append("object of \(capability): \(known), kernel \(held.object.granule)")
    }
  }

  /// Where a capability is, or none; how its slot is used is compared.
  private mutating func find(
    _ capability: ModelCapability, _ id: CapabilityID, _ kernel: borrowing TestKernel
  ) -> SlotID? {
    switch capability.place {
    case .slot(let process, let rawHandle):
      let handle = Handle(rawValue: rawHandle)
      let owner = names.process(process)
      guard !owner.isNone, kernel.objects[owner].state != .ended else { return nil }
      let slot = kernel.objects[owner].table.slot(at: handle.slot, in: kernel.objects)
      guard !slot.isNone else { return nil }
      expect(.held, kernel.objects[slot].state, "state of the slot of handle \(rawHandle)")
      expect(handle.generation, kernel.objects[slot].generation, "generation of \(rawHandle)")
      return slot
    case .message(let sender, let home):
      let attachments = world.threads[sender]?.activity.attachments ?? []
      let thread = names.thread(sender)
      guard !thread.isNone,
        let index = attachments.firstIndex(where: { ($0.isMove ? $0.source : $0.copy) == id })
      else { return nil }
      let slot = kernel.objects[thread].message.parked[index]
      guard !slot.isNone else { return nil }
      expect(.inTransit, kernel.objects[slot].state, "state of a slot in transit")
      if let home { expect(home, kernel.objects[slot].handle.rawValue, "home in a message") }
      return slot
    case .binding(let role, let subject, let process):
      let slot = bindingSlot(role, of: names[subject], kernel)
      guard !slot.isNone else { return nil }
      expect(.bound, kernel.objects[slot].state, "state of a bound slot")
      expect(names[process], kernel.objects[slot].owner.granule, "owner of a binding")
      return slot
    }
  }

  private func bindingSlot(
    _ role: BindingRole, of subject: UInt32, _ kernel: borrowing TestKernel
  ) -> SlotID {
    guard subject != 0 else { return .none }
    switch role {
    case .threadNotification: return kernel.objects[ThreadID(granule: subject)].boundSlot
    case .faultHandler: return kernel.objects[ThreadID(granule: subject)].faultHandler
    case .threadEnd: return kernel.objects[ThreadID(granule: subject)].endWatcher
    case .supervisor: return kernel.objects[ProcessID(granule: subject)].supervisor
    default: return .none
    }
  }

  private mutating func compareParents(_ kernel: borrowing TestKernel) {
    for slot in slots.values {
      for child in kernel.children(of: slot) { parents[child.granule] = slot }
    }
    for (id, slot) in slots {
      guard let capability = world.capabilities[id] else { continue }
      let parent = capability.parent.flatMap { slots[$0] } ?? .none
      let found = parents[slot.granule] ?? .none
      expect(parent.granule, found.granule, "parent of \(capability)")
    }
  }

  // MARK: Objects

  private mutating func compare(
    _ process: ModelProcess, _ id: ModelObject, _ kernel: borrowing TestKernel
  ) {
    let granule = names.process(id)
    guard !granule.isNone else { return }
    let held = kernel.objects[granule]
    expect(process.state, held.state, "state of process \(id.number)")
    expect(process.exitValue, held.exitValue, "exit value of process \(id.number)")
    expect(process.fault?.address ?? 0, held.faultAddress, "fault of process \(id.number)")
    expect(process.fault?.pc ?? 0, held.faultPC, "fault's pc of process \(id.number)")
    let count = world.threads.values.count { $0.process == id && $0.activity != .ended }
    expect(count, Int(held.threadCount), "threads of process \(id.number)")
    let mappings = Census.members(held.mappings, kernel).map { kernel.objects[$0] }
    let expected = process.mappings.sorted { $0.address < $1.address }
    expect(
      expected.map { MappingShape($0, slots[$0.memory]) }, mappings.map { MappingShape($0) },
      "mappings of process \(id.number)")
  }

  private mutating func compare(
    _ endpoint: ModelEndpoint, _ id: ModelObject, _ kernel: borrowing TestKernel
  ) {
    guard names[id] != 0 else { return }
    let held = kernel.objects[EndpointID(granule: names[id])]
    let queue = Census.members(held.queue, kernel).map(\.granule)
    let isSending = held.waiters == .senders
    expect(
      endpoint.senders.map { names[$0] }, isSending ? queue : [], "senders of \(id.number)")
    expect(
      endpoint.receivers.map { names[$0] }, isSending ? [] : queue, "receivers of \(id.number)")
    expect(endpoint.isDestroyed, held.isDestroyed, "end of endpoint \(id.number)")
    expect(
      world.canBeReceived(from: id), !held.isDeserted, "receivability of endpoint \(id.number)")
  }

  private mutating func compare(
    _ notification: ModelNotification, _ id: ModelObject, _ kernel: borrowing TestKernel
  ) {
    guard names[id] != 0 else { return }
    let held = kernel.objects[NotificationID(granule: names[id])]
    expect(notification.word, held.word, "word of notification \(id.number)")
    expect(
      notification.waiters.map { names[$0] }, Census.members(held.queue, kernel).map(\.granule),
      "waiters of notification \(id.number)")
    expect(notification.isDestroyed, held.isDestroyed, "end of notification \(id.number)")
    expect(
      world.boundThread(of: id).map { names[$0] } ?? 0, held.boundThread.granule,
      "thread bound to notification \(id.number)")
  }

  private mutating func compare(
    _ memory: ModelMemory, _ id: ModelObject, _ kernel: borrowing TestKernel
  ) {
    guard names[id] != 0 else { return }
    let held = kernel.objects[MemoryID(granule: names[id])]
    expect(memory.byteCount, held.byteCount, "bytes of memory \(id.number)")
    expect(memory.whole.map { names[$0] } ?? 0, held.whole.granule, "whole of memory \(id.number)")
  }

  private mutating func compare(
    _ budget: ModelBudget, _ id: ModelObject, _ kernel: borrowing TestKernel
  ) {
    guard names[id] != 0 else { return }
    let held = kernel.objects[BudgetID(granule: names[id])]
    expect(budget.objectLimit, held.objectLimit, "limit of budget \(id.number)")
    expect(world.objectsUsed(of: id), held.objectsUsed, "objects of budget \(id.number)")
  }

  /// Whether the kernel has nothing that the world lacks.
  private mutating func compareCounts(_ kernel: borrowing TestKernel) {
    let inSpares = world.threads.values.count {
      if case .holding = $0.spare { true } else { false }
    }
    expect(
      world.capabilities.count - inSpares, Int(kernel.objects.shared.capabilityCount),
      "capabilities in all")
    if world.capabilities.count - inSpares != Int(kernel.objects.shared.capabilityCount) {
      let known = Set(slots.values.map(\.granule))
      for slot in Census(kernel).slots where !known.contains(slot.granule) {
        let held = kernel.objects[slot]
        guard held.state != .spare else { continue }
        differences.append(
          "only the kernel has: \(held.type) \(held.state) \(held.role) of \(held.owner.granule)")
      }
    }
    let counts: [(ObjectType, Int)] = [
      (.endpoint, world.endpoints.count), (.notification, world.notifications.count),
      (.memory, world.memories.count), (.thread, world.threads.count),
      (.process, world.processes.count), (.budget, world.budgets.count),
    ]
    for (type, count) in counts {
      expect(count, Int(kernel.objects.shared.count(of: type)), "objects of type \(type)")
    }
  }
}

/// What a mapping is, in words of both.
private struct MappingShape: Equatable {
  let address, byteCount, offset: UInt64
  let rights, ceiling: UInt16
  let slot: UInt32

  init(_ mapping: ModelMapping, _ slot: SlotID?) {
    address = mapping.address
    byteCount = mapping.byteCount
    offset = mapping.offset
    rights = mapping.rights.bits
    ceiling = mapping.ceiling.bits
    self.slot = slot?.granule ?? 0
  }

  init(_ mapping: KernelCore.Mapping) {
    address = mapping.address
    byteCount = UInt64(mapping.pageCount) * Limits.pageByteCount
    offset = UInt64(mapping.firstPage) * Limits.pageByteCount
    rights = mapping.rightsBits
    ceiling = mapping.ceilingBits
    slot = mapping.slot.granule
  }
}
