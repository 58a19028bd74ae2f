import KernelHAL
import MnosABI

/// A process's capabilities: a frame of chunk numbers, each chunk a frame of 64 slots, as the
/// store counts frames.
///
///     handle:  generation │ chunk (10 bits) │ slot (6 bits)
///                              │                 │
///     directory                v                 │
///     ┌────┬────┬────┬─  ─┬────────┐             v
///     │ 17 │  0 │ 23 │ …  │ frame  │ ──> ┌───┬───┬───┬─ … ─┬───┐
///     └────┴────┴────┴─  ─┴────────┘     │   │   │   │     │   │  64 slots, a granule each
///       0: no such chunk                 └───┴───┴───┴─ … ─┴───┘
///
/// Look-up is two loads and a compare whatever the table holds. Chunks are added where a
/// slot is named, or at the first gap when the free list is empty; all go back when the
/// process ends.
///
/// Slots 0 and 65,535 exist in their chunks but never come to the free list: 0 is what `none`
/// names, 65,535 means any.
public struct CapabilityTable: BitwiseCopyable {
  /// Where the frame of 1,024 chunk frame numbers lies, in bytes from the store's origin.
  private let directory: UInt64
  var chunkCount: UInt16 = 0
  /// No gap is below this chunk.
  var firstGap: UInt16 = 0
  var free = List<FreeSlots>()
  var freeCount: UInt32 = 0
  /// Slots that are not free, but for the spares of threads.
  var usedCount: UInt32 = 0

  /// - Parameter directory: A clear frame, counted from the store's origin as well.
  init(directory: FrameNumber) { self.directory = directory << 12 }

  /// The directory's frame, counted so.
  var directoryFrame: FrameNumber { directory >> 12 }

  /// Chunks that the directory has room for: 65,536 slots.
  static var chunkLimit: UInt16 { 1024 }

  /// The slot at `index`, or none if no chunk holds it.
  @inline(__always)
  func slot<P: Platform & ~Copyable>(at index: UInt16, in store: ObjectStore<P>) -> SlotID {
    let chunk = store[entryAt: directory &+ UInt64(index >> 6) &* 4]
    guard chunk != 0 else { return .none }
    return SlotID.place(in: chunk, at: UInt32(index & 63))
  }

  /// The frame of a chunk, or 0 for a gap.
  func chunkFrame<P: Platform & ~Copyable>(
    _ chunk: UInt16, in store: ObjectStore<P>
  ) -> StoreFrame { store[entryAt: directory &+ UInt64(chunk) &* 4] }

  /// Enters a chunk's frame, or 0 when it goes.
  func setChunkFrame<P: Platform & ~Copyable>(
    _ frame: StoreFrame, _ chunk: UInt16, in store: ObjectStore<P>
  ) { store[entryAt: directory &+ UInt64(chunk) &* 4] = frame }
}

/// Slots of tables: taking them, putting them back, the capabilities in them. All O(1).
extension ObjectStore where P: ~Copyable {
  /// Makes a frame 64 free slots of a process. Their generations begin at 1: no handle to them was
  /// ever given out, as a chunk goes back in the entry that added it or with its process.
  func initializeChunk(_ chunk: UInt16, in frame: StoreFrame, of process: ProcessID) {
    for offset in 0..<Granule.perFrame {
      let slot = SlotID.place(in: frame, at: offset)
      let index = chunk << 6 | UInt16(offset)
      self[slot] = CapabilitySlot(index: index, owner: process)
      guard index != SlotChoice.none, index != SlotChoice.any else { continue }
      self[process].table.free.append(slot, in: self)
      self[process].table.freeCount += 1
    }
  }

  /// Takes the slots of a chunk, all of them free, out of the free list.
  func retireChunk(in frame: StoreFrame, of process: ProcessID) {
    for offset in 0..<Granule.perFrame {
      let slot = SlotID.place(in: frame, at: offset)
      let index = self[slot].index
      guard index != SlotChoice.none, index != SlotChoice.any else { continue }
      self[process].table.free.remove(slot, in: self)
      self[process].table.freeCount -= 1
    }
  }

  /// Takes a slot out of its table's free list; the caller fills it.
  ///
  /// - Precondition: The slot is free.
  @inline(__always)
  func takeFree(_ slot: SlotID) {
    let process = self[slot].owner
    self[process].table.free.remove(slot, in: self)
    self[process].table.freeCount -= 1
    self[process].table.usedCount += 1
    shared.capabilityCount += 1
  }

  /// Returns an emptied slot to its table's free list under a new generation.
  @inline(__always)
  func releaseSlot(_ slot: SlotID) {
    let process = self[slot].owner
    self[slot].state = .free
    self[slot].role = .none
    self[slot].holder = .none
    self[slot].typeCode = 0
    self[slot].object = .none
    renew(slot)
    self[process].table.usedCount -= 1
    self[process].table.free.prepend(slot, in: self)
    self[process].table.freeCount += 1
    shared.capabilityCount -= 1
  }

  /// From here on no handle or token of before names the slot.
  @inline(__always)
  func renew(_ slot: SlotID) {
    let generation = self[slot].generation &+ 1
    self[slot].generation = generation
    // 0 is the generation of no handle.
    if generation == 0 { beginLap(of: slot) }
  }

  @inline(never)
  private func beginLap(of slot: SlotID) {
    self[slot].generation = 1
    self[slot].lap &+= 1
  }

  /// Puts a capability into a free slot, derived from `parent` or as a root.
  ///
  /// - Precondition: The slot is free.
  func fill(
    _ slot: SlotID, _ type: ObjectType, _ object: AnyObjectID, rights: Rights, badge: UInt64 = 0,
    parent: SlotID = .none
  ) {
    takeFree(slot)
    self[slot].state = .held
    self[slot].typeCode = type.rawValue
    self[slot].object = object
    self[slot].rightsBits = rights.slotBits
    self[slot].badge = badge
    DerivationTree.insert(slot, under: parent, in: self)
    addName(slot)
  }

  /// Makes a capability in a free slot as a child of another, to the same object.
  func derive(from source: SlotID, to slot: SlotID, rights: Rights) {
    fill(
      slot, self[source].type, self[source].object, rights: rights, badge: self[source].badge,
      parent: source)
  }

  /// Puts the capability of one slot into another, free one, with its place in the tree.
  ///
  /// - Precondition: Nothing depends on `source`.
  func transplant(_ source: SlotID, to slot: SlotID) {
    takeFree(slot)
    self[slot].state = .held
    self[slot].typeCode = self[source].typeCode
    self[slot].object = self[source].object
    self[slot].rightsBits = self[source].rightsBits
    self[slot].badge = self[source].badge
    if self[source].type == .reply {
      leaveSpare(source)
      self[cast(self[source].object, to: ThreadTag.self)].replySlot = slot
      DerivationTree.insert(slot, under: .none, in: self)
    } else {
      // The new name first: the object must not look unnamed in between.
      addName(slot)
      removeName(source)
      DerivationTree.replace(source, with: slot, in: self)
    }
    releaseSlot(source)
  }

  /// Makes the slot of a right to answer one like any other, if it was a thread's spare: from now
  /// on it counts, and the thread takes another when it receives next. See ipc/SpareSlot.swift.
  func leaveSpare(_ slot: SlotID) {
    let holder = self[slot].holder
    guard !holder.isNone else { return }
    // Whoever served by it does so no more, as far as anybody knows.
    if self[slot].state != .spare { stopPaying(for: cast(self[slot].object, to: ThreadTag.self)) }
    self[cast(holder, to: ThreadTag.self)].spare = .none
    self[slot].holder = .none
    self[self[slot].owner].table.usedCount += 1
    shared.capabilityCount += 1
  }

  /// Empties a slot on which nothing depends. What the capability was the last to name, or
  /// the last to read, ends later, by the reaper.
  func empty(_ slot: SlotID) {
    DerivationTree.remove(slot, in: self)
    if self[slot].type == .reply {
      // While it is known whose spare it is.
      stopPaying(for: cast(self[slot].object, to: ThreadTag.self))
      leaveSpare(slot)
      dropReply(to: self[slot].object)
    } else {
      removeName(slot)
    }
    releaseSlot(slot)
  }

  /// A right to answer ends unused: the reaper tells its caller.
  private func dropReply(to caller: AnyObjectID) {
    let thread = cast(caller, to: ThreadTag.self)
    self[thread].replySlot = .none
    doom(caller)
  }
}
