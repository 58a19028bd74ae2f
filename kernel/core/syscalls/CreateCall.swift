import KernelHAL
import MnosABI

/// `create` and `derive`: making objects and parts of them.
extension Kernel where P: ~Copyable {
  /// a0 budget, a1 type, a2 slot; words by type, see `MemoryOptions`.
  mutating func createCall() throws(Failure) {
    let budgetSlot = try lookUp(argument(0), .budget, needing: .write)
    let budget = BudgetID(granule: objects[budgetSlot].object)
    guard argument(1) <= 255, let type = ObjectType(rawValue: UInt8(argument(1))) else {
      throw .badArgument(1)
    }
    let slot = try findSlot(argument(2), in: objects[current].process, argument: 2)
    switch type {
    case .endpoint: install(try makeEndpoint(budget).granule, .endpoint, in: slot)
    case .notification: install(try makeNotification(budget).granule, .notification, in: slot)
    case .memory: try createMemory(budget, in: slot)
    case .process: install(try makeProcess(budget).granule, .process, in: slot)
    case .thread: try createThread(budget, in: slot)
    case .interrupt: try createInterrupt(budget, in: slot)
    case .portRange: try createPortRange(in: slot)
    case .budget: try createBudget(budget, in: slot)
    case .none, .reply, .machine: throw .badArgument(1)
    }
  }

  /// Gives the caller the first capability to a new object, with all rights.
  private mutating func install(
    _ object: UInt32, _ type: ObjectType, in slot: SlotID, badge: UInt64 = 0,
    parent: SlotID = .none
  ) {
    fill(slot, type: type, object: object, rights: .all, badge: badge, parent: parent)
    answer(value: UInt64(objects[slot].handle.rawValue))
  }

  private mutating func makeEndpoint(_ budget: BudgetID) throws(Failure) -> EndpointID {
    try charge(budget, bytes: pools.endpoints.chargedByteCount, objects: 1)
    guard let granule = pools.endpoints.allocate(in: objects, frames: &frames) else {
      uncharge(budget, bytes: pools.endpoints.chargedByteCount, objects: 1)
      throw .noMemory
    }
    let id = EndpointID(granule: granule)
    objects[id] = Endpoint(budget: budget)
    return id
  }

  private mutating func makeNotification(_ budget: BudgetID) throws(Failure) -> NotificationID {
    try charge(budget, bytes: pools.notifications.chargedByteCount, objects: 1)
    guard let granule = pools.notifications.allocate(in: objects, frames: &frames) else {
      uncharge(budget, bytes: pools.notifications.chargedByteCount, objects: 1)
      throw .noMemory
    }
    let id = NotificationID(granule: granule)
    objects[id] = Notification(budget: budget)
    return id
  }

  /// Makes a process without threads.
  mutating func makeProcess(_ budget: BudgetID) throws(Failure) -> ProcessID {
    try charge(budget, bytes: pools.processes.chargedByteCount, objects: 1)
    guard let granule = pools.processes.allocate(in: objects, frames: &frames) else {
      uncharge(budget, bytes: pools.processes.chargedByteCount, objects: 1)
      throw .noMemory
    }
    do throws(Failure) {
      let directory = try allocateFrame(chargedTo: budget)
      do throws(Failure) {
        let space = try makeSpace(chargedTo: budget)
        let id = ProcessID(granule: granule)
        objects[id] = Process(
          table: CapabilityTable(directory: directory), space: space, budget: budget)
        return id
      } catch {
        freeFrame(directory, chargedTo: budget)
        throw error
      }
    } catch {
      pools.processes.free(granule, in: objects, frames: &frames)
      uncharge(budget, bytes: pools.processes.chargedByteCount, objects: 1)
      throw error
    }
  }

  /// w0 process, w1 priority, at most the creator's.
  private mutating func createThread(_ budget: BudgetID, in slot: SlotID) throws(Failure) {
    let processSlot = try lookUp(argument(3), .process, needing: .manage)
    guard argument(4) <= UInt64(objects[current].priority) else { throw .badArgument(4) }
    let process = ProcessID(granule: objects[processSlot].object)
    guard objects[process].isAlive, objects[process].state != .stopped else { throw .badState }
    let thread = try makeThread(budget, in: process, priority: UInt8(argument(4)))
    install(thread.granule, .thread, in: slot)
  }

  mutating func makeThread(
    _ budget: BudgetID, in process: ProcessID, priority: UInt8
  ) throws(Failure) -> ThreadID {
    try charge(budget, bytes: pools.threads.chargedByteCount, objects: 1)
    guard let granule = pools.threads.allocate(in: objects, frames: &frames) else {
      uncharge(budget, bytes: pools.threads.chargedByteCount, objects: 1)
      throw .noMemory
    }
    let thread = ThreadID(granule: granule)
    let zero = VirtualAddress(0)
    objects[thread] = Thread<P>(
      registers: P.Registers(entry: zero, stack: zero, argument: 0), process: process,
      budget: budget, priority: priority)
    let first = objects[process].firstThread
    objects[thread].nextOfProcess = first
    if !first.isNone { objects[first].previousOfProcess = thread }
    objects[process].firstThread = thread
    objects[process].threadCount += 1
    return thread
  }

  /// w0 machine, w1 line.
  private mutating func createInterrupt(_ budget: BudgetID, in slot: SlotID) throws(Failure) {
    _ = try lookUp(argument(3), .machine, needing: .manage)
    guard argument(4) < UInt64(platform.interruptLineCount) else { throw .badArgument(4) }
    let line = UInt32(argument(4))
    guard platform.isLineAvailable(line) else { throw .badArgument(4) }
    install(try makeInterrupt(budget, line: line).granule, .interrupt, in: slot)
  }

  mutating func makeInterrupt(_ budget: BudgetID, line: UInt32) throws(Failure) -> InterruptID {
    guard interrupt(ofLine: line).isNone else { throw .badState }
    try charge(budget, bytes: pools.interrupts.chargedByteCount, objects: 1)
    guard let granule = pools.interrupts.allocate(in: objects, frames: &frames) else {
      uncharge(budget, bytes: pools.interrupts.chargedByteCount, objects: 1)
      throw .noMemory
    }
    let id = InterruptID(granule: granule)
    objects[id] = Interrupt(line: line, budget: budget)
    objects[id].nextInChain = interrupts[Int(line & 63)]
    interrupts[Int(line & 63)] = id
    return id
  }

  /// w0 machine, w1 first port, w2 count.
  private mutating func createPortRange(in slot: SlotID) throws(Failure) {
    let machine = try lookUp(argument(3), .machine, needing: .manage)
    guard platform.hasPorts else { throw Failure(.unavailable) }
    guard argument(4) < 65_536 else { throw .badArgument(4) }
    guard argument(5) > 0, argument(5) <= 65_536 - argument(4) else { throw .badArgument(5) }
    install(
      0, .portRange, in: slot, badge: argument(4) | argument(5) << 32, parent: machine)
  }

  /// w0 memory limit, w1 object limit; both are taken from the parent now.
  private mutating func createBudget(_ parent: BudgetID, in slot: SlotID) throws(Failure) {
    let (bytes, overflow) = argument(3).addingReportingOverflow(pools.budgets.chargedByteCount)
    guard !overflow else { throw .badArgument(3) }
    let (count, countOverflow) = argument(4).addingReportingOverflow(1)
    guard !countOverflow else { throw .badArgument(4) }
    try charge(parent, bytes: bytes, objects: count)
    guard let granule = pools.budgets.allocate(in: objects, frames: &frames) else {
      uncharge(parent, bytes: bytes, objects: count)
      throw .noMemory
    }
    objects[BudgetID(granule: granule)] = Budget(
      parent: parent, memoryLimit: argument(3), objectLimit: argument(4))
    install(granule, .budget, in: slot)
  }

  // MARK: Memory

  /// w0 bytes, w1 options, w2 machine and w3 physical address for device memory.
  private mutating func createMemory(_ budget: BudgetID, in slot: SlotID) throws(Failure) {
    let byteCount = argument(3)
    guard byteCount > 0, byteCount & 4095 == 0, byteCount <= 1 << 40 else {
      throw .badArgument(3)
    }
    if argument(4) == MemoryOptions.device {
      let machine = try lookUp(argument(5), .machine, needing: .manage)
      let base = argument(6)
      // An address that entries cut short would be another one, of RAM even.
      guard base & 4095 == 0, base <= format.physicalAddressLimit - byteCount else {
        throw .badArgument(6)
      }
      guard frames.deviceRules.permits(base: base, byteCount: byteCount) else {
        throw .badArgument(6)
      }
      let memory = try makeMemory(
        budget, base: base, byteCount: byteCount, kind: .device, parent: .none)
      install(memory.granule, .memory, in: slot, parent: machine)
      return
    }
    guard argument(4) == 0 else { throw .badArgument(4) }
    try charge(budget, bytes: byteCount, objects: 0)
    guard let first = frames.allocate(count: byteCount / Limits.pageByteCount) else {
      uncharge(budget, bytes: byteCount, objects: 0)
      throw .noMemory
    }
    let memory: MemoryID
    do throws(Failure) {
      memory = try makeMemory(
        budget, base: UInt64(first) << 12, byteCount: byteCount, kind: .owned, parent: .none)
    } catch {
      frames.free(first, count: byteCount / Limits.pageByteCount)
      uncharge(budget, bytes: byteCount, objects: 0)
      throw error
    }
    install(memory.granule, .memory, in: slot)
    objects[slot].state = .reserved
    objects[current].work = .clear(memory, slot, 0)
    finishShortWork()
  }

  mutating func makeMemory(
    _ budget: BudgetID, base: UInt64, byteCount: UInt64, kind: MemoryObject.Kind,
    parent: MemoryID
  ) throws(Failure) -> MemoryID {
    try charge(budget, bytes: pools.memories.chargedByteCount, objects: 1)
    guard let granule = pools.memories.allocate(in: objects, frames: &frames) else {
      uncharge(budget, bytes: pools.memories.chargedByteCount, objects: 1)
      throw .noMemory
    }
    let id = MemoryID(granule: granule)
    let isDevice = kind == .device || (!parent.isNone && objects[parent].isDevice)
    objects[id] = MemoryObject(
      base: base, byteCount: byteCount, kind: kind, isDevice: isDevice, parent: parent,
      budget: budget)
    return id
  }

  /// a0 memory or port range, a1 offset, a2 slot; w0 length, w1 rights.
  mutating func deriveCall() throws(Failure) {
    let source = try lookUp(argument(0))
    let type = objects[source].type
    guard type == .memory || type == .portRange else { throw .wrongType }
    guard objects[source].rights.includes(.copy) else { throw .noRight }
    let rights = try rightsArgument(4)
    guard objects[source].rights.includes(rights) else { throw .noRight }
    let slot = try findSlot(argument(2), in: objects[current].process, argument: 2)
    if type == .portRange {
      try derivePorts(from: source, to: slot, rights: rights)
    } else {
      try deriveMemory(from: source, to: slot, rights: rights)
    }
    answer(value: UInt64(objects[slot].handle.rawValue))
  }

  private mutating func derivePorts(
    from source: SlotID, to slot: SlotID, rights: Rights
  ) throws(Failure) {
    let first = objects[source].badge & 0xffff_ffff
    let count = objects[source].badge >> 32
    guard argument(1) < count else { throw .badArgument(1) }
    guard argument(3) > 0, argument(3) <= count - argument(1) else { throw .badArgument(3) }
    fill(
      slot, type: .portRange, object: 0, rights: rights,
      badge: (first + argument(1)) | argument(3) << 32, parent: source)
  }

  private mutating func deriveMemory(
    from source: SlotID, to slot: SlotID, rights: Rights
  ) throws(Failure) {
    let whole = MemoryID(granule: objects[source].object)
    let offset = argument(1)
    guard offset & 4095 == 0, offset < objects[whole].byteCount else { throw .badArgument(1) }
    guard argument(3) > 0, argument(3) & 4095 == 0,
      argument(3) <= objects[whole].byteCount - offset
    else { throw .badArgument(3) }
    let part = try makeMemory(
      objects[objects[current].process].budget, base: objects[whole].base + offset,
      byteCount: argument(3), kind: .part, parent: whole)
    objects[whole].referenceCount += 1
    fill(slot, type: .memory, object: part.granule, rights: rights, badge: 0, parent: source)
  }
}
