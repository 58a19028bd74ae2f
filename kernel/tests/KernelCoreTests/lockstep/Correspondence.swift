import KernelHAL
import MnosABI
import PlatformSim

@testable import KernelCore
@testable import KernelModel

/// Which of the kernel's objects stands for which of the model's: one to one.
struct Correspondence {
  private(set) var granules: [ModelObject: UInt32] = [:]
  private var objects: [UInt32: ModelObject] = [:]

  /// The granule of an object, or that of nothing.
  subscript(object: ModelObject) -> UInt32 { granules[object] ?? 0 }

  /// Notes that two objects are the same, unless something else is known of one of them.
  ///
  /// - Returns: Whether they are.
  mutating func unite(_ object: ModelObject, _ granule: UInt32) -> Bool {
    if let known = granules[object] { return known == granule }
    guard granule != 0, objects[granule] == nil else { return false }
    granules[object] = granule
    objects[granule] = object
    return true
  }

  /// Forgets objects that are no more: what lies in their places from now on is another.
  mutating func forget(allBut isThere: (ModelObject) -> Bool) {
    for (object, granule) in granules where !isThere(object) {
      granules[object] = nil
      objects[granule] = nil
    }
  }

  func thread(_ object: ModelObject) -> ThreadID { ThreadID(granule: self[object]) }
  func process(_ object: ModelObject) -> ProcessID { ProcessID(granule: self[object]) }
}

/// The model's world for a kernel in which nobody waits for anything, with nothing bound.
struct InitialWorld {
  private(set) var world = World()
  private(set) var names = Correspondence()
  private var objects: [UInt32: ModelObject] = [:]

  init(_ kernel: borrowing TestKernel) {
    let census = Census(kernel)
    world.userEnd = kernel.format.userAddressLimit
    addObjects(of: census, kernel)
    addCapabilities(census.slots, kernel)
    for process in census.processes { addMappings(of: process, kernel) }
    for budget in census.budgets {
      guard let object = objects[budget.granule] else { continue }
      let known = world.objectsUsed(of: object)
      world.budgets[object]?.unmodelledObjects = kernel.objects[budget].objectsUsed - known
    }
  }

  private mutating func add(_ id: AnyObjectID, _ kernel: borrowing TestKernel) -> ModelObject {
    let object = world.makeObject(chargedTo: objects[kernel.objects[id].budget.granule])
    objects[id.granule] = object
    precondition(names.unite(object, id.granule))
    return object
  }

  private mutating func addObjects(of census: Census, _ kernel: borrowing TestKernel) {
    for budget in census.budgets {
      let object = add(budget.header, kernel)
      world.budgets[object] = ModelBudget(objectLimit: kernel.objects[budget].objectLimit)
    }
    for endpoint in census.endpoints {
      world.endpoints[add(endpoint.header, kernel)] = ModelEndpoint()
    }
    for notification in census.notifications {
      let object = add(notification.header, kernel)
      world.notifications[object] = ModelNotification()
      world.notifications[object]?.word = kernel.objects[notification].word
    }
    for memory in census.memories {
      let object = add(memory.header, kernel)
      world.memories[object] = ModelMemory(byteCount: kernel.objects[memory].byteCount)
    }
    for process in census.processes {
      let object = add(process.header, kernel)
      world.processes[object] = ModelProcess()
      world.processes[object]?.state = kernel.objects[process].state
    }
    for thread in census.threads {
      let held = kernel.objects[thread]
      guard let process = objects[held.process.granule] else { continue }
      let object = add(thread.header, kernel)
      var thread = ModelThread(in: process, priority: UInt64(held.ownPriority))
      thread.activity = held.state == .new ? .new : .runnable
      thread.isSuspended = held.isSuspended
      world.threads[object] = thread
    }
  }

  private mutating func addCapabilities(_ slots: [SlotID], _ kernel: borrowing TestKernel) {
    var ids: [UInt32: CapabilityID] = [:]
    let nothing = world.makeObject(chargedTo: nil)
    for slot in slots {
      let held = kernel.objects[slot]
      precondition(held.state == .held, "the world is not at rest")
      guard let process = objects[held.owner.granule] else { continue }
      ids[slot.granule] = world.add(
        ModelCapability(
          held.type, objects[held.object.granule] ?? nothing, rights: held.rights,
          badge: held.badge, at: .slot(process: process, handle: held.handle.rawValue)))
    }
    for slot in slots {
      guard let parent = ids[slot.granule] else { continue }
      for child in kernel.children(of: slot) {
        if let id = ids[child.granule] { world.capabilities[id]?.parent = parent }
      }
    }
  }

  private mutating func addMappings(of process: ProcessID, _ kernel: borrowing TestKernel) {
    guard let object = objects[process.granule] else { return }
    for mapping in Census.members(kernel.objects[process].mappings, kernel) {
      let held = kernel.objects[mapping]
      guard let owner = objects[kernel.objects[held.slot].owner.granule],
        let memory = world.find(UInt64(kernel.objects[held.slot].handle.rawValue), in: owner)
      else { continue }
      world.processes[object]?.mappings.insert(
        ModelMapping(
          address: held.address, byteCount: UInt64(held.pageCount) * 4096, memory: memory,
          offset: UInt64(held.firstPage) * 4096, rights: held.rights, ceiling: held.ceiling))
    }
  }
}

extension Kernel where P: ~Copyable {
  /// The children of a capability in the derivation tree.
  func children(of slot: SlotID) -> [SlotID] {
    var result: [SlotID] = []
    var child = objects[slot].firstChild
    while !child.isNone, result.count < 10_000 {
      result.append(child)
      guard !objects[child].isLastChild else { break }
      child = objects[child].next
    }
    return result
  }
}
