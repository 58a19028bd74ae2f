import KernelHAL
import MnosABI

/// Calls on address spaces: map, unmap, protect.
///
/// Each looks everything up within the call and leaves the pages to batches of work. Between
/// two batches the mapping is half made or half gone. Its `worker` keeps other calls from it in
/// that time; only the end of its capability or of its process takes it away.
extension Kernel where P: ~Copyable {
  /// `map`: shows a part of a memory object in an address space.
  ///
  /// The mapping depends on the capability it was made through: deleting or revoking that one
  /// unmaps it, and while it stands the capability cannot be moved.
  ///
  /// - Parameter arguments: The memory; the process, 0 for the caller's own, or a DMA space (see
  ///   `mapForDevice`); the address; offset
  ///   and length in the memory, in bytes; in `rights`, bits 0-7 what the pages allow and bits
  ///   8-15 what `protect` may add later.
  /// - Throws: `badCapability` or `wrongType` for the memory; what `lookUpProcess` throws;
  ///   `badArgument(5)` or `noRight` for the rights; `badArgument(2)`, `(3)`, `(4)` for address,
  ///   offset and length; `badState` if the process is ending or something is mapped in the
  ///   range; what `addMapping` throws. In this order. The work can still complete with
  ///   `noMemory`, and then nothing is mapped, or with `cancelled`, if the mapping is taken away.
  mutating func mapCall(_ arguments: MapArguments) throws(Failure) {
    let source = try lookUp(arguments.memory, as: MemoryObject.self, needing: .none)
    if let space = try lookUpDMASpace(arguments.process) {
      return try mapForDevice(source, in: space, arguments)
    }
    let process = try lookUpProcess(arguments.process)
    let (rights, ceiling) = try mappingRights(arguments.rights, held: objects[source.slot].rights)
    let memory = objects[source.object]
    let (address, offset, byteCount) = (arguments.address, arguments.offset, arguments.length)
    // Every bound is checked by a subtraction that cannot go below 0, so that no sum of what the
    // caller claims can wrap.
    guard address.isPageAligned, address >= Limits.nullGuardByteCount,
      address < format.userAddressLimit
    else { throw .badArgument(2) }
    guard offset.isPageAligned, offset < memory.byteCount else { throw .badArgument(3) }
    guard byteCount > 0, byteCount.isPageAligned, byteCount <= memory.byteCount - offset,
      byteCount <= format.userAddressLimit - address
    else { throw .badArgument(4) }
    guard objects[process].isAlive else { throw .badState }
    // After the length was checked: `address + byteCount` is within the user half.
    guard mapping(overlapping: address, end: address + byteCount, in: process).isNone else {
      throw .badState
    }
    let mapping = try addMapping(
      Mapping(
        process: process, slot: source.slot, address: address,
        firstPage: UInt32(offset / Limits.pageByteCount),
        pageCount: UInt32(byteCount / Limits.pageByteCount), rights: rights, ceiling: ceiling,
        caching: memory.caching))
    begin(.map(mapping), on: mapping)
  }

  /// The rights of a new mapping, and the most that `protect` may give it later.
  ///
  /// The capability must have both: `protect` looks at the mapping alone. The ceiling may hold
  /// `write` and `execute` together, for the pages can have them one after the other.
  ///
  /// - Parameter bits: Bits 0-7 the rights, 8-15 what `protect` may add to them.
  /// - Throws: `badArgument(5)` for rights that cannot be, `noRight` for those not held.
  private mutating func mappingRights(
    _ bits: UInt64, held: Rights
  ) throws(Failure) -> (Rights, ceiling: Rights) {
    guard bits <= 0xffff else { throw .badArgument(5) }
    let rights = Rights(bits: UInt16(bits & 0xff))
    let ceiling = rights.union(Rights(bits: UInt16(bits >> 8)))
    guard Self.isMappable(rights), Self.allMapRights.includes(ceiling) else {
      throw .badArgument(5)
    }
    guard held.includes(ceiling) else { throw .noRight }
    return (rights, ceiling)
  }

  private static var allMapRights: Rights { Rights.read.union(.write).union(.execute) }

  /// Whether page tables can express these rights: read always, for no machine here can
  /// keep a page that may be written or executed from being read; never write and execute.
  private static func isMappable(_ rights: Rights) -> Bool {
    allMapRights.includes(rights) && rights.includes(.read)
      && !rights.includes(Rights.write.union(.execute))
  }

  /// `unmap`: ends the mapping of exactly this range. When the call completes no CPU uses its
  /// pages.
  ///
  /// - Parameter arguments: The process, 0 for the caller's own, or a DMA space (see
  ///   `unmapForDevice`); address and length in bytes.
  /// - Throws: What `mapping(of:)` throws. The work completes with `cancelled` if the mapping
  ///   ended by other means before.
  mutating func unmapCall(_ arguments: RangeArguments) throws(Failure) {
    if let space = try lookUpDMASpace(arguments.process) {
      return try unmapForDevice(in: space, arguments)
    }
    let mapping = try mapping(of: arguments)
    begin(.unmap(mapping, .ok), on: mapping)
  }

  /// `protect`: changes the rights of all pages of a mapping, within its ceiling.
  ///
  /// - Parameter arguments: The process, 0 for the caller's own; address and length in bytes; the
  ///   rights.
  /// - Throws: What `mapping(of:)` throws; `badArgument(3)` for rights that cannot be; `noRight`
  ///   beyond the ceiling. In this order. The work completes with `cancelled` if the mapping ends
  ///   meanwhile.
  mutating func protectCall(_ arguments: RangeArguments) throws(Failure) {
    let mapping = try mapping(of: arguments)
    let rights = try Self.rights(arguments.rights, argument: 3)
    guard Self.isMappable(rights) else { throw .badArgument(3) }
    // Who maps decides for good: the process may not hold the memory at all.
    guard objects[mapping].ceiling.includes(rights) else { throw .noRight }
    // For the whole mapping at once, its pages follow in batches: no other call looks at the
    // rights before the last page has them.
    objects[mapping].rightsBits = rights.bits
    begin(.protect(mapping, 0), on: mapping)
  }

  /// The mapping of exactly a call's range, on which nobody works.
  ///
  /// - Throws: What `lookUpProcess` throws; `badArgument(1)` for the address, `badArgument(2)`
  ///   for the length; `badState` if no mapping has this range, or another thread works on it.
  private mutating func mapping(of arguments: RangeArguments) throws(Failure) -> MappingID {
    let process = try lookUpProcess(arguments.process)
    guard arguments.address.isPageAligned else { throw .badArgument(1) }
    guard arguments.length > 0, arguments.length.isPageAligned else { throw .badArgument(2) }
    let mapping = try mapping(
      at: arguments.address, byteCount: arguments.length, in: process)
    guard objects[mapping].worker.isNone else { throw .badState }
    return mapping
  }
}

extension UInt64 {
  /// Whether an address or a length is a multiple of the page size; 0 is one.
  var isPageAligned: Bool { self & (Limits.pageByteCount - 1) == 0 }
}
