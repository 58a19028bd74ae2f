import Libmnos
import TestHarness

/// Suspend and resume: transparent to the thread.
func checkSuspension(_ suite: inout TestSuite) {
  suite.fact("THR_006_aSuspendedThreadStopsCountingUntilResumed") {
    (scope) throws(Unexpected) in
    let remote = try scope.remote()
    remote.begin(.spin)
    try expectProgress(of: remote, past: 0)

    try expect(KernelCalls.suspend(remote.thread))

    let count = remote.counter
    for _ in 0..<20 { KernelCalls.yield() }
    try expect(remote.counter, equals: count, "its counter")
    try expect(KernelCalls.query(remote.thread).word(4), equals: 1, "is suspended")
    try expect(KernelCalls.resume(remote.thread))
    try expectProgress(of: remote, past: count)
    remote.setStop(true)
    _ = try remote.finish()
  }

  suite.fact("THR_008_aThreadThatSuspendsItselfGoesOnAfterResume") {
    (scope) throws(Unexpected) in
    let remote = try scope.remote()
    remote.begin(.suspend, remote.thread.argument)
    let deadline = KernelCalls.patience()
    while KernelCalls.query(remote.thread).word(4) == 0, KernelCalls.clock() < deadline {
      KernelCalls.yield()
    }
    try expect(!remote.isFinished, "it ran on")

    try expect(KernelCalls.resume(remote.thread))

    try expect(try remote.finish())
  }

  suite.fact("THR_009_resumeOfARunningThreadIsBadState") { (scope) throws(Unexpected) in
    try expect(KernelCalls.resume(scope.thread), .badState)
    let remote = try scope.remote()
    try expect(KernelCalls.resume(remote.thread), .badState)

    try expect(KernelCalls.suspend(remote.thread))
    try expect(KernelCalls.suspend(remote.thread), .badState)
  }

  suite.fact("THR_011_aThreadSuspendedInAWaitGetsItsEvent") { (scope) throws(Unexpected) in
    let notification = try scope.notification()
    let remote = try scope.remote()
    remote.begin(.wait, notification.argument, Deadline.never)
    try remote.expectState(.waiting)
    try expect(KernelCalls.suspend(remote.thread))

    try expect(KernelCalls.signal(try scope.copy(notification, badge: 40)))

    for _ in 0..<10 { KernelCalls.yield() }
    try expect(!remote.isFinished, "a suspended thread ran")
    try expect(KernelCalls.resume(remote.thread))
    try expect(try expect(try remote.finish()).value, equals: 40, "word")
  }

  suite.fact("THR_011_aThreadSuspendedInAWaitStillTimesOut") { (scope) throws(Unexpected) in
    let notification = try scope.notification()
    let remote = try scope.remote()
    let deadline = KernelCalls.clock() + 10_000_000
    remote.begin(.wait, notification.argument, deadline)
    try remote.expectState(.waiting)
    try expect(KernelCalls.suspend(remote.thread))

    while KernelCalls.clock() < deadline + 1_000_000 { KernelCalls.yield() }

    try expect(KernelCalls.resume(remote.thread))
    try expect(try remote.finish(), .timedOut)
  }
}

/// Waits until a spinning thread has counted on.
private func expectProgress(
  of remote: RemoteThread, past count: UInt64, line: UInt = #line
) throws(Unexpected) {
  let deadline = KernelCalls.patience()
  while remote.counter <= count, KernelCalls.clock() < deadline { KernelCalls.yield() }
  try expect(remote.counter > count, "the thread does not run", line: line)
}
