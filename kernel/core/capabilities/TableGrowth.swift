import KernelHAL
import MnosABI

/// Chunks that the current entry added to tables, until it is known whether they are used.
struct TableGrowth {
  /// At most one for each slot that is named, and one for those that are not: four and one for
  /// the caller that a `replyAndReceive` answers, and again for what it receives.
  static var limit: Int { 10 }
  var chunks: [10 of (process: ProcessID, chunk: UInt16)] = .init(repeating: (.none, 0))
  var count = 0
}

/// Tables that grow as slots are needed.
extension Kernel where P: ~Copyable {
  /// The free slot that a call names as its destination; the table grows if it must.
  ///
  /// - Throws: `badArgument(index)` for a slot that cannot be, `slotBusy`, `noSlot`,
  ///   `noMemory`.
  mutating func findSlot(
    _ choice: UInt64, in process: ProcessID, argument index: UInt64
  ) throws(Failure) -> SlotID {
    guard choice != 0, choice <= 0xffff else { throw .badArgument(index) }
    if choice == UInt64(SlotChoice.any) {
      try ensureFreeSlots(1, in: process)
      return objects[process].table.free.first
    }
    let chunk = UInt16(choice >> 6)
    if objects[process].table.chunkFrame(chunk, in: window) == 0 {
      try addChunk(chunk, to: process)
    }
    let slot = objects[process].table.slot(at: UInt16(choice), in: window)
    guard objects[slot].state == .free else { throw Failure(.slotBusy) }
    // What is promised to receivers is not given away.
    try ensureFreeSlots(1, in: process)
    return slot
  }

  /// Makes sure that `count` slots can be filled, without what is promised to receivers.
  ///
  /// - Throws: `noSlot`, `noMemory`.
  mutating func ensureFreeSlots(_ count: Int, in process: ProcessID) throws(Failure) {
    while objects[process].table.availableCount < UInt32(count) { try growTable(of: process) }
  }

  /// Adds a chunk of free slots at the first gap. Cost: at most 1,024 loads, once a chunk.
  mutating func growTable(of process: ProcessID) throws(Failure) {
    let table = objects[process].table
    var chunk = table.firstGap
    while chunk < CapabilityTable.chunkLimit, table.chunkFrame(chunk, in: window) != 0 {
      chunk += 1
    }
    objects[process].table.firstGap = chunk
    guard chunk < CapabilityTable.chunkLimit else { throw .noSlot }
    try addChunk(chunk, to: process)
  }

  private mutating func addChunk(_ chunk: UInt16, to process: ProcessID) throws(Failure) {
    // More chunks than one entry could use are not asked for.
    guard growth.count < TableGrowth.limit else { throw .noSlot }
    let frame = try allocateFrame(chargedTo: objects[process].header.budget)
    objects[process].table.setChunkFrame(frame, chunk, in: window)
    objects[process].table.chunkCount += 1
    objects.initializeChunk(chunk, in: frame, of: process)
    growth.chunks[growth.count] = (process, chunk)
    growth.count += 1
  }

  /// Takes back the chunks that this entry added and did not use, as if it had not asked.
  mutating func undoUnusedGrowth() {
    while growth.count > 0 {
      growth.count -= 1
      let (process, chunk) = growth.chunks[growth.count]
      removeChunkIfUnused(chunk, of: process)
    }
  }

  private mutating func removeChunkIfUnused(_ chunk: UInt16, of process: ProcessID) {
    let table = objects[process].table
    let frame = table.chunkFrame(chunk, in: window)
    var usable: UInt32 = 0
    for offset in 0..<Granule.perFrame {
      let slot = SlotID.place(in: frame, at: offset)
      guard objects[slot].state == .free else { return }
      let index = objects[slot].index
      if index != SlotChoice.none, index != SlotChoice.any { usable += 1 }
    }
    guard table.freeCount - usable >= table.promisedCount else { return }
    objects.retireChunk(in: frame, of: process)
    objects[process].table.setChunkFrame(0, chunk, in: window)
    objects[process].table.chunkCount -= 1
    objects[process].table.firstGap = min(table.firstGap, chunk)
    freeFrame(frame, chargedTo: objects[process].header.budget)
  }
}
