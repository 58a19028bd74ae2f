import KernelHAL
import MnosABI

/// New memory: finding its frames, clearing them, and giving them back, in counted steps.
///
///     create ──> a run was there at once ───────────────────────┐
///        │                                                      v
///        ├─────> contiguous, and no block was large enough ──> search ──> clear each page ──> held
///        │                                                      │
///        └─────> any frames ──> take a frame, enter it in       │ none
///                               the tree, clear it ─┐           v
///                                   ^───────────────┤       the slot is emptied: 202
///                                                   └──> held
///
/// The slot is reserved until the last page is clear: no handle names it, but revoke and the end of
/// the process reach it, and whoever deletes it ends the work.
extension Kernel where P: ~Copyable {
  /// Does a part of the work on new memory; after it the capability can be named.
  ///
  /// A page is cleared in one go, 4 KiB, and counts for four steps.
  mutating func fillStep(_ slot: SlotID, for thread: ThreadID, steps: inout Int) {
    let memory = objects.cast(objects[slot].object, to: MemoryObject.self)
    guard objects[memory].filled < objects[memory].pageCount else {
      objects[slot].state = .held
      objects[slot].holder = .none
      let handle = UInt64(objects[slot].handle.rawValue)
      return objects.completeWork(of: thread, .ok, value: handle)
    }
    switch takePage(of: memory, steps: &steps) {
    case .unfinished: return
    case .none:
      // Deleting the slot abandons our work, so the status is set after it.
      _ = deleteStep(slot, steps: &steps)
      objects.completeWork(of: thread, .noMemory)
    case .found(let frame):
      window.clear(frame << 12, byteCount: Limits.pageByteCount)
      if objects[memory].caching != .normal {
        // What goes past the caches must find the zeros in memory, and nothing may follow them.
        platform.flushCaches(at: PhysicalAddress(frame << 12), byteCount: Limits.pageByteCount)
      }
      objects[memory].filled += 1
      steps -= 4
    }
  }

  /// Finds the frame of the next page to be cleared: it is there, in a run, or is taken.
  private mutating func takePage(of memory: MemoryID, steps: inout Int) -> FrameSearch.Result {
    let page = objects[memory].filled
    guard objects[memory].frames.isRun else {
      return takeLoosePage(page, of: memory, steps: &steps)
    }
    if objects[memory].frames.base == 0 {
      let result = frames.advance(&objects[memory].search, steps: &steps)
      guard case .found(let first) = result else { return result }
      objects[memory].frames.base = first << 12
    }
    return .found(objects[memory].frames.address(of: page, in: window) >> 12)
  }

  /// Takes a frame and enters it in the tree, with the tables that begin with its page.
  private mutating func takeLoosePage(
    _ page: UInt32, of memory: MemoryID, steps: inout Int
  ) -> FrameSearch.Result {
    // They were charged when the memory was made, so they are there; but a charge is no promise
    // of frames where some are out of reach.
    let tables = objects[memory].frames.tablesBeginning(with: page)
    guard frames.freeCount > tables else { return .none }
    let result =
      objects[memory].search.isLimited
      ? frames.advance(&objects[memory].search, steps: &steps)
      : frames.allocate().map { .found($0) } ?? .none
    guard case .found(let frame) = result else { return result }
    enter(frame << 12, asPage: page, of: memory)
    steps -= 1
    return result
  }

  /// Enters a page behind all others in a tree.
  ///
  /// - Precondition: There is a free frame for each table that begins with it.
  private mutating func enter(_ address: UInt64, asPage page: UInt32, of memory: MemoryID) {
    let levelCount = Int(objects[memory].frames.levelCount)
    if page == 0 { objects[memory].frames.base = makeMapTable() }
    var table = objects[memory].frames.base
    for level in stride(from: levelCount, to: 1, by: -1) {
      let entry = FrameMap.entry(of: page, in: table, level: level)
      if FrameMap.beginsTable(page, level: level - 1) { window.store(makeMapTable(), at: entry) }
      table = window.load(entry, as: UInt64.self)
    }
    window.store(address, at: FrameMap.entry(of: page, in: table, level: 1))
  }

  private mutating func makeMapTable() -> UInt64 {
    guard let frame = frames.allocate() else { kernelBug("a frame that was free is gone") }
    window.clear(frame << 12, byteCount: Limits.pageByteCount)
    return frame << 12
  }

  /// Gives back the frames of memory that ends, and what they were charged.
  ///
  /// - Returns: Whether none is left.
  mutating func releaseFrames(of memory: MemoryID, steps: inout Int) -> Bool {
    let ended = objects[memory]
    guard ended.kind == .owned else { return true }
    if ended.frames.isRun {
      steps -= 4 + Int(ended.pageCount >> 16)
      if ended.frames.base != 0 {
        frames.free(ended.frames.base >> 12, count: UInt64(ended.pageCount))
      }
      objects[memory].frames.base = 0
      unchargeFrames(of: memory, downTo: 0)
      return true
    }
    while objects[memory].filled > 0, steps > 0 {
      steps -= 1
      objects[memory].filled -= 1
      removePage(objects[memory].filled, of: memory)
    }
    let left = objects[memory].filled
    unchargeFrames(of: memory, downTo: UInt64(left) + ended.frames.tableCount(for: left))
    return left == 0
  }

  /// Gives back the frame of the last page in a tree, and the tables that begin with it.
  private mutating func removePage(_ page: UInt32, of memory: MemoryID) {
    let levelCount = Int(objects[memory].frames.levelCount)
    var table = objects[memory].frames.base
    for level in stride(from: levelCount, to: 0, by: -1) {
      let next = window.load(FrameMap.entry(of: page, in: table, level: level), as: UInt64.self)
      if FrameMap.beginsTable(page, level: level) { frames.free(table >> 12, count: 1) }
      table = next
    }
    frames.free(table >> 12, count: 1)
  }

  private mutating func unchargeFrames(of memory: MemoryID, downTo count: UInt64) {
    let charged = UInt64(objects[memory].chargedFrames)
    guard charged > count else { return }
    objects[memory].chargedFrames = UInt32(truncatingIfNeeded: count)
    uncharge(
      objects[memory].header.budget, bytes: (charged - count) * Limits.pageByteCount, objects: 0)
  }
}
