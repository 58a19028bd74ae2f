import Libmnos
import TestHarness

/// What devices may reach: as far as memory and capabilities tell, without a device.
func checkDMASpaces(_ suite: inout TestSuite, _ line: borrowing ClaimedLine) {
  let machine = line.machine

  suite.fact("DMA_001_theAnswerIsTheAddressThatTheDeviceUses") { (scope) throws(Unexpected) in
    let space = try scope.make(.dmaSpace, machine.argument)
    let memory = try scope.memory(pages: 4, .contiguous)
    let base = try expect(KernelCalls.query(memory)).word(2)
    let mapped = try expect(mapForDevice(memory, in: space, offset: 1, pages: 2))
    try expect(mapped.value, equals: base + 4096, "device address")
    try expect(mapForDevice(memory, in: space, offset: 2), .badState)
    try expect(KernelCalls.query(space).word(1), equals: 2 * 4096, "bytes mapped")
    try expect(KernelCalls.unmap(base + 4096, pages: 1, in: space), .badState)
    try expect(KernelCalls.unmap(base + 4096, pages: 2, in: space))
    try expect(KernelCalls.unmap(base + 4096, pages: 2, in: space), .badState)
  }

  suite.fact("DMA_002_framesStayUntilTheDeviceIsStopped") { (scope) throws(Unexpected) in
    let budget = try scope.make(.budget, 64 * 4096, 32)
    let made = KernelCalls.create(.dmaSpace, from: budget, machine.argument)
    let space = scope.keep(try expect(made).handle)
    let driver = try scope.otherProcess()
    let contiguous = MemoryOptions.contiguous.bits
    let outcome = KernelCalls.create(.memory, from: budget, 8 * 4096, contiguous)
    let memory = scope.keep(try expect(outcome).handle)
    let address = try expect(mapForDevice(memory, in: space, pages: 8)).value
    let used = KernelCalls.query(budget).word(1)
    try expect(KernelCalls.move(memory, to: driver))

    try expect(KernelCalls.destroy(driver))

    // Nobody names it, and its frames are still paid for.
    try expect(KernelCalls.query(budget).word(1), equals: used, "bytes used")
    // What lies below its end, all that there is of it, is not this memory.
    for _ in 0..<16 {
      let below = KernelCalls.create(
        .memory, from: scope.budget, 8 * 4096, contiguous, address + 8 * 4096)
      guard below.isStatus(.ok) else { break }
      let base = KernelCalls.query(scope.keep(below.handle)).word(2)
      try expect(base + 8 * 4096 <= address, "frames that a device may write to")
    }
    try expect(KernelCalls.destroy(space))
    try expect(KernelCalls.query(budget).word(1) + 8 * 4096 <= used, "frames were kept")
    try expect(KernelCalls.destroy(space), .badState)
    try expect(KernelCalls.destroy(budget))
  }

  suite.fact("DMA_003_onlyMemoryOfTheSpacesBudgetIsMapped") { (scope) throws(Unexpected) in
    let space = try scope.make(.dmaSpace, machine.argument)
    let budget = try scope.make(.budget, 16 * 4096, 8)
    let outcome = KernelCalls.create(
      .memory, from: budget, 4096, MemoryOptions.contiguous.bits)
    let foreign = scope.keep(try expect(outcome).handle)
    try expect(mapForDevice(foreign, in: space), .badState)
    let own = try scope.memory(pages: 1, .contiguous)
    let silent = try scope.copy(own, rights: Rights.read.union(.write))
    try expect(mapForDevice(silent, in: space), .noRight)
    let reader = try scope.copy(space, rights: .read)
    try expect(mapForDevice(own, in: reader), .noRight)
    try expect(mapForDevice(own, in: space))
    // Its last capability's end would leave it with what it maps.
    try expect(KernelCalls.destroy(space))
    try expect(KernelCalls.destroy(budget))
  }

  suite.fact("DMA_004_onlyTheMachinesManagerMakesSpaces") { (scope) throws(Unexpected) in
    let reader = try scope.copy(machine, rights: .read)
    try expect(KernelCalls.create(.dmaSpace, from: scope.budget, reader.argument), .noRight)
    try expect(KernelCalls.create(.dmaSpace, from: scope.budget), .badCapability)
    try expect(
      KernelCalls.create(.dmaSpace, from: scope.budget, scope.budget.argument), .wrongType)
    try expectBadArgument(
      KernelCalls.create(.dmaSpace, from: scope.budget, machine.argument, 4097), 4)
  }

  suite.fact("DMA_005_aDeviceReachesNoFurtherThanItsLimit") { (scope) throws(Unexpected) in
    let memory = try scope.memory(pages: 2, .contiguous)
    let base = try expect(KernelCalls.query(memory)).word(2)
    let outcome = KernelCalls.create(
      .dmaSpace, from: scope.budget, machine.argument, base + 4096)
    let space = scope.keep(try expect(outcome).handle)
    try expect(mapForDevice(memory, in: space, pages: 2), .unavailable)
    try expect(mapForDevice(memory, in: space, offset: 1), .unavailable)
    try expect(mapForDevice(memory, in: space))
    try expect(KernelCalls.destroy(space))
  }
}

/// `map` with a DMA space, for reading and writing.
private func mapForDevice(
  _ memory: Handle, in space: Handle, offset: UInt64 = 0, pages: UInt64 = 1
) -> Outcome {
  KernelCalls.map(
    memory, at: 0, pages: pages, offset: offset * Limits.pageByteCount, in: space)
}
