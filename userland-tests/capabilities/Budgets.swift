import Libmnos
import TestHarness

/// Who pays, and what happens when nothing is left.
func checkBudgets(_ suite: inout TestSuite) {
  suite.fact("RES_003_aSpentBudgetRefusesAndOthersGoOn") { (scope) throws(Unexpected) in
    let small = try scope.make(.budget, 65_536, 3)
    for _ in 0..<3 {
      scope.keep(try expect(KernelCalls.create(.endpoint, from: small)).handle)
    }

    try expect(KernelCalls.create(.endpoint, from: small), .noSlot)

    _ = try scope.endpoint()
  }

  suite.fact("RES_003_spentMemoryIsNoMemory") { (scope) throws(Unexpected) in
    let small = try scope.make(.budget, 8192, 10)

    try expect(KernelCalls.create(.memory, from: small, 4 * 4096), .noMemory)

    try expect(KernelCalls.query(small).word(1), equals: 0, "bytes charged")
    try expect(KernelCalls.query(small).word(3), equals: 0, "objects charged")
  }

  suite.fact("RES_005_whatEndsCanBeMadeAgain") { (scope) throws(Unexpected) in
    let small = try scope.make(.budget, 65_536, 1)
    for _ in 0..<1000 {
      let made = try expect(KernelCalls.create(.endpoint, from: small)).handle
      let refused = KernelCalls.create(.endpoint, from: small)
      _ = KernelCalls.delete(made)
      try expect(refused, .noSlot)
    }
  }

  suite.fact("RES_011_impossibleSizesAreBadArguments") { (scope) throws(Unexpected) in
    for byteCount in Values([0, 1, 4095, 4097, .max, 1 << 63, .max - 4095] as [7 of UInt64]) {
      try expectBadArgument(
        KernelCalls.create(.memory, from: scope.budget, byteCount), 3)
    }
    try expectBadArgument(KernelCalls.create(.budget, from: scope.budget, .max, 1), 3)
    try expectBadArgument(KernelCalls.create(.budget, from: scope.budget, 1, .max), 4)
  }

  suite.fact("aChildBudgetTakesFromItsParentAndGivesBack") { (scope) throws(Unexpected) in
    let before = KernelCalls.query(scope.budget)
    let child = try expect(KernelCalls.create(.budget, from: scope.budget, 40_960, 10)).handle

    let during = KernelCalls.query(scope.budget)
    _ = KernelCalls.delete(child)

    try expect(during.word(3), equals: before.word(3) + 11, "objects charged")
    try expect(during.word(1) >= before.word(1) + 40_960, "memory was not taken")
    let after = KernelCalls.query(scope.budget)
    try expect(after.word(1), equals: before.word(1), "bytes charged")
    try expect(after.word(3), equals: before.word(3), "objects charged")
  }

  suite.fact("aChildCannotTakeMoreThanItsParentHas") { (scope) throws(Unexpected) in
    let small = try scope.make(.budget, 65_536, 4)

    try expect(KernelCalls.create(.budget, from: small, 1 << 40, 1), .noMemory)
    try expect(KernelCalls.create(.budget, from: small, 4096, 4), .noSlot)
  }

  suite.fact("destroyOfABudgetEndsAllThatIsChargedToIt") { (scope) throws(Unexpected) in
    let before = KernelCalls.query(scope.budget)
    let payer = try expect(
      KernelCalls.create(.budget, from: scope.budget, 512 * 1024, 100)
    ).handle
    let inner = try expect(KernelCalls.create(.budget, from: payer, 65_536, 10)).handle
    let endpoint = try expect(KernelCalls.create(.endpoint, from: inner)).handle
    let kept = try expect(KernelCalls.copy(endpoint)).handle
    let memory = try expect(KernelCalls.create(.memory, from: payer, 8192)).handle
    try expect(KernelCalls.map(memory, at: scope.addresses(pages: 2), pages: 2))
    let process = try expect(KernelCalls.create(.process, from: payer)).handle
    // A capability to itself would keep it.
    try expect(KernelCalls.copy(process, to: process))
    let thread = try expect(
      KernelCalls.create(.thread, from: payer, process.argument, scope.priority)
    ).handle
    try expect(KernelCalls.start(thread, entry: 0x40_0000, stack: 0, argument: 0))

    try expect(KernelCalls.destroy(payer))

    for gone in Values([payer, inner, endpoint, kept, memory, process, thread] as [7 of Handle]) {
      try expect(KernelCalls.inspect(gone), .badCapability)
    }
    let after = KernelCalls.query(scope.budget)
    try expect(after.word(1), equals: before.word(1), "bytes charged")
    try expect(after.word(3), equals: before.word(3), "objects charged")
  }

  suite.fact("RES_501_whatWasHandedOnEndsWithTheBudget") { (scope) throws(Unexpected) in
    let before = KernelCalls.query(scope.budget)
    let payer = try expect(
      KernelCalls.create(.budget, from: scope.budget, 256 * 1024, 64)
    ).handle
    let inner = try expect(KernelCalls.create(.budget, from: payer, 65_536, 10)).handle
    let keeper = try scope.make(.process)
    // Copied, moved, in a message that waits, bound, mapped elsewhere.
    let endpoint = try expect(KernelCalls.create(.endpoint, from: inner)).handle
    try expect(KernelCalls.copy(endpoint, to: keeper))
    let notification = try expect(KernelCalls.create(.notification, from: payer)).handle
    try expect(KernelCalls.bind(keeper, to: notification))
    let passed = try expect(KernelCalls.create(.notification, from: payer)).handle
    let sender = try scope.remote()
    let outer = try scope.endpoint()
    sender.begin(
      CallWord(.send, hasTransfers: true), to: outer,
      record: TransferRecord(attaching: passed, isMove: true))
    try sender.expectState(.sending)
    let memory = try expect(KernelCalls.create(.memory, from: payer, 8192)).handle
    let shared = try expect(KernelCalls.copy(memory, to: keeper)).handle
    _ = shared
    try expect(KernelCalls.map(memory, at: 0x50_0000, pages: 2, in: keeper))
    let waiter = try scope.remote()
    waiter.begin(.receive, endpoint.argument, Deadline.never)
    try waiter.expectState(.receiving)
    try expect(KernelCalls.move(inner, to: keeper))

    try expect(KernelCalls.destroy(payer))

    try expect(try waiter.finish(), .peerGone)
    try expect(try sender.finish(), .cancelled)
    try expect(KernelCalls.query(keeper).word(5), equals: 0, "capabilities of the keeper")
    for handle in Values([endpoint, notification, passed, memory, payer] as [5 of Handle]) {
      try expect(KernelCalls.inspect(handle), .badCapability)
    }
    let after = KernelCalls.query(scope.budget)
    try expect(after.word(4), equals: before.word(4) + 1, "processes and budgets: the keeper")
  }

  suite.fact("destroyOfABudgetNeedsManage") { (scope) throws(Unexpected) in
    let small = try scope.make(.budget, 65_536, 3)
    let weak = try scope.copy(small, rights: Rights.all.subtracting(.manage))

    try expect(KernelCalls.destroy(weak), .noRight)

    scope.keep(try expect(KernelCalls.create(.endpoint, from: small)).handle)
  }
}
