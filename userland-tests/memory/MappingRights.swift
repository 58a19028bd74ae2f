import Libmnos
import TestHarness

/// Rights of capabilities bound the rights of pages.
func checkMappingRights(_ suite: inout TestSuite) {
  suite.fact("MEM_002_withoutWriteAMappingIsReadOnly") { (scope) throws(Unexpected) in
    let memory = try scope.memory()
    let weak = try scope.copy(memory, rights: .read)

    try expect(KernelCalls.map(weak, at: scope.addresses(), rights: readWrite), .noRight)

    let page = try scope.map(weak, rights: .read)
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    remote.begin(.store, address: page.address, value: 9)
    try faults.expect(.write, at: page.address)
    try expect(page[0], equals: 0, "word")
  }

  suite.fact("MEM_003_protectGivesNoMoreThanTheCapability") { (scope) throws(Unexpected) in
    let memory = try scope.memory()
    let weak = try scope.copy(memory, rights: .read)
    let page = try scope.map(weak, rights: .read)

    try expect(KernelCalls.protect(page.address, rights: readWrite), .noRight)
    try expect(KernelCalls.protect(page.address, rights: readExecute), .noRight)

    try expect(KernelCalls.delete(weak))
    try expect(KernelCalls.protect(page.address, rights: .read), .badState)
  }

  suite.fact("MEM_003_protectTakesWriteAwayAtOnce") { (scope) throws(Unexpected) in
    let (_, page) = try scope.page()
    page[0] = 3
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    remote.begin(.store, address: page.address, value: 4)
    _ = try remote.finish()

    try expect(KernelCalls.protect(page.address, rights: .read))

    remote.begin(.store, address: page.address, value: 5)
    try faults.expect(.write, at: page.address)
    try expect(page[0], equals: 4, "word")
  }

  suite.fact("MEM_004_writableAndExecutableIsRefused") { (scope) throws(Unexpected) in
    let memory = try scope.memory()
    let both = Rights.write.union(.execute)

    try expectBadArgument(KernelCalls.map(memory, at: scope.addresses(), rights: both), 5)
    try expectBadArgument(
      KernelCalls.map(memory, at: scope.addresses(), rights: both.union(.read)), 5)
    let page = try scope.map(memory)
    try expectBadArgument(KernelCalls.protect(page.address, rights: both), 3)

    page[0] = 1
  }

  suite.fact("MEM_004_withoutReadNothingIsMapped") { (scope) throws(Unexpected) in
    let memory = try scope.memory()
    for rights in Values([.write, .execute] as [2 of Rights]) {
      try expectBadArgument(KernelCalls.map(memory, at: scope.addresses(), rights: rights), 5)
    }
    let page = try scope.map(memory)
    try expectBadArgument(KernelCalls.protect(page.address, rights: .write), 3)

    page[0] = 1
  }

  suite.fact("MEM_003_protectGivesNoMoreThanMapAskedFor") { (scope) throws(Unexpected) in
    let memory = try scope.memory()
    let page = try scope.map(memory, rights: .read)

    try expect(KernelCalls.protect(page.address, rights: readWrite), .noRight)

    // Bits 8 to 15: what a later `protect` may give.
    let later = Rights(bits: Rights.read.bits | Rights.write.bits << 8)
    let other = try scope.map(memory, rights: later)
    try expect(KernelCalls.protect(other.address, rights: readWrite))
    other[0] = 5
    try expect(page[0], equals: 5, "word")
    let weak = try scope.copy(memory, rights: .read)
    try expect(KernelCalls.map(weak, at: scope.addresses(), rights: later), .noRight)
  }

  suite.fact("MEM_005_withoutExecuteNothingIsExecutable") { (scope) throws(Unexpected) in
    let memory = try scope.memory()
    let weak = try scope.copy(memory, rights: readWrite)

    try expect(KernelCalls.map(weak, at: scope.addresses(), rights: readExecute), .noRight)

    let page = try scope.map(weak)
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    remote.begin(.jump, address: page.address)
    try faults.expect(.execute, at: page.address)
  }

  suite.fact("aPartHasNoMoreThanItsRange") { (scope) throws(Unexpected) in
    let memory = try scope.memory(pages: 4)
    let outcome = KernelCalls.raw(
      .derive, memory.argument, 4096, UInt64(SlotChoice.any),
      [8192, UInt64(readWrite.bits), 0, 0, 0, 0, 0, 0])
    let part = scope.keep(try expect(outcome).handle)

    try expect(KernelCalls.query(part).word(0), equals: 8192, "bytes")
    try expectBadArgument(KernelCalls.map(part, at: scope.addresses(pages: 3), pages: 3), 4)
    let whole = try scope.map(memory)
    let address = scope.addresses(pages: 2)
    try expect(KernelCalls.map(part, at: address, pages: 2))
    // SAFETY: just mapped.
    unsafe ControlPage(at: address)[0] = 77
    try expect(whole[0], equals: 0, "a word outside the part")
    try expect(KernelCalls.unmap(whole.address))
    try expect(KernelCalls.map(memory, at: whole.address, offset: 4096))
    try expect(whole[0], equals: 77, "the part's first word")
  }

  suite.fact("deriveRefusesRangesThatAreNotInside") { (scope) throws(Unexpected) in
    let memory = try scope.memory(pages: 2)
    for (offset, length, index) in Values(
      [(8, 4096, 1), (8192, 4096, 1), (0, 0, 3), (0, 100, 3), (4096, 8192, 3), (0, .max, 3)]
        as [6 of (UInt64, UInt64, UInt64)])
    {
      let outcome = KernelCalls.raw(
        .derive, memory.argument, offset, UInt64(SlotChoice.any),
        [length, 1, 0, 0, 0, 0, 0, 0])
      try expectBadArgument(outcome, index)
    }
  }
}
