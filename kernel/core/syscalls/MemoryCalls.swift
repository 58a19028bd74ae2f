import KernelHAL
import MnosABI

/// Calls on address spaces: map, unmap, protect.
extension Kernel where P: ~Copyable {
  /// a0 memory, a1 process or 0, a2 address; w0 offset, w1 length, w2 rights.
  mutating func mapCall() throws(Failure) {
    let slot = try lookUp(argument(0), .memory, needing: .none)
    let process = try lookUpProcess(argument(1))
    let rights = try mappingRights(5, allowedBy: objects[slot].rights)
    let memory = objects[MemoryID(granule: objects[slot].object)]
    let address = argument(2)
    let offset = argument(3)
    let byteCount = argument(4)
    guard address & 4095 == 0, address >= Limits.nullGuardByteCount,
      address < format.userAddressLimit
    else { throw .badArgument(2) }
    guard offset & 4095 == 0, offset < memory.byteCount else { throw .badArgument(3) }
    guard byteCount > 0, byteCount & 4095 == 0, byteCount <= memory.byteCount - offset,
      byteCount <= format.userAddressLimit - address
    else { throw .badArgument(4) }
    guard objects[process].isAlive else { throw .badState }
    guard mapping(overlapping: address, end: address + byteCount, in: process).isNone else {
      throw .badState
    }
    let mapping = try addMapping(
      Mapping(
        process: process, slot: slot, address: address,
        pageCount: byteCount / Limits.pageByteCount, base: memory.base + offset,
        rights: rights, isDevice: memory.isDevice))
    begin(.map(mapping), on: mapping)
  }

  /// Rights for pages: read, write and execute, never the last two together.
  private mutating func mappingRights(
    _ index: Int, allowedBy held: Rights
  ) throws(Failure) -> Rights {
    let rights = try rightsArgument(index)
    let all = Rights.read.union(.write).union(.execute)
    guard rights != .none, all.includes(rights),
      !(rights.includes(.write) && rights.includes(.execute))
    else { throw .badArgument(UInt64(index)) }
    guard held.includes(rights) else { throw .noRight }
    return rights
  }

  /// a0 process or 0, a1 address, a2 length: as they were mapped.
  mutating func unmapCall() throws(Failure) {
    let mapping = try mappingArgument()
    begin(.unmap(mapping, .ok), on: mapping)
  }

  /// a0 process or 0, a1 address, a2 length; w0 rights.
  mutating func protectCall() throws(Failure) {
    let mapping = try mappingArgument()
    let slot = objects[mapping].slot
    let rights = try mappingRights(3, allowedBy: objects[slot].rights)
    objects[mapping].rights = rights
    begin(.protect(mapping, 0), on: mapping)
  }

  private mutating func mappingArgument() throws(Failure) -> MappingID {
    let process = try lookUpProcess(argument(0))
    guard argument(1) & 4095 == 0 else { throw .badArgument(1) }
    guard argument(2) > 0, argument(2) & 4095 == 0 else { throw .badArgument(2) }
    let mapping = try mapping(at: argument(1), byteCount: argument(2), in: process)
    guard objects[mapping].worker.isNone else { throw .badState }
    return mapping
  }

  private mutating func begin(_ work: Work, on mapping: MappingID) {
    answer(value: 0)
    objects[mapping].worker = current
    objects[current].work = work
    finishShortWork()
  }
}
