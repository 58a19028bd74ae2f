import KernelHAL
import MnosABI

/// `create` and `derive`: making objects and parts of them.
extension Kernel where P: ~Copyable {
  /// The words by type, from word 0 on: memory: bytes, `MemoryOptions`, and for device memory
  /// machine and physical address; thread: process, priority; interrupt: machine, line; port
  /// range: machine, first port, count; budget: memory limit, object limit.
  mutating func createCall(_ arguments: CreateArguments) throws(Failure) {
    let budget = try lookUp(arguments.budget, as: Budget.self, needing: .write).object
    // What is being ended does not grow.
    guard !objects[budget].header.isCondemned else { throw .badState }
    guard arguments.type <= 255, let type = ObjectType(rawValue: UInt8(arguments.type)) else {
      throw .badArgument(1)
    }
    let slot = try findSlot(arguments.slot, in: objects[current].process, argument: 2)
    let words = arguments.words
    switch type {
    case .endpoint:
      let endpoint = try make(Endpoint(), .small, chargedTo: budget, as: Endpoint.self)
      install(endpoint, in: slot)
    case .notification:
      let notification = try make(
        Notification(), .small, chargedTo: budget, as: Notification.self)
      install(notification, in: slot)
    case .memory where words[1] == MemoryOptions.device:
      try createDeviceMemory(
        budget, byteCount: words[0], machine: words[2], base: words[3], in: slot)
    case .memory: try createMemory(budget, byteCount: words[0], options: words[1], in: slot)
    case .process: install(try makeProcess(budget), in: slot)
    case .thread:
      try createThread(budget, process: words[0], priority: words[1], in: slot)
    case .interrupt:
      try createInterrupt(budget, machine: words[0], line: words[1], in: slot)
    case .portRange:
      try createPortRange(machine: words[0], first: words[1], count: words[2], in: slot)
    case .budget:
      try createBudget(budget, memoryLimit: words[0], objectLimit: words[1], in: slot)
    case .none, .reply, .machine: throw .badArgument(1)
    }
  }

  /// Gives the caller the first capability to a new object, with all rights.
  private mutating func install<Object: KernelObject>(
    _ object: ObjectID<Object>, in slot: SlotID, parent: SlotID = .none
  ) {
    objects.fill(slot, Object.type, object.header, rights: .all, parent: parent)
    answer(value: UInt64(objects[slot].handle.rawValue))
  }

  /// Makes a process without threads.
  ///
  /// - Throws: `noMemory`, `noSlot`; nothing has changed then.
  mutating func makeProcess(_ budget: BudgetID) throws(Failure) -> ProcessID {
    let directory = try allocateFrame(chargedTo: budget)
    do throws(Failure) {
      let space = try makeSpace(chargedTo: budget)
      do throws(Failure) {
        return try make(
          Process(table: CapabilityTable(directory: directory), space: space), .large,
          chargedTo: budget, as: Process.self)
      } catch {
        identifiers.free(space.identifier)
        freeFrame(FrameNumber(space.root.rawValue >> 12), chargedTo: budget)
        throw error
      }
    } catch {
      freeFrame(directory, chargedTo: budget)
      throw error
    }
  }

  /// - Parameter priority: At most the creator's.
  private mutating func createThread(
    _ budget: BudgetID, process: UInt64, priority: UInt64, in slot: SlotID
  ) throws(Failure) {
    let process = try lookUp(process, as: Process.self, needing: .manage).object
    guard priority <= UInt64(objects[current].priority) else { throw .badArgument(4) }
    guard objects[process].isAlive, objects[process].state != .stopped else { throw .badState }
    install(try makeThread(budget, in: process, priority: UInt8(priority)), in: slot)
  }

  mutating func makeThread(
    _ budget: BudgetID, in process: ProcessID, priority: UInt8
  ) throws(Failure) -> ThreadID {
    let zero = VirtualAddress(0)
    let thread = try make(
      Thread<P>(
        registers: P.Registers(entry: zero, stack: zero, argument: 0), process: process,
        priority: priority, home: objects.shared.cpus[0]),
      .thread, chargedTo: budget, as: ThreadTag.self)
    objects[process].threads.append(thread, in: objects)
    objects[process].threadCount += 1
    return thread
  }

  private mutating func createInterrupt(
    _ budget: BudgetID, machine: UInt64, line: UInt64, in slot: SlotID
  ) throws(Failure) {
    _ = try lookUpMachine(machine)
    guard line < UInt64(platform.interruptLineCount),
      platform.isLineAvailable(UInt32(line))
    else { throw .badArgument(4) }
    install(try makeInterrupt(budget, line: UInt32(line)), in: slot)
  }

  /// - Throws: `badState` if the line is claimed; `noMemory`, `noSlot`.
  mutating func makeInterrupt(_ budget: BudgetID, line: UInt32) throws(Failure) -> InterruptID {
    guard objects.interrupt(ofLine: line).isNone else { throw .badState }
    let interrupt = try make(
      Interrupt(line: line), .small, chargedTo: budget, as: Interrupt.self)
    objects.chain(interrupt)
    return interrupt
  }

  private mutating func createPortRange(
    machine: UInt64, first: UInt64, count: UInt64, in slot: SlotID
  ) throws(Failure) {
    let machine = try lookUpMachine(machine)
    guard platform.hasPorts else { throw Failure(.unavailable) }
    guard first < 65_536 else { throw .badArgument(4) }
    guard count > 0, count <= 65_536 - first else { throw .badArgument(5) }
    objects.fill(
      slot, .portRange, .none, rights: .all,
      badge: CapabilitySlot.portBadge(first: first, count: count), parent: machine)
    answer(value: UInt64(objects[slot].handle.rawValue))
  }

  /// Both limits are taken from the parent now.
  private mutating func createBudget(
    _ parent: BudgetID, memoryLimit: UInt64, objectLimit: UInt64, in slot: SlotID
  ) throws(Failure) {
    // What no machine has is a mistake, not a shortage.
    guard memoryLimit >> 63 == 0 else { throw .badArgument(3) }
    guard objectLimit >> 63 == 0 else { throw .badArgument(4) }
    try charge(parent, bytes: memoryLimit, objects: objectLimit)
    do throws(Failure) {
      let budget = try make(
        Budget(memoryLimit: memoryLimit, objectLimit: objectLimit), .medium, chargedTo: parent,
        as: Budget.self)
      install(budget, in: slot)
    } catch {
      uncharge(parent, bytes: memoryLimit, objects: objectLimit)
      throw error
    }
  }

  // MARK: Memory

  private mutating func createDeviceMemory(
    _ budget: BudgetID, byteCount: UInt64, machine: UInt64, base: UInt64, in slot: SlotID
  ) throws(Failure) {
    guard Self.isMemorySize(byteCount) else { throw .badArgument(3) }
    let machine = try lookUpMachine(machine)
    // An address that entries cut short would be another one, of RAM even.
    guard base.isPageAligned, base <= format.physicalAddressLimit - byteCount,
      frames.deviceRules.permits(base: base, byteCount: byteCount)
    else { throw .badArgument(6) }
    let memory = try makeMemory(
      MemoryObject(base: base, byteCount: byteCount, kind: .device, isDevice: true),
      chargedTo: budget)
    install(memory, in: slot, parent: machine)
  }

  private static func isMemorySize(_ byteCount: UInt64) -> Bool {
    byteCount > 0 && byteCount.isPageAligned && byteCount <= 1 << 40
  }

  private mutating func createMemory(
    _ budget: BudgetID, byteCount: UInt64, options: UInt64, in slot: SlotID
  ) throws(Failure) {
    guard Self.isMemorySize(byteCount) else { throw .badArgument(3) }
    guard options == 0 else { throw .badArgument(4) }
    let memory = try makeOwnedMemory(byteCount, chargedTo: budget)
    install(memory, in: slot)
    // Nobody sees what the frames held: the handle is given when all of them are clear.
    objects[slot].state = .reserved
    begin(.clear(objects.token(for: slot), 0))
  }

  /// Makes a memory object of new frames, with undefined contents.
  ///
  /// - Throws: `noMemory`, `noSlot`; nothing has changed then.
  mutating func makeOwnedMemory(
    _ byteCount: UInt64, chargedTo budget: BudgetID
  ) throws(Failure) -> MemoryID {
    try charge(budget, bytes: byteCount, objects: 0)
    guard let first = frames.allocate(count: byteCount / Limits.pageByteCount) else {
      uncharge(budget, bytes: byteCount, objects: 0)
      throw .noMemory
    }
    do throws(Failure) {
      return try makeMemory(
        MemoryObject(
          base: UInt64(first) << 12, byteCount: byteCount, kind: .owned, isDevice: false),
        chargedTo: budget)
    } catch {
      frames.free(first, count: byteCount / Limits.pageByteCount)
      uncharge(budget, bytes: byteCount, objects: 0)
      throw error
    }
  }

  mutating func makeMemory(
    _ memory: MemoryObject, chargedTo budget: BudgetID
  ) throws(Failure) -> MemoryID {
    try make(memory, .medium, chargedTo: budget, as: MemoryObject.self)
  }

  /// A part of memory, or of a range of ports.
  mutating func deriveCall(_ arguments: DeriveArguments) throws(Failure) {
    let source = try lookUp(arguments.source)
    let type = objects[source].type
    guard type == .memory || type == .portRange else { throw .wrongType }
    guard objects[source].rights.includes(.copy) else { throw .noRight }
    let rights = try Self.rights(arguments.rights, argument: 4)
    guard objects[source].rights.includes(rights) else { throw .noRight }
    let slot = try findSlot(arguments.slot, in: objects[current].process, argument: 2)
    if type == .portRange {
      try derivePorts(arguments, from: source, to: slot, rights: rights)
    } else {
      try deriveMemory(arguments, from: source, to: slot, rights: rights)
    }
    answer(value: UInt64(objects[slot].handle.rawValue))
  }

  private mutating func derivePorts(
    _ arguments: DeriveArguments, from source: SlotID, to slot: SlotID, rights: Rights
  ) throws(Failure) {
    let range = objects[source].portRange
    let (offset, length) = (arguments.offset, arguments.length)
    guard offset < UInt64(range.count) else { throw .badArgument(1) }
    guard length > 0, length <= UInt64(range.count) - offset else { throw .badArgument(3) }
    objects.fill(
      slot, .portRange, .none, rights: rights,
      badge: CapabilitySlot.portBadge(first: UInt64(range.first) + offset, count: length),
      parent: source)
  }

  private mutating func deriveMemory(
    _ arguments: DeriveArguments, from source: SlotID, to slot: SlotID, rights: Rights
  ) throws(Failure) {
    let whole = try lookUp(arguments.source, as: MemoryObject.self, needing: .none).object
    guard !objects[whole].header.isCondemned else { throw .badState }
    let (offset, length) = (arguments.offset, arguments.length)
    guard offset.isPageAligned, offset < objects[whole].byteCount else { throw .badArgument(1) }
    guard length > 0, length.isPageAligned, length <= objects[whole].byteCount - offset else {
      throw .badArgument(3)
    }
    let part = try makeMemory(
      MemoryObject(
        base: objects[whole].base + offset, byteCount: length, kind: .part,
        isDevice: objects[whole].isDevice, whole: whole),
      chargedTo: objects[objects[current].process].header.budget)
    objects[whole].parts.append(part, in: objects)
    objects.fill(slot, .memory, part.header, rights: rights, parent: source)
  }
}
