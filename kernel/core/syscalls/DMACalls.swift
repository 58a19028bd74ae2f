import KernelHAL
import MnosABI

/// Calls on DMA spaces: `create` of one, and `map` and `unmap` with one in place of a process.
extension Kernel where P: ~Copyable {
  /// - Parameter words: Machine and limit. The next two must be 0: they are kept for what an IOMMU is
  ///   going to be told about the device.
  /// - Throws: What `lookUpMachine` throws; `badArgument(4)` for a limit within a page,
  ///   `badArgument(5)`, `badArgument(6)` for words that are not 0; `noMemory`, `noSlot`.
  mutating func createDMASpace(
    _ budget: BudgetID, _ words: [8 of UInt64], in slot: SlotID
  ) throws(Failure) {
    let (machine, limit) = (try lookUpMachine(words[0]), words[1])
    guard limit.isPageAligned else { throw .badArgument(4) }
    guard words[2] == 0 else { throw .badArgument(5) }
    guard words[3] == 0 else { throw .badArgument(6) }
    let space = try make(
      DMASpace(limit: limit == 0 ? .max : limit), .small, chargedTo: budget, as: DMASpace.self)
    install(space, in: slot, parent: machine)
  }

  /// The DMA space that a handle names, or nil if it names something else, or nothing.
  ///
  /// - Throws: `noRight` without `write`.
  mutating func lookUpDMASpace(_ handle: UInt64) throws(Failure) -> DMASpaceID? {
    guard handle != 0, let slot = try? lookUp(handle), objects[slot].type == .dmaSpace else {
      return nil
    }
    guard objects[slot].rights.includes(.write) else { throw .noRight }
    return objects[slot].object.narrowed(to: DMASpace.self)
  }

  /// `map`: lets a device reach a part of memory.
  ///
  /// - Parameter arguments: As for a process; the address is 0, for the space decides, and the rights
  ///   are `read` and `write` as the device has them.
  /// - Throws: `badArgument(5)` or `noRight` for the rights, the capability's `manage` among them;
  ///   `badArgument(2)`, `(3)`, `(4)` for address, offset and length; `badState` if the memory is
  ///   a part, is not RAM that was made, or is not charged to the space's budget, if either is
  ///   ending, or if part of it is mapped in the space; `unavailable` if it is no run or lies
  ///   beyond the limit; `noMemory`, `noSlot`. In this order.
  mutating func mapForDevice(
    _ source: Capability<MemoryObject>, in space: DMASpaceID, _ arguments: MapArguments
  ) throws(Failure) {
    let rights = try Self.rights(arguments.rights, argument: 5)
    let possible = Rights.read.union(.write)
    guard rights != .none, possible.includes(rights) else { throw .badArgument(5) }
    // The answer tells where the memory lies.
    guard objects[source.slot].rights.includes(rights.union(.manage)) else { throw .noRight }
    let memory = objects[source.object]
    let (offset, byteCount) = (arguments.offset, arguments.length)
    guard arguments.address == 0 else { throw .badArgument(2) }
    guard offset.isPageAligned, offset < memory.byteCount else { throw .badArgument(3) }
    guard byteCount > 0, byteCount.isPageAligned, byteCount <= memory.byteCount - offset else {
      throw .badArgument(4)
    }
    guard memory.kind == .owned, memory.header.budget == objects[space].header.budget,
      !memory.header.isCondemned, !objects[space].isDestroyed,
      !objects[memory.header.budget].header.isCondemned
    else { throw .badState }
    // What is one run by chance would be relied on.
    guard memory.isContiguous || byteCount == Limits.pageByteCount else {
      throw Failure(.unavailable)
    }
    let page = UInt32(offset / Limits.pageByteCount)
    let address = memory.frames.address(of: page, in: window)
    guard byteCount <= objects[space].limit, address <= objects[space].limit - byteCount else {
      throw Failure(.unavailable)
    }
    let last = objects[space].mappings.last(notAbove: address + byteCount - 1, in: objects)
    guard last.isNone || objects[last].end <= address else { throw .badState }
    try addMapping(
      DMAMapping(
        space: space, memory: source.object, address: address,
        pageCount: UInt32(byteCount / Limits.pageByteCount), rights: rights))
    answer(value: address)
  }

  /// `unmap`: ends the mapping of exactly this range of device addresses.
  ///
  /// - Throws: `badArgument(1)` for the address, `badArgument(2)` for the length; `badState` if no
  ///   mapping has this range.
  mutating func unmapForDevice(
    in space: DMASpaceID, _ arguments: RangeArguments
  ) throws(Failure) {
    let (address, byteCount) = (arguments.address, arguments.length)
    guard address.isPageAligned else { throw .badArgument(1) }
    guard byteCount > 0, byteCount.isPageAligned else { throw .badArgument(2) }
    let mapping = objects[space].mappings.last(notAbove: address, in: objects)
    guard !mapping.isNone, objects[mapping].address == address,
      objects[mapping].end - address == byteCount
    else { throw .badState }
    var steps = Self.batchSteps
    endMapping(mapping, steps: &steps)
    answer(value: 0)
  }
}
