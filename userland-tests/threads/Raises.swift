import Libmnos
import TestHarness

/// Ready threads that are raised. Nobody raises another above his own priority, so it is above the
/// running one only where that has spent its share of the CPU's time, and runs below its priority.
func checkRaises(_ suite: inout TestSuite) {
  suite.fact("SCH_002_whoIsRaisedAboveTheRunningThreadRunsBeforeTheCallReturns") {
    (scope) throws(Unexpected) in
    let share = KernelCalls.create(.budget, from: scope.budget, 64 * 4096, 64, 100, 20_000)
    let payer = scope.keep(try expect(share).handle)
    let caller = try scope.remote(priority: scope.priority - 1, from: payer)
    let raised = try scope.remote(priority: 0)
    try caller.expectIdle()
    try raised.expectIdle()
    let sleep = try scope.notification()
    for level in Values([1, 2, 40, scope.priority - 1] as [4 of UInt64]) {
      var isSeen = false
      // A period that ends in between gives the caller its own priority back.
      for _ in 0..<8 where !isSeen {
        isSeen = try isRunFirst(raised, raisedTo: level, by: caller, sleep)
      }
      try expect(isSeen, "in each of 8 tries the call returned before the raised thread ran")
    }
  }

  suite.fact("SCH_002_aThreadRaisedAboveAnotherRunsBeforeThat") { (scope) throws(Unexpected) in
    for isAway in Values([false, true]) {
      let other = try scope.otherProcess()
      let caller = try scope.remote(priority: scope.priority - 1)
      let middle = try scope.remote(priority: scope.priority - 3)
      let raised = isAway ? try scope.remote(in: other) : try scope.remote()
      try expect(KernelCalls.setPriority(raised.thread, scope.priority - 4))
      for remote in Values([caller, middle, raised] as [3 of RemoteThread]) {
        try remote.expectIdle()
      }
      for level in (scope.priority - 2)...(scope.priority - 1) {
        middle.begin(.clock)
        raised.begin(.clock)
        caller.begin(.setPriority, raised.thread.argument, level)

        try expect(try caller.finish())
        let first = try expect(try raised.finish()).value
        try expect(first < (try expect(try middle.finish())).value, "the lower one ran first")
        try expect(KernelCalls.setPriority(raised.thread, scope.priority - 4))
      }
    }
  }

  suite.fact("SCH_002_whoIsNotReadyDoesNotRunForBeingRaised") { (scope) throws(Unexpected) in
    let suspended = try scope.remote(priority: scope.priority - 3)
    let blocked = try scope.remote(priority: scope.priority - 3)
    try suspended.expectIdle()
    try blocked.expectIdle()
    try expect(KernelCalls.suspend(suspended.thread))
    suspended.begin(.clock)
    for remote in Values([suspended, blocked] as [2 of RemoteThread]) {
      try expect(KernelCalls.setPriority(remote.thread, scope.priority))
    }
    for _ in 0..<5 { KernelCalls.yield() }

    try expect(!suspended.isFinished, "a suspended thread ran")
    try expect(!blocked.isFinished, "a waiting thread ran")
    try expect(KernelCalls.resume(suspended.thread))
    try expect(try suspended.finish())
    try expect(try blocked.perform(.clock))
  }
}

/// Has a thread that spent its share raise another, of priority 0.
///
/// - Returns: Whether that one ran after it was raised and before the call returned; not so if it
///   had its turn before, or the caller its share again.
private func isRunFirst(
  _ raised: RemoteThread, raisedTo level: UInt64, by caller: RemoteThread, _ sleep: Handle
) throws(Unexpected) -> Bool {
  try expect(KernelCalls.setPriority(raised.thread, 0))
  caller.setStop(false)
  caller.begin(.spin)
  try expect(KernelCalls.wait(sleep, deadline: KernelCalls.clock() + 5_000_000), .timedOut)
  // It asks for its own priority, which says when it ran.
  raised.begin(.query, raised.thread.argument)
  caller.setStop(true)
  caller.begin(.setPriority, raised.thread.argument, level)
  _ = try caller.finish()
  try expect(try caller.finish())
  let isDone = raised.isFinished
  if !isDone { _ = try raised.finish() }
  return isDone && raised.lastCall.word(2) == level
}
