import KernelHAL
import MnosABI

/// Chunks that the current entry added to tables, until it is known whether they are used.
///
/// A call may let a table grow before it has checked everything; if it fails then, the frame
/// must not stay charged, or a caller could make another process pay by calls that fail.
struct TableGrowth {
  /// At most one for each slot that is named, or one for those that are not: four for the caller
  /// that a `replyAndReceive` answers, four for what it receives, and one for its spare, also if
  /// that has to be kept off slots that are named.
  static var limit: Int { 9 }
  var chunks: [9 of (process: ProcessID, chunk: UInt16)] = .init(repeating: (.none, 0))
  var count = 0
}

/// Tables that grow as slots are needed.
extension Kernel where P: ~Copyable {
  /// The free slot that a call names as its destination; the table grows if it must.
  ///
  /// The slot stays free: the caller fills it within the same entry, or leaves it. Nothing but
  /// another slot found in the same call can compete for it until then.
  ///
  /// - Parameters:
  ///   - choice: A slot's number, or `SlotChoice.any`, as user code gave it.
  ///   - index: The argument's index as `badArgument` reports it.
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
    if objects[process].table.chunkFrame(chunk, in: objects) == 0 {
      try addChunk(chunk, to: process)
    }
    let slot = objects[process].table.slot(at: UInt16(choice), in: objects)
    guard objects[slot].state == .free else { throw Failure(.slotBusy) }
    return slot
  }

  /// Makes sure that `count` slots can be filled.
  ///
  /// - Throws: `noSlot`, `noMemory`.
  mutating func ensureFreeSlots(_ count: Int, in process: ProcessID) throws(Failure) {
    while objects[process].table.freeCount < UInt32(count) { try growTable(of: process) }
  }

  /// Adds a chunk of free slots at the first gap. Cost: at most 1,024 loads, once a chunk.
  mutating func growTable(of process: ProcessID) throws(Failure) {
    let table = objects[process].table
    var chunk = table.firstGap
    while chunk < CapabilityTable.chunkLimit, table.chunkFrame(chunk, in: objects) != 0 {
      chunk += 1
    }
    objects[process].table.firstGap = chunk
    guard chunk < CapabilityTable.chunkLimit else { throw .noSlot }
    try addChunk(chunk, to: process)
  }

  /// Adds a chunk of free slots, charged to the budget of the table's process.
  private mutating func addChunk(_ chunk: UInt16, to process: ProcessID) throws(Failure) {
    // More chunks than one entry could use are not asked for.
    guard growth.count < TableGrowth.limit else { throw .noSlot }
    let frame = objects.place(
      of: try allocateObjectFrame(chargedTo: objects[process].header.budget))
    objects[process].table.setChunkFrame(frame, chunk, in: objects)
    objects[process].table.chunkCount += 1
    objects.initializeChunk(chunk, in: frame, of: process)
    growth.chunks[growth.count] = (process, chunk)
    growth.count += 1
  }

  /// Takes back the chunks that this entry added and did not use, as if it had not asked.
  ///
  /// Called at the end of each system call that may have found slots, failed or not. Cost: at most
  /// `TableGrowth.limit` chunks of 64 slots each.
  ///
  /// - Parameter count: How many of them stay, whether they are used or not.
  mutating func undoUnusedGrowth(downTo count: Int = 0) {
    while growth.count > count {
      growth.count -= 1
      let (process, chunk) = growth.chunks[growth.count]
      removeChunkIfUnused(chunk, of: process)
    }
  }

  /// Gives back a chunk if no slot of it is filled.
  private mutating func removeChunkIfUnused(_ chunk: UInt16, of process: ProcessID) {
    let table = objects[process].table
    let frame = table.chunkFrame(chunk, in: objects)
    for offset in 0..<Granule.perFrame {
      guard objects[SlotID.place(in: frame, at: offset)].state == .free else { return }
    }
    objects.retireChunk(in: frame, of: process)
    objects[process].table.setChunkFrame(0, chunk, in: objects)
    objects[process].table.chunkCount -= 1
    objects[process].table.firstGap = min(table.firstGap, chunk)
    freeFrame(objects.number(of: frame), chargedTo: objects[process].header.budget)
  }
}
