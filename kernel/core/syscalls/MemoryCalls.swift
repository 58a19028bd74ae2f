import KernelHAL
import MnosABI

/// Calls on address spaces: map, unmap, protect.
extension Kernel where P: ~Copyable {
  mutating func mapCall(_ arguments: MapArguments) throws(Failure) {
    let source = try lookUp(arguments.memory, as: MemoryObject.self, needing: .none)
    let process = try lookUpProcess(arguments.process)
    let (rights, ceiling) = try mappingRights(arguments.rights, held: objects[source.slot].rights)
    let memory = objects[source.object]
    let (address, offset, byteCount) = (arguments.address, arguments.offset, arguments.length)
    guard address.isPageAligned, address >= Limits.nullGuardByteCount,
      address < format.userAddressLimit
    else { throw .badArgument(2) }
    guard offset.isPageAligned, offset < memory.byteCount else { throw .badArgument(3) }
    guard byteCount > 0, byteCount.isPageAligned, byteCount <= memory.byteCount - offset,
      byteCount <= format.userAddressLimit - address
    else { throw .badArgument(4) }
    guard objects[process].isAlive else { throw .badState }
    guard mapping(overlapping: address, end: address + byteCount, in: process).isNone else {
      throw .badState
    }
    let mapping = try addMapping(
      Mapping(
        process: process, slot: source.slot, address: address, base: memory.base + offset,
        byteCount: byteCount, rights: rights, ceiling: ceiling, isDevice: memory.isDevice))
    begin(.map(mapping), on: mapping)
  }

  /// The rights of a new mapping, and the most that `protect` may give it later.
  ///
  /// - Parameter bits: Bits 0-7 the rights, 8-15 what `protect` may add to them.
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

  /// The range is one that was mapped.
  mutating func unmapCall(_ arguments: RangeArguments) throws(Failure) {
    let mapping = try mapping(of: arguments)
    begin(.unmap(mapping, .ok), on: mapping)
  }

  mutating func protectCall(_ arguments: RangeArguments) throws(Failure) {
    let mapping = try mapping(of: arguments)
    let rights = try Self.rights(arguments.rights, argument: 3)
    guard Self.isMappable(rights) else { throw .badArgument(3) }
    // Who maps decides for good: the process may not hold the memory at all.
    guard objects[mapping].ceiling.includes(rights) else { throw .noRight }
    objects[mapping].rightsBits = rights.bits
    begin(.protect(mapping, 0), on: mapping)
  }

  /// The mapping of exactly a call's range, on which nobody works.
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
  var isPageAligned: Bool { self & (Limits.pageByteCount - 1) == 0 }
}
