import KernelHAL
import MnosABI

/// Mappings: showing memory objects in address spaces, in bounded steps.
extension Kernel where P: ~Copyable {
  /// Mappings that one process can have at a time; looking one up is linear in them.
  static var mappingLimit: UInt32 { 4096 }

  /// Notes a mapping; its pages are filled by `mapStep`.
  ///
  /// - Throws: `noSlot`, `noMemory`; nothing has changed then.
  mutating func addMapping(_ mapping: Mapping) throws(Failure) -> MappingID {
    let process = mapping.process
    guard objects[process].mappingCount < Self.mappingLimit else { throw .noSlot }
    let budget = objects[process].budget
    try charge(budget, bytes: pools.mappings.chargedByteCount, objects: 1)
    guard let granule = pools.mappings.allocate(in: objects, frames: &frames) else {
      uncharge(budget, bytes: pools.mappings.chargedByteCount, objects: 1)
      throw .noMemory
    }
    let id = MappingID(granule: granule)
    objects[id] = mapping
    let ofSlot = MappingID(granule: objects[mapping.slot].dependents)
    objects[id].nextOfSlot = ofSlot
    if !ofSlot.isNone { objects[ofSlot].previousOfSlot = id }
    objects[mapping.slot].dependents = granule
    let ofProcess = objects[process].firstMapping
    objects[id].nextOfProcess = ofProcess
    if !ofProcess.isNone { objects[ofProcess].previousOfProcess = id }
    objects[process].firstMapping = id
    objects[process].mappingCount += 1
    return id
  }

  /// Ends a mapping that has no pages left.
  private mutating func removeMapping(_ id: MappingID) {
    let mapping = objects[id]
    if !mapping.nextOfSlot.isNone {
      objects[mapping.nextOfSlot].previousOfSlot = mapping.previousOfSlot
    }
    if mapping.previousOfSlot.isNone {
      objects[mapping.slot].dependents = mapping.nextOfSlot.granule
    } else {
      objects[mapping.previousOfSlot].nextOfSlot = mapping.nextOfSlot
    }
    if !mapping.nextOfProcess.isNone {
      objects[mapping.nextOfProcess].previousOfProcess = mapping.previousOfProcess
    }
    if mapping.previousOfProcess.isNone {
      objects[mapping.process].firstMapping = mapping.nextOfProcess
    } else {
      objects[mapping.previousOfProcess].nextOfProcess = mapping.nextOfProcess
    }
    objects[mapping.process].mappingCount -= 1
    if !mapping.worker.isNone { abandonWork(of: mapping.worker) }
    let budget = objects[mapping.process].budget
    pools.mappings.free(id.granule, in: objects, frames: &frames)
    uncharge(budget, bytes: pools.mappings.chargedByteCount, objects: 1)
  }

  /// The mapping that covers any part of a range, or none.
  mutating func mapping(overlapping address: UInt64, end: UInt64, in process: ProcessID)
    -> MappingID
  {
    var id = objects[process].firstMapping
    while !id.isNone, objects[id].end <= address || objects[id].address >= end {
      id = objects[id].nextOfProcess
    }
    return id
  }

  /// The mapping of exactly this range.
  ///
  /// - Throws: `badState` if there is none.
  mutating func mapping(
    at address: UInt64, byteCount: UInt64, in process: ProcessID
  ) throws(Failure) -> MappingID {
    var id = objects[process].firstMapping
    while !id.isNone {
      if objects[id].address == address, objects[id].end - address == byteCount { return id }
      id = objects[id].nextOfProcess
    }
    throw .badState
  }

  /// Fills pages of a mapping.
  ///
  /// - Returns: Whether all are filled.
  /// - Throws: `noMemory` if a page table cannot be had; the pages so far stay.
  mutating func mapStep(_ id: MappingID, steps: inout Int) throws(Failure) -> Bool {
    let mapping = objects[id]
    let rights = pageRights(mapping.rights, isDevice: mapping.isDevice)
    let first = mapping.mappedCount
    var count = first
    var linksTables = false
    // Also if memory runs out: a thread may use the pages so far until they are taken back.
    defer {
      platform.mappingAdded(
        at: VirtualAddress(mapping.address + first * Limits.pageByteCount),
        pageCount: count - first, in: objects[mapping.process].space, linksTables: linksTables)
    }
    while count < mapping.pageCount, steps > 0 {
      let offset = count * Limits.pageByteCount
      let isLinked = try mapPage(
        mapping.address + offset, to: mapping.base + offset, rights: rights, in: mapping.process)
      linksTables = linksTables || isLinked
      count += 1
      objects[id].mappedCount = count
      steps -= 1
    }
    return count == mapping.pageCount
  }

  /// Empties pages of a mapping, from the last to the first, and ends it after them.
  ///
  /// - Returns: Whether the mapping is gone.
  mutating func unmapStep(_ id: MappingID, steps: inout Int) -> Bool {
    let process = objects[id].process
    let address = objects[id].address
    var count = objects[id].mappedCount
    while count > 0, steps > 0 {
      count -= 1
      unmapPage(address + count * Limits.pageByteCount, in: process)
      steps -= 1
    }
    objects[id].mappedCount = count
    guard count == 0 else { return false }
    steps -= 1
    removeMapping(id)
    return true
  }

  /// Applies a mapping's rights to its pages from `page` on; returns the next page to do.
  mutating func protectStep(_ id: MappingID, from page: UInt64, steps: inout Int) -> UInt64 {
    let mapping = objects[id]
    let rights = pageRights(mapping.rights, isDevice: mapping.isDevice)
    let first = page
    var page = page
    while page < mapping.mappedCount, steps > 0 {
      protectPage(
        mapping.address + page * Limits.pageByteCount, rights: rights, in: mapping.process)
      page += 1
      steps -= 1
    }
    if rights.includes(.execute), page > first {
      // What was written to the pages while they were writable is now code.
      platform.mappingAdded(
        at: VirtualAddress(mapping.address + first * Limits.pageByteCount),
        pageCount: page - first, in: objects[mapping.process].space, linksTables: false)
    }
    return page
  }

  private mutating func pageRights(_ rights: Rights, isDevice: Bool) -> PageRights {
    var result = PageRights.user
    if rights.includes(.read) { result = result.union(.read) }
    if rights.includes(.write) { result = result.union(.write) }
    if rights.includes(.execute) { result = result.union(.execute) }
    if isDevice { result = result.union(.device) }
    return result
  }
}
