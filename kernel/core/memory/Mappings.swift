import KernelHAL
import MnosABI

/// Mappings: showing memory objects in address spaces, in bounded steps.
///
///     pages of the mapping    0 ........ mappedCount ............ pageCount
///                             in the page table │ not yet, or no more
///                                mapStep ──>    │    <── unmapStep
///
/// `mappedCount` is moved with each page, so a mapping can be left half made between two
/// batches, and taken away from there. It stands in the list of the slot it was made through,
/// which ends it with the capability, and in the tree of its process, by address.
extension Kernel where P: ~Copyable {
  /// Notes a mapping; its pages are filled by `mapStep`.
  ///
  /// - Throws: `noSlot`, `noMemory`; nothing has changed then.
  mutating func addMapping(_ mapping: Mapping) throws(Failure) -> MappingID {
    let process = mapping.process
    let id = try makeRecord(mapping, chargedTo: objects[process].header.budget)
    objects[mapping.slot].mappings.append(id, in: objects)
    objects[process].mappings.insert(id, in: objects)
    return id
  }

  /// Ends a mapping that has no pages left.
  private mutating func removeMapping(_ id: MappingID) {
    let process = objects[id].process
    objects[objects[id].slot].mappings.remove(id, in: objects)
    objects[process].mappings.remove(id, in: objects)
    // A thread that works on it learns that it is gone.
    let worker = objects[id].worker
    if !worker.isNone { objects.completeWork(of: worker, .cancelled) }
    freeRecord(id, chargedTo: objects[process].header.budget)
  }

  /// The last mapping that covers any part of a range, or none. O(log n) of the process's
  /// mappings.
  ///
  /// - Precondition: `end` is above `address`.
  mutating func mapping(
    overlapping address: UInt64, end: UInt64, in process: ProcessID
  ) -> MappingID {
    // No two overlap, so of those that begin before the end the last one ends last.
    let last = objects[process].mappings.last(notAbove: end - 1, in: objects)
    return last.isNone || objects[last].end <= address ? .none : last
  }

  /// The mapping of exactly this range.
  ///
  /// - Throws: `badState` if there is none. Cost: O(log n) of the process's mappings.
  mutating func mapping(
    at address: UInt64, byteCount: UInt64, in process: ProcessID
  ) throws(Failure) -> MappingID {
    let mapping = objects[process].mappings.last(notAbove: address, in: objects)
    guard !mapping.isNone, objects[mapping].address == address,
      objects[mapping].end - address == byteCount
    else { throw .badState }
    return mapping
  }

  /// Where the pages that a mapping shows are.
  ///
  /// It stands no longer than the capability it was made through, which keeps the memory.
  func frameMap(of mapping: Mapping) -> FrameMap {
    let memory = objects.cast(objects[mapping.slot].object, to: MemoryObject.self)
    return objects[memory].frames.from(page: mapping.firstPage)
  }

  /// Fills pages of a mapping.
  ///
  /// - Returns: Whether all are filled.
  /// - Throws: `noMemory` if a page table cannot be had; the pages so far stay.
  mutating func mapStep(_ id: MappingID, steps: inout Int) throws(Failure) -> Bool {
    let mapping = objects[id]
    let rights = mapping.pageRights
    let frameMap = frameMap(of: mapping)
    let first = mapping.mappedCount
    var count = first
    var linksTables = false
    // Also if memory runs out: a thread may use the pages so far until they are taken back.
    defer { publish(mapping, from: first, to: count, linksTables: linksTables) }
    while count < mapping.pageCount, steps > 0 {
      let didLink = try mapPage(
        mapping.page(at: count), to: frameMap.address(of: count, in: window), rights: rights,
        in: mapping.process)
      linksTables = linksTables || didLink
      count += 1
      objects[id].mappedCount = count
      steps -= 1
    }
    return count == mapping.pageCount
  }

  /// Tells the machine of pages that can be used from now on.
  private mutating func publish(
    _ mapping: Mapping, from first: UInt32, to end: UInt32, linksTables: Bool
  ) {
    guard end > first else { return }
    platform.mappingAdded(
      at: VirtualAddress(mapping.page(at: first)), pageCount: UInt64(end - first),
      in: objects[mapping.process].space, linksTables: linksTables)
  }

  /// Empties pages of a mapping, from the last to the first, and ends it after them.
  ///
  /// - Returns: Whether the mapping is gone.
  mutating func unmapStep(_ id: MappingID, steps: inout Int) -> Bool {
    let process = objects[id].process
    var count = objects[id].mappedCount
    while count > 0, steps > 0 {
      count -= 1
      unmapPage(objects[id].page(at: count), in: process)
      steps -= 1
    }
    objects[id].mappedCount = count
    guard count == 0, steps > 0 else { return false }
    // It is taken out of a list and a tree.
    steps -= 3
    removeMapping(id)
    return true
  }

  /// Applies a mapping's rights to its pages from `page` on; returns the next page to do.
  mutating func protectStep(_ id: MappingID, from first: UInt32, steps: inout Int) -> UInt32 {
    let mapping = objects[id]
    let rights = mapping.pageRights
    var page = first
    while page < mapping.mappedCount, steps > 0 {
      protectPage(mapping.page(at: page), rights: rights, in: mapping.process)
      page += 1
      steps -= 1
    }
    // What was written to the pages while they were writable is now code.
    if rights.includes(.execute) { publish(mapping, from: first, to: page, linksTables: false) }
    return page
  }
}
