import KernelHAL
import MnosABI

/// The words of `create` for memory, as the caller gave them.
struct MemoryArguments {
  let byteCount: UInt64
  let options: MemoryOptions
  /// For a device's memory.
  let machine: UInt64
  let base: UInt64
  /// For RAM: the same two words.
  var limit: UInt64 { machine }
  var alignment: UInt64 { base }

  init(_ words: [8 of UInt64]) {
    byteCount = words[0]
    options = MemoryOptions(bits: words[1])
    machine = words[2]
    base = words[3]
  }
}

/// `create` for memory: RAM, and what is at a physical address.
extension Kernel where P: ~Copyable {
  /// - Throws: `badArgument(3)` for the bytes, `badArgument(4)` for the options; what the two below
  ///   throw.
  mutating func createMemory(
    _ budget: BudgetID, _ arguments: MemoryArguments, in slot: SlotID
  ) throws(Failure) {
    // Up to 2^40 bytes: less than any machine's physical limit, from which it is subtracted, and
    // a count of pages that fits 32 bits.
    let byteCount = arguments.byteCount
    guard byteCount > 0, byteCount.isPageAligned, byteCount <= 1 << 40 else {
      throw .badArgument(3)
    }
    let options = arguments.options
    let isDevice = options.includes(.device)
    guard options.isDefined, !isDevice || !options.includes(.contiguous) else {
      throw .badArgument(4)
    }
    // What is mapped as RAM is reached through the window, which shows RAM alone.
    guard !isDevice || options.caching != .normal else { throw .badArgument(4) }
    if isDevice {
      try createDeviceMemory(budget, arguments, in: slot)
    } else {
      try createRAM(budget, arguments, in: slot)
    }
  }

  /// Memory at a given physical address: a device's registers, never RAM.
  ///
  /// - Throws: What `lookUpMachine` throws; `badArgument(6)` for an address that is misaligned, out
  ///   of reach or refused by the device rules; `noMemory`, `noSlot`.
  private mutating func createDeviceMemory(
    _ budget: BudgetID, _ arguments: MemoryArguments, in slot: SlotID
  ) throws(Failure) {
    let machine = try lookUpMachine(arguments.machine)
    let (base, byteCount) = (arguments.base, arguments.byteCount)
    // An address that entries cut short would be another one, of RAM even.
    guard base.isPageAligned, base <= format.physicalAddressLimit - byteCount,
      frames.deviceRules.permits(base: base, byteCount: byteCount)
    else { throw .badArgument(6) }
    let memory = try makeMemory(
      MemoryObject(
        at: base, byteCount: byteCount, kind: .device,
        caching: arguments.options.caching ?? .device),
      chargedTo: budget)
    install(memory, in: slot, parent: machine)
  }

  /// RAM that is all 0. The call completes when the last page has been cleared, which may be many
  /// batches later.
  ///
  /// - Throws: `badArgument(5)` for a limit below the bytes, or within a page; `badArgument(6)` for an
  ///   alignment that is no power of two of pages, above 2^40, or of memory that is not contiguous;
  ///   what `placeMemory` throws. The work can still complete with `noMemory`, if nothing of this
  ///   shape was free all the time.
  private mutating func createRAM(
    _ budget: BudgetID, _ arguments: MemoryArguments, in slot: SlotID
  ) throws(Failure) {
    let (limit, alignment) = (arguments.limit, arguments.alignment)
    guard limit == 0 || limit.isPageAligned && limit >= arguments.byteCount else {
      throw .badArgument(5)
    }
    let isContiguous = arguments.options.includes(.contiguous)
    guard alignment == 0 || isContiguous && Self.isAlignment(alignment) else {
      throw .badArgument(6)
    }
    let memory = try placeMemory(
      pageCount: arguments.byteCount / Limits.pageByteCount, isContiguous: isContiguous,
      below: limit == 0 ? .max : limit / Limits.pageByteCount,
      alignment: max(alignment / Limits.pageByteCount, 1),
      caching: arguments.options.caching ?? .normal, chargedTo: budget)
    install(memory, in: slot)
    // Nobody sees what the frames held: the handle is given when all of them are clear.
    objects[slot].state = .reserved
    objects[slot].holder = current.header
    begin(.fill(slot))
  }

  private static func isAlignment(_ byteCount: UInt64) -> Bool {
    byteCount.isPageAligned && byteCount.nonzeroBitCount == 1 && byteCount <= 1 << 40
  }

  /// Makes a memory object, charged with all frames that it is going to have. They are taken at
  /// once if one block has them all, else as it is filled.
  ///
  /// - Parameters:
  ///   - limit: One past the highest frame.
  ///   - alignment: In frames, a power of two.
  /// - Throws: `noMemory` if the budget has too little left, `noSlot`; nothing has changed then.
  private mutating func placeMemory(
    pageCount: UInt64, isContiguous: Bool, below limit: FrameNumber, alignment: UInt64,
    caching: Caching, chargedTo budget: BudgetID
  ) throws(Failure) -> MemoryID {
    var map = FrameMap(run: 0)
    var frameCount = pageCount
    try charge(budget, bytes: frameCount * Limits.pageByteCount, objects: 0)
    let run = frames.allocate(count: pageCount, below: limit, alignment: alignment)
    if let run {
      map = FrameMap(run: run << 12)
    } else if !isContiguous, pageCount > 1 {
      map = FrameMap(treeOf: UInt32(pageCount))
      let tables = map.tableCount(for: UInt32(pageCount))
      do throws(Failure) {
        try charge(budget, bytes: tables * Limits.pageByteCount, objects: 0)
      } catch {
        uncharge(budget, bytes: frameCount * Limits.pageByteCount, objects: 0)
        throw error
      }
      frameCount += tables
    }
    do throws(Failure) {
      let memory = try makeMemory(
        MemoryObject(
          map, pageCount: UInt32(pageCount), kind: .owned, caching: caching,
          isContiguous: isContiguous),
        chargedTo: budget)
      objects[memory].chargedFrames = UInt32(frameCount)
      objects[memory].search = FrameSearch(
        count: map.isRun ? pageCount : 1, below: limit, alignment: alignment)
      return memory
    } catch {
      if let run { frames.free(run, count: pageCount) }
      uncharge(budget, bytes: frameCount * Limits.pageByteCount, objects: 0)
      throw error
    }
  }

  /// Makes memory of one run of frames, with undefined contents, while booting: nobody can reach it
  /// before the caller has cleared it.
  ///
  /// - Throws: `noMemory`, `noSlot`.
  mutating func makeRun(
    _ byteCount: UInt64, chargedTo budget: BudgetID
  ) throws(Failure) -> MemoryID {
    let pageCount = byteCount / Limits.pageByteCount
    try charge(budget, bytes: byteCount, objects: 0)
    guard let run = frames.allocate(count: pageCount) else { throw .noMemory }
    let memory = try makeMemory(
      MemoryObject(
        FrameMap(run: run << 12), pageCount: UInt32(pageCount), kind: .owned, caching: .normal,
        isContiguous: false),
      chargedTo: budget)
    objects[memory].chargedFrames = UInt32(pageCount)
    objects[memory].filled = UInt32(pageCount)
    return memory
  }

  /// Makes a memory object, and charges the object alone: its frames are a device's, the boot
  /// loader's, those of the whole, or charged by the caller before.
  ///
  /// - Throws: `noMemory`, `noSlot`; nothing has changed then.
  mutating func makeMemory(
    _ memory: MemoryObject, chargedTo budget: BudgetID
  ) throws(Failure) -> MemoryID {
    try make(memory, .medium, chargedTo: budget, as: MemoryObject.self)
  }
}
