import Libmnos
import TestHarness

/// Where memory can be mapped, and how a mapping ends.
func checkMappings(_ suite: inout TestSuite) {
  suite.fact("MEM_006_misalignedAndEmptyMappingsAreBadArguments") {
    (scope) throws(Unexpected) in
    let memory = try scope.memory(pages: 2)
    let address = scope.addresses(pages: 4)

    try expectBadArgument(KernelCalls.map(memory, at: address + 8), 2)
    try expectBadArgument(KernelCalls.map(memory, at: address, offset: 8), 3)
    try expectBadArgument(KernelCalls.map(memory, at: address, offset: 8192), 3)
    try expectBadArgument(KernelCalls.map(memory, at: address, pages: 0), 4)
    try expectBadArgument(KernelCalls.map(memory, at: address, pages: 3), 4)
    try expectBadArgument(KernelCalls.map(memory, at: address, pages: 2, offset: 4096), 4)
    try expectBadArgument(
      KernelCalls.raw(.map, memory.argument, 0, address, [0, 100, 3, 0, 0, 0, 0, 0]), 4)
    try expectBadArgument(KernelCalls.map(memory, at: address, rights: .none), 5)
  }

  suite.fact("MEM_006_addressesThatNobodyMayMapAreBadArguments") { (scope) throws(Unexpected) in
    let memory = try scope.memory()

    try expectBadArgument(KernelCalls.map(memory, at: 0), 2)
    try expectBadArgument(KernelCalls.map(memory, at: Limits.nullGuardByteCount - 4096), 2)
    try expectBadArgument(KernelCalls.map(memory, at: RemoteCode.addressInNoHalf), 2)
    try expectBadArgument(KernelCalls.map(memory, at: 0xffff_ffff_8000_0000), 2)
    try expectBadArgument(KernelCalls.map(memory, at: 0 &- 4096), 2)
  }

  suite.fact("MEM_007_aMappingOverAnotherIsRefused") { (scope) throws(Unexpected) in
    let memory = try scope.memory(pages: 3)
    let address = scope.addresses(pages: 5)
    try expect(KernelCalls.map(memory, at: address + 4096, pages: 3))
    // SAFETY: just mapped.
    let words = unsafe ControlPage(at: address + 4096)
    words[16] = 0x1234
    let other = try scope.memory(pages: 5)

    try expect(KernelCalls.map(other, at: address, pages: 2), .badState)
    try expect(KernelCalls.map(other, at: address, pages: 5), .badState)
    try expect(KernelCalls.map(other, at: address + 8192, pages: 1), .badState)
    try expect(KernelCalls.map(other, at: address + 3 * 4096, pages: 2), .badState)

    try expect(words[16], equals: 0x1234, "word in the old mapping")
  }

  suite.fact("MEM_009_anUnmappedPageFaultsAndASecondUnmapIsRefused") {
    (scope) throws(Unexpected) in
    let (_, page) = try scope.page()
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)

    try expect(KernelCalls.unmap(page.address))

    remote.begin(.load, address: page.address)
    try faults.expect(.read, at: page.address)
    try expect(KernelCalls.unmap(page.address), .badState)
  }

  suite.fact("MEM_009_unmapNeedsTheWholeMapping") { (scope) throws(Unexpected) in
    let memory = try scope.memory(pages: 2)
    let address = scope.addresses(pages: 2)
    try expect(KernelCalls.map(memory, at: address, pages: 2))

    try expect(KernelCalls.unmap(address), .badState)
    try expect(KernelCalls.unmap(address + 4096), .badState)

    try expect(KernelCalls.unmap(address, pages: 2))
  }

  suite.fact("MEM_011_deletingACapabilityEndsItsMappings") { (scope) throws(Unexpected) in
    let memory = try scope.memory()
    let copy = try scope.copy(memory)
    let kept = try scope.map(memory)
    let lost = try scope.map(copy)
    kept[0] = 5
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)

    try expect(KernelCalls.delete(copy))

    try expect(kept[0], equals: 5, "word in the other mapping")
    remote.begin(.load, address: lost.address)
    try faults.expect(.read, at: lost.address)
  }

  suite.fact("MEM_015_noStaleTranslationIsUsed") { (scope) throws(Unexpected) in
    let (first, second) = (try scope.memory(), try scope.memory())
    let address = scope.addresses()
    for round in UInt64(0)..<50 {
      try expect(KernelCalls.map(first, at: address))
      // SAFETY: just mapped.
      let words = unsafe ControlPage(at: address)
      words[0] = round
      try expect(KernelCalls.unmap(address))
      try expect(KernelCalls.map(second, at: address))
      try expect(words[0], equals: round == 0 ? 0 : round + 999, "word of the second")
      words[0] = round + 1000
      try expect(KernelCalls.unmap(address))
    }
  }

  suite.fact("aLargeMappingIsWholeAndEndsWhole") { (scope) throws(Unexpected) in
    let pages: UInt64 = 300
    let memory = try scope.memory(pages: pages)
    let address = scope.addresses(pages: pages)
    try expect(KernelCalls.map(memory, at: address, pages: pages))
    for page in 0..<pages {
      // SAFETY: just mapped.
      let words = unsafe ControlPage(at: address + page * 4096)
      try expect(words[8], equals: 0, "new memory")
      words[8] = page
    }
    for page in 0..<pages {
      // SAFETY: as above.
      let words = unsafe ControlPage(at: address + page * 4096)
      try expect(words[8], equals: page, "word of a page")
    }

    try expect(KernelCalls.unmap(address, pages: pages))
    try expect(KernelCalls.map(memory, at: address, pages: pages))
  }
}
