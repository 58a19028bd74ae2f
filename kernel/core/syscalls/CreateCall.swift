import KernelHAL
import MnosABI

/// `create` and `derive`: making objects and parts of them.
///
/// Every maker below takes things in this order: the slot, whose table may grow; the charge;
/// the place; last the capability, which cannot fail. What was taken before a step that fails
/// is given back in reverse, and a chunk of the table that was not used at the end of the call,
/// so that a `create` that fails leaves nothing behind.
extension Kernel where P: ~Copyable {
  /// `create`: makes an object and gives the caller the first capability to it, with all rights.
  ///
  /// - Parameter arguments: The budget that pays; an `ObjectType`; the destination slot, in the
  ///   caller's own table; and words by type, from word 0 on. Memory: bytes, `MemoryOptions`, and
  ///   for device memory machine and physical address. Thread: process, priority. Interrupt:
  ///   machine, line. Port range: machine, first port, count. DMA space: machine, limit. Budget: memory limit, object limit,
  ///   microseconds of CPU time in a period, microseconds of the period.
  /// - Throws: `badCapability`, `wrongType` or `noRight` for the budget, which needs `write`;
  ///   `badState` if the budget is being ended; `badArgument(1)` for a type that cannot be made;
  ///   what `findSlot` throws for argument 2; then what the type's own maker throws. In this
  ///   order, but for the types that only the kernel makes, which are refused after the slot.
  mutating func createCall(_ arguments: CreateArguments) throws(Failure) {
    let budget = try lookUp(arguments.budget, as: Budget.self, needing: .write).object
    // What is being ended does not grow: the reaper ends one charged object after the other, and
    // whoever makes them faster would keep it from ever coming to the last.
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
    case .memory: try createMemory(budget, MemoryArguments(words), in: slot)
    case .process: install(try makeProcess(budget), in: slot)
    case .thread:
      try createThread(budget, process: words[0], priority: words[1], in: slot)
    case .interrupt:
      try createInterrupt(budget, machine: words[0], line: words[1], in: slot)
    case .dmaSpace:
      try createDMASpace(budget, words, in: slot)
    case .portRange:
      try createPortRange(machine: words[0], first: words[1], count: words[2], in: slot)
    case .budget:
      try createBudget(budget, words, in: slot)
    case .none, .reply, .machine: throw .badArgument(1)
    }
  }

  /// Gives the caller the first capability to a new object, with all rights.
  ///
  /// - Parameter parent: A capability by whose authority the object was made, so that revoking
  ///   that one takes the object back; none for an object of the budget's own.
  /// - Precondition: `slot` is free. Nothing that the call does later can fail.
  mutating func install<Object: KernelObject>(
    _ object: ObjectID<Object>, in slot: SlotID, parent: SlotID = .none
  ) {
    objects.fill(slot, Object.type, object.header, rights: .all, parent: parent)
    answer(value: UInt64(objects[slot].handle.rawValue))
  }

  /// Makes a process without threads: a directory for its table, a root for its page tables, and
  /// the object. Its first chunk of slots comes with its first capability.
  ///
  /// - Throws: `noMemory`, `noSlot`; nothing has changed then.
  mutating func makeProcess(_ budget: BudgetID) throws(Failure) -> ProcessID {
    let directory = try allocateFrame(chargedTo: budget)
    do throws(Failure) {
      let space = try makeSpace(chargedTo: budget)
      do throws(Failure) {
        let process = try make(
          Process(
            table: CapabilityTable(directory: objects.distance(of: directory)), space: space,
            number: objects.shared.processesMade + 1, maker: makerOfProcess),
          .large, chargedTo: budget, as: Process.self)
        objects.shared.processesMade += 1
        objects.shared.processes.insert(process, in: objects)
        return process
      } catch {
        // The space was never active, so no TLB holds anything under its identifier.
        identifiers.free(space.identifier)
        freeFrame(FrameNumber(space.root.rawValue >> 12), chargedTo: budget)
        throw error
      }
    } catch {
      freeFrame(directory, chargedTo: budget)
      throw error
    }
  }

  /// The number of the process that makes one now: 0 for the first of all, which the kernel makes.
  private var makerOfProcess: UInt64 {
    current.isNone ? 0 : objects[objects[current].process].number
  }

  /// - Parameter priority: At most the creator's, or a thread could give itself a higher one by
  ///   way of another thread.
  /// - Throws: What `lookUp` throws for the process, which needs `manage`; `badArgument(4)`;
  ///   `badState` if the process is stopped, ending or ended; `noMemory`, `noSlot`.
  private mutating func createThread(
    _ budget: BudgetID, process: UInt64, priority: UInt64, in slot: SlotID
  ) throws(Failure) {
    let process = try lookUp(process, as: Process.self, needing: .manage).object
    guard priority <= UInt64(objects[current].ownPriority) else { throw .badArgument(4) }
    guard objects[process].isAlive, objects[process].state != .stopped else { throw .badState }
    install(try makeThread(budget, in: process, priority: UInt8(priority)), in: slot)
  }

  /// Makes a thread that was not started: it has no entry point and stands in no queue.
  ///
  /// The budget need not be the one that pays for the process: ending it ends the thread alone.
  ///
  /// - Throws: `noMemory`, `noSlot`; nothing has changed then.
  mutating func makeThread(
    _ budget: BudgetID, in process: ProcessID, priority: UInt8
  ) throws(Failure) -> ThreadID {
    let zero = VirtualAddress(0)
    let thread = try make(
      Thread<P>(
        registers: P.Registers(entry: zero, stack: zero, argument: 0), process: process,
        number: objects[process].threadsMade + 1, priority: priority,
        home: objects.shared.cpus[0], payer: objects[budget].payer),
      .thread, chargedTo: budget, as: ThreadTag.self)
    objects[process].threadsMade += 1
    objects[process].threads.insert(thread, in: objects)
    objects[process].threadCount += 1
    return thread
  }

  /// - Throws: What `lookUpMachine` throws; `badArgument(4)` for a line that does not exist or
  ///   that user code may not have; what `makeInterrupt` throws.
  private mutating func createInterrupt(
    _ budget: BudgetID, machine: UInt64, line: UInt64, in slot: SlotID
  ) throws(Failure) {
    let machine = try lookUpMachine(machine)
    // The count first: only then does the line fit the 32 bits that the platform takes.
    guard line < UInt64(platform.interruptLineCount),
      platform.isLineAvailable(UInt32(line))
    else { throw .badArgument(4) }
    install(try makeInterrupt(budget, line: UInt32(line)), in: slot, parent: machine)
  }

  /// Claims a line: there is at most one object for each, so that one driver's `acknowledge`
  /// cannot unmask what another one is handling. The line stays masked until it is bound.
  ///
  /// - Throws: `badState` if the line is claimed; `noMemory`, `noSlot`. Nothing has changed then.
  mutating func makeInterrupt(_ budget: BudgetID, line: UInt32) throws(Failure) -> InterruptID {
    guard objects.interrupt(ofLine: line).isNone else { throw .badState }
    let interrupt = try make(
      Interrupt(line: line), .small, chargedTo: budget, as: Interrupt.self)
    objects.chain(interrupt)
    return interrupt
  }

  /// A range of ports is no object: the capability itself holds it, as its badge, and nothing is
  /// charged. It is a child of the machine capability: revoking that one takes it back.
  ///
  /// - Throws: What `lookUpMachine` throws; `unavailable` on a machine without ports;
  ///   `badArgument(4)` for the first port, `badArgument(5)` for the count.
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

  /// Both limits, and the share of the CPU's time, are taken from the parent at once, beside the
  /// child object itself: what a child may use it can always use, whatever its siblings do.
  ///
  /// - Parameter words: Memory limit, object limit; microseconds of a period, and of all of it.
  /// - Throws: `badArgument(3)`, `badArgument(4)`; what `makeShare` throws; `noMemory` or
  ///   `noSlot` if the parent has not that much left.
  private mutating func createBudget(
    _ parent: BudgetID, _ words: [8 of UInt64], in slot: SlotID
  ) throws(Failure) {
    let (memoryLimit, objectLimit) = (words[0], words[1])
    // What no machine has is a mistake, not a shortage.
    guard memoryLimit >> 63 == 0 else { throw .badArgument(3) }
    guard objectLimit >> 63 == 0 else { throw .badArgument(4) }
    let share = try makeShare(words[2], in: words[3], of: parent)
    try charge(parent, bytes: memoryLimit, objects: objectLimit)
    do throws(Failure) {
      let budget = try make(
        Budget(memoryLimit: memoryLimit, objectLimit: objectLimit), .medium, chargedTo: parent,
        as: Budget.self)
      giveShare(share, to: budget, of: parent)
      install(budget, in: slot)
    } catch {
      uncharge(parent, bytes: memoryLimit, objects: objectLimit)
      throw error
    }
  }

  /// `derive`: makes a capability to a part of memory or of a range of ports, as a child of the
  /// source: revoking the source takes the part back.
  ///
  /// - Parameter arguments: The source; offset and length, in bytes or ports; the destination
  ///   slot, in the caller's own table; the rights, which are exactly those of the part.
  /// - Throws: `badCapability`; `wrongType`; `noRight` without `copy`; `badArgument(4)` for
  ///   undefined rights; `noRight` for rights that the source lacks; what `findSlot` throws for
  ///   argument 2; then `badArgument(1)` for the offset and `badArgument(3)` for the length. For
  ///   memory `badState` comes before those two, if it is being ended, and `noMemory` or `noSlot`
  ///   after them. In this order.
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

  /// The part's first port and count are its badge; nothing is charged.
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

  /// The part is an object of its own, charged to the caller's budget, which may be another than
  /// the one that pays for the frames. The frames stay with the whole, and the whole lives on as
  /// long as it has parts, also when no capability names it any more.
  private mutating func deriveMemory(
    _ arguments: DeriveArguments, from source: SlotID, to slot: SlotID, rights: Rights
  ) throws(Failure) {
    let whole = try lookUp(arguments.source, as: MemoryObject.self, needing: .none).object
    // The reaper ends the parts of condemned memory one by one; a part made in between would put
    // off the end of the whole.
    guard !objects[whole].header.isCondemned else { throw .badState }
    let (offset, length) = (arguments.offset, arguments.length)
    guard offset.isPageAligned, offset < objects[whole].byteCount else { throw .badArgument(1) }
    guard length > 0, length.isPageAligned, length <= objects[whole].byteCount - offset else {
      throw .badArgument(3)
    }
    let part = try makeMemory(
      MemoryObject(
        objects[whole].frames.from(page: UInt32(offset / Limits.pageByteCount)),
        pageCount: UInt32(length / Limits.pageByteCount), kind: .part,
        caching: objects[whole].caching, isContiguous: objects[whole].isContiguous, whole: whole),
      chargedTo: objects[objects[current].process].header.budget)
    objects[whole].parts.append(part, in: objects)
    objects.fill(slot, .memory, part.header, rights: rights, parent: source)
  }
}
