import KernelHAL
import MnosABI

/// Capability tables: finding, filling and emptying slots.
extension Kernel where P: ~Copyable {
  /// The slot that a handle of the current thread's process names.
  ///
  /// - Throws: `badCapability` if it names none.
  @inline(__always)
  mutating func lookUp(_ handle: UInt64) throws(Failure) -> SlotID {
    try lookUp(handle, in: objects[current].process)
  }

  @inline(__always)
  mutating func lookUp(_ handle: UInt64, in process: ProcessID) throws(Failure) -> SlotID {
    guard handle <= UInt64(UInt32.max) else { throw .badCapability }
    let handle = Handle(rawValue: UInt32(truncatingIfNeeded: handle))
    let slot = objects[process].table.slot(at: handle.slot, in: window)
    guard !slot.isNone, objects[slot].state == .held,
      objects[slot].generation == handle.generation
    else { throw .badCapability }
    return slot
  }

  /// The slot of a capability of this type with these rights.
  ///
  /// - Throws: `badCapability`, `wrongType`, `noRight`, checked in this order.
  @inline(__always)
  mutating func lookUp(
    _ handle: UInt64, _ type: ObjectType, needing rights: Rights
  ) throws(Failure) -> SlotID {
    let slot = try lookUp(handle)
    guard objects[slot].typeCode == type.rawValue else { throw .wrongType }
    guard objects[slot].rights.includes(rights) else { throw .noRight }
    return slot
  }

  /// The process that a handle names, or the caller's own for 0.
  mutating func lookUpProcess(_ handle: UInt64) throws(Failure) -> ProcessID {
    if handle == 0 { return objects[current].process }
    let slot = try lookUp(handle, .process, needing: .manage)
    return ProcessID(granule: objects[slot].object)
  }

  /// Whether a table could take a capability there; grows the table if it must.
  ///
  /// - Throws: `badArgument(index)` for a slot that cannot be, `slotBusy`, `noSlot`,
  ///   `noMemory`.
  mutating func findSlot(
    _ choice: UInt64, in process: ProcessID, argument index: UInt64
  ) throws(Failure) -> SlotID {
    guard choice != 0, choice <= 0xffff else { throw .badArgument(index) }
    if choice == UInt64(SlotChoice.any) {
      if objects[process].table.freeHead.isNone { try growTable(of: process) }
      return objects[process].table.freeHead
    }
    let chunk = UInt16(choice >> 6)
    if chunkFrame(chunk, of: process) == 0 { try addChunk(chunk, to: process) }
    let slot = objects[process].table.slot(at: UInt16(choice), in: window)
    guard objects[slot].state == .free else { throw Failure(.slotBusy) }
    return slot
  }

  /// The frame of a chunk, or 0 for a gap.
  mutating func chunkFrame(_ chunk: UInt16, of process: ProcessID) -> FrameNumber {
    let directory = UInt64(objects[process].table.directory) << 12
    return window.load(directory + UInt64(chunk) * 4, as: FrameNumber.self)
  }

  mutating func setChunkFrame(_ frame: FrameNumber, _ chunk: UInt16, of process: ProcessID) {
    let directory = UInt64(objects[process].table.directory) << 12
    window.store(frame, at: directory + UInt64(chunk) * 4)
  }

  /// Adds a chunk of free slots at the first gap. Cost: at most 1,024 loads, once a chunk.
  mutating func growTable(of process: ProcessID) throws(Failure) {
    var chunk = objects[process].table.firstGap
    while chunk < CapabilityTable.chunkLimit, chunkFrame(chunk, of: process) != 0 { chunk += 1 }
    objects[process].table.firstGap = chunk
    guard chunk < CapabilityTable.chunkLimit else { throw .noSlot }
    try addChunk(chunk, to: process)
  }

  private mutating func addChunk(_ chunk: UInt16, to process: ProcessID) throws(Failure) {
    let frame = try allocateFrame(chargedTo: objects[process].budget)
    setChunkFrame(frame, chunk, of: process)
    objects[process].table.chunkCount += 1
    grown = (process, chunk)
    // From the last to the first, so that low numbers are used first.
    var offset = Granule.perFrame
    while offset > 0 {
      offset -= 1
      let slot = SlotID(granule: frame * Granule.perFrame + offset)
      let index = chunk << 6 | UInt16(offset)
      objects[slot] = CapabilitySlot(index: index, owner: process, next: .none)
      let isReserved = index == SlotChoice.none || index == SlotChoice.any
      if !isReserved { pushFree(slot, on: process) }
    }
  }

  /// Takes back the chunk that this entry added, if nothing is in it: its call failed.
  mutating func undoGrowth() {
    let (process, chunk) = grown
    grown = (.none, 0)
    let frame = chunkFrame(chunk, of: process)
    for offset in 0..<Granule.perFrame {
      let slot = SlotID(granule: frame * Granule.perFrame + offset)
      guard objects[slot].state == .free else { return }
    }
    for offset in 0..<Granule.perFrame {
      let slot = SlotID(granule: frame * Granule.perFrame + offset)
      let index = objects[slot].index
      if index != SlotChoice.none, index != SlotChoice.any { unlinkFree(slot) }
    }
    setChunkFrame(0, chunk, of: process)
    objects[process].table.chunkCount -= 1
    objects[process].table.firstGap = min(objects[process].table.firstGap, chunk)
    freeFrame(frame, chargedTo: objects[process].budget)
  }

  /// Puts a capability into a free slot, derived from `parent` or as a root.
  mutating func fill(
    _ slot: SlotID, type: ObjectType, object: UInt32, rights: Rights, badge: UInt64,
    parent: SlotID
  ) {
    takeFree(slot)
    objects[slot].state = .held
    objects[slot].typeCode = type.rawValue
    objects[slot].object = object
    objects[slot].rightsBits = rights.bits
    objects[slot].badge = badge
    objects[slot].dependents = 0
    DerivationTree.insert(slot, under: parent, in: objects)
    retain(slot)
  }

  /// Puts the capability of one slot into another, free one, with its place in the tree.
  ///
  /// - Precondition: Nothing depends on `source`; see `endWaits`.
  mutating func transplant(_ source: SlotID, to slot: SlotID) {
    takeFree(slot)
    let moved = objects[source]
    objects[slot].state = .held
    objects[slot].typeCode = moved.typeCode
    objects[slot].object = moved.object
    objects[slot].rightsBits = moved.rightsBits
    objects[slot].badge = moved.badge
    objects[slot].dependents = 0
    if moved.typeCode == ObjectType.reply.rawValue {
      objects[ThreadID(granule: moved.object)].replySlot = slot
      DerivationTree.insert(slot, under: .none, in: objects)
    } else {
      DerivationTree.replace(source, with: slot, in: objects)
    }
    releaseSlot(source)
  }

  /// Returns an emptied slot to its table's free list under a new generation.
  mutating func releaseSlot(_ slot: SlotID) {
    let process = objects[slot].owner
    objects[slot].state = .free
    objects[slot].role = .none
    objects[slot].holder = 0
    objects[slot].typeCode = 0
    objects[slot].object = 0
    let generation = objects[slot].generation &+ 1
    objects[slot].generation = generation == 0 ? 1 : generation
    objects[process].table.usedCount -= 1
    capabilityCount -= 1
    pushFree(slot, on: process)
  }

  private mutating func pushFree(_ slot: SlotID, on process: ProcessID) {
    let head = objects[process].table.freeHead
    objects[slot].next = head
    objects[slot].previous = .none
    if !head.isNone { objects[head].previous = slot }
    objects[process].table.freeHead = slot
    objects[process].table.freeCount += 1
  }

  @inline(__always)
  mutating func takeFree(_ slot: SlotID) {
    unlinkFree(slot)
    objects[objects[slot].owner].table.usedCount += 1
    capabilityCount += 1
  }

  @inline(__always)
  private mutating func unlinkFree(_ slot: SlotID) {
    let process = objects[slot].owner
    let next = objects[slot].next
    let previous = objects[slot].previous
    if !next.isNone { objects[next].previous = previous }
    if previous.isNone {
      objects[process].table.freeHead = next
    } else {
      objects[previous].next = next
    }
    objects[process].table.freeCount -= 1
  }
}
