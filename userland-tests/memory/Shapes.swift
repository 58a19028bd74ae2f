import Libmnos
import TestHarness

/// Where memory lies: in one run, aligned, below an address, or anywhere.
func checkShapes(_ suite: inout TestSuite) {
  suite.fact("MEM_503_contiguousMemoryIsAlignedAndTellsWhereItIs") { (scope) throws(Unexpected) in
    var alignment = Limits.pageByteCount
    while alignment <= 1 << 21 {
      let memory = try scope.memory(pages: 3, .contiguous, alignment: alignment)
      let told = try expect(KernelCalls.query(memory))
      try expect(told.word(2) != 0 && told.word(2) % alignment == 0, "not aligned")
      alignment *= 2
    }
    let loose = try expect(KernelCalls.query(try scope.memory(pages: 3)))
    try expect(loose.word(2), equals: 0, "address of what is not contiguous")
  }

  suite.fact("MEM_503_belowALimit") { (scope) throws(Unexpected) in
    // Its address is one below which there is RAM, and above which too.
    let probe = try scope.memory(pages: 256, .contiguous, alignment: 1 << 20)
    let limit = try expect(KernelCalls.query(probe)).word(2)
    try expect(KernelCalls.delete(probe))
    for pages in Values([1, 7, 40] as [3 of UInt64]) {
      let memory = try scope.memory(pages: pages, .contiguous, limit: limit)
      let told = try expect(KernelCalls.query(memory))
      try expect(told.word(2) + pages * Limits.pageByteCount <= limit, "above the limit")
    }
    let impossible = KernelCalls.create(
      .memory, from: scope.budget, 2 * Limits.pageByteCount, 0, Limits.pageByteCount)
    try expectBadArgument(impossible, 5)
  }

  suite.fact("MEM_503_memoryOfManyRunsIsClearAndEachPageIsItsOwn") { (scope) throws(Unexpected) in
    // A limit within the machine's memory, with enough below it: taken page by page, in a tree of
    // two levels, unless all memory of a lower range is below it too.
    let before = try expect(KernelCalls.query(scope.budget)).word(1)
    let probe = try scope.memory(pages: 800, .contiguous)
    let limit = try expect(KernelCalls.query(probe)).word(2) + 700 * Limits.pageByteCount
    try expect(KernelCalls.delete(probe))
    try expectGivenBack(to: scope.budget, leaving: before)
    let pages: UInt64 = 600
    let memory = try scope.memory(pages: pages, limit: limit)
    let paid = try expect(KernelCalls.query(scope.budget)).word(1) - before
    let frames = paid / Limits.pageByteCount
    // The object may need a slab of its own.
    try expect(frames - pages <= 1 || frames - pages == 3 || frames - pages == 4, "what is paid")
    let address = scope.addresses(pages: pages)
    try expect(KernelCalls.map(memory, at: address, pages: pages))
    for page in 0..<pages {
      // SAFETY: just mapped.
      let words = unsafe ControlPage(at: address + page * Limits.pageByteCount)
      try expect(words[8], equals: 0, "word of new memory")
      words[8] = page + 1
    }
    for page in 0..<pages {
      // SAFETY: as above.
      let words = unsafe ControlPage(at: address + page * Limits.pageByteCount)
      try expect(words[8], equals: page + 1, "word of a page")
    }
    try expect(KernelCalls.delete(memory))
    try expectGivenBack(to: scope.budget, leaving: before)
  }

  suite.fact("MEM_503_whatIsNotCachedIsWrittenAndRead") { (scope) throws(Unexpected) in
    for caching in Values([.writeCombining, .device] as [2 of Caching]) {
      let memory = try scope.memory(pages: 2, .cached(caching))
      let told = try expect(KernelCalls.query(memory))
      try expect(told.word(1), equals: UInt64(caching.rawValue), "caching")
      let address = scope.addresses(pages: 2)
      try expect(KernelCalls.map(memory, at: address, pages: 2))
      // SAFETY: just mapped.
      let words = unsafe ControlPage(at: address + Limits.pageByteCount)
      try expect(words[8], equals: 0, "word of new memory")
      words[8] = 0x1234
      try expect(words[8], equals: 0x1234, "word")
      // The kernel would read what its caches hold.
      let word = CallWord(.send, hasTransfers: true)
      let endpoint = try scope.endpoint()
      let sent = KernelCalls.perform(
        CallRegisters(word, endpoint.argument, Deadline.poll, address))
      try expect(sent, .badPointer)
      try expect(KernelCalls.unmap(address, pages: 2))
    }
  }
}
