import Libmnos
import TestHarness

/// Who makes processes and threads without end.
func checkBombs(_ suite: inout TestSuite) {
  suite.fact("RES_008_processesAndThreadsWithoutEndUseTheirOwnBudgetOnly") {
    (scope) throws(Unexpected) in
    let client = try scope.remote(in: try scope.otherProcess())
    for (bytes, objects) in Values(
      [(1 << 20, 200), (256 << 10, 500), (64 << 10, 30)] as [3 of (UInt64, UInt64)])
    {
      let start = KernelCalls.query(scope.budget).word(1)
      let payer = try expect(
        KernelCalls.create(.budget, from: scope.budget, bytes, objects)
      ).handle
      let before = KernelCalls.query(scope.budget)

      let made = try fill(payer, priority: scope.priority) { () throws(Unexpected) in
        try expect(try client.perform(.clock))
      }

      try expect(made > 0, "nothing could be made")
      let after = KernelCalls.query(scope.budget)
      try expect(after.word(1), equals: before.word(1), "bytes charged to the parent")
      try expect(after.word(3), equals: before.word(3), "objects charged to the parent")
      let spent = KernelCalls.query(payer)
      try expect(spent.word(1) <= bytes && spent.word(3) <= objects, "more than there was")
      let others = try expect(KernelCalls.create(.endpoint, from: scope.budget)).handle
      try expect(KernelCalls.delete(others))
      try expect(KernelCalls.destroy(payer))
      try expectGivenBack(to: scope.budget, leaving: start)
    }
  }
}

/// Makes processes with threads that run, until neither can be made any more.
///
/// - Returns: How many were made.
private func fill(
  _ payer: Handle, priority: UInt64, _ check: () throws(Unexpected) -> Void
) throws(Unexpected) -> Int {
  var count = 0
  var process = Handle.none
  var refusals = 0
  while refusals < 20 {
    let made = KernelCalls.create(.process, from: payer)
    if made.isStatus(.ok) { process = made.handle } else { refusals += 1 }
    if process == .none { break }
    for _ in 0..<3 {
      let thread = KernelCalls.create(.thread, from: payer, process.argument, priority)
      guard thread.isStatus(.ok) else {
        // A process whose threads have faulted takes no more.
        let isSpent = thread.isStatus(.noSlot) || thread.isStatus(.noMemory)
        try expect(isSpent || thread.isStatus(.badState), "why no thread was made")
        continue
      }
      count += 1
      // Nothing is mapped there: it faults once it runs.
      let entry: UInt64 = 0x40_0000
      let started = KernelCalls.start(thread.handle, entry: entry, stack: 0, argument: 0)
      // The others may have run since the thread was made.
      try expect(
        started.isStatus(.ok) || started.isStatus(.badState), "why no thread was started")
    }
    try check()
  }
  return count
}
