import KernelHAL
import MnosABI

@testable import KernelCore

/// What devices may reach.
extension KernelAuditor {
  mutating func checkDMASpaces(_ kernel: borrowing TestKernel) {
    for id in census.dmaSpaces {
      let space = kernel.objects[id]
      var end: UInt64 = 0
      var pages: UInt64 = 0
      let mappings = members(of: space.mappings, "a DMA space's mappings", kernel)
      for mapping in mappings {
        let mapped = kernel.objects[mapping]
        expect(mapped.space == id, "a mapping of another DMA space")
        expect(mapped.address >= end, "mappings of a DMA space overlap, or out of order")
        expect(mapped.end <= space.limit, "a device reaches beyond its limit")
        (end, pages) = (mapped.end, pages + UInt64(mapped.pageCount))
        checkMemory(of: mapped, in: space, kernel)
      }
      expect(space.mappedPages == pages, "a DMA space's pages")
      expect(space.mappingCount == UInt32(mappings.count), "a DMA space's mappings")
    }
    var listed = 0
    for id in census.memories {
      for mapping in members(
        of: kernel.objects[id].dmaMappings, "devices' mappings of memory", kernel)
      {
        listed += 1
        expect(kernel.objects[mapping].memory == id, "a device's mapping of other memory")
      }
    }
    expect(listed == census.dmaMappings.count, "a device's mapping of no memory")
  }

  /// The frames are the memory's, and are paid for by the space's own budget.
  private mutating func checkMemory(
    of mapping: DMAMapping, in space: DMASpace, _ kernel: borrowing TestKernel
  ) {
    guard isLive(mapping.memory) else { return expect(false, "a device reaches freed memory") }
    let memory = kernel.objects[mapping.memory]
    expect(
      memory.kind == .owned && memory.header.budget == space.header.budget,
      "a device reaches memory that may end without it")
    let frames = Census.frames(of: memory, kernel).pages
    let first = frames.firstIndex(of: mapping.address >> 12)
    expect(
      first.map { $0 + Int(mapping.pageCount) <= frames.count } == true,
      "a device reaches what is not its memory")
    expect(
      memory.frames.isRun || mapping.pageCount == 1, "a device reaches what lies behind a page")
  }
}
