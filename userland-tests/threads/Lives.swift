import Libmnos
import TestHarness

/// How threads begin and end.
func checkLives(_ suite: inout TestSuite) {
  suite.fact("THR_001_aThreadStartsAtItsEntryWithItsStack") { (scope) throws(Unexpected) in
    // Below this thread, so that it does not run before it is looked at.
    let thread = try scope.make(.thread, scope.process.argument, scope.priority - 1)
    let (entry, stack): (UInt64, UInt64) = (0x40_0000, 0x7777_7770)
    try expect(KernelCalls.start(thread, entry: entry, stack: stack, argument: 9))
    try expect(KernelCalls.suspend(thread))
    let record = try scope.page().words

    try expect(KernelCalls.raw(.readRegisters, thread.argument, record.address, 16))

    try expect(record[0], equals: entry, "pc")
    try expect(record[8], equals: stack, "stack pointer")
    try expect(KernelCalls.destroy(thread))
  }

  suite.fact("THR_001_aThreadSeesItsArgument") { (scope) throws(Unexpected) in
    // All that a remote thread knows is its argument.
    let remote = try scope.remote()

    try expect(try expect(try remote.perform(.clock)).value > 0, "the clock stands at 0")
  }

  suite.fact("THR_002_aStartedOrEndedThreadCannotBeStarted") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    try remote.expectState(.waiting)
    let entry = remote.codeBase

    try expect(
      KernelCalls.start(remote.thread, entry: entry, stack: 0, argument: 0), .badState)
    try expect(KernelCalls.destroy(remote.thread))
    try expect(
      KernelCalls.start(remote.thread, entry: entry, stack: 0, argument: 0), .badState)
    try expect(KernelCalls.destroy(remote.thread), .badState)
  }

  suite.fact("THR_003_anExitWakesTheJoinerWithTheValue") { (scope) throws(Unexpected) in
    let ended = try scope.notification()
    let remote = try scope.remote()
    try expect(KernelCalls.bind(remote.thread, to: ended))

    remote.begin(.exit, 0x1234)

    try expect(KernelCalls.wait(ended, deadline: KernelCalls.patience()))
    let state = KernelCalls.query(remote.thread)
    try expect(state.word(0), equals: UInt64(ThreadState.ended.rawValue), "state")
    try expect(state.word(1), equals: 0x1234, "exit value")
    try expect(KernelCalls.wait(ended), .wouldBlock)
  }

  suite.fact("THR_003_anExitValueCannotClaimAKill") { (scope) throws(Unexpected) in
    let remote = try scope.remote()

    remote.begin(.exit, .max)

    try remote.expectState(.ended)
    let value = KernelCalls.query(remote.thread).word(1)
    try expect(value, equals: .max >> 2, "exit value")
  }

  suite.fact("THR_014_theLastThreadEndsItsProcess") { (scope) throws(Unexpected) in
    let ended = try scope.notification()
    let other = try scope.otherProcess()
    let remote = try scope.remote(in: other)
    try remote.expectState(.waiting)
    try expect(
      KernelCalls.query(other).word(0), equals: UInt64(ProcessState.running.rawValue), "state")
    try expect(KernelCalls.bind(other, to: ended))

    remote.begin(.exit, 77)

    try expect(KernelCalls.wait(ended, deadline: KernelCalls.patience()))
    let state = KernelCalls.query(other)
    try expect(state.word(0), equals: UInt64(ProcessState.ended.rawValue), "state")
    try expect(state.word(1), equals: 77, "exit value")
    try expect(state.word(2), equals: 0, "threads")
    try expect(state.word(5), equals: 0, "capabilities held")
  }
}
