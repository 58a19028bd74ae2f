import Libmnos
import TestHarness

/// What a handler can do.
func checkAnswers(_ suite: inout TestSuite) {
  suite.fact("FLT_005_aPageMappedByTheHandlerIsReadAfterResume") { (scope) throws(Unexpected) in
    let (memory, page) = try scope.page()
    page[24] = 0xfeed
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    let address = scope.addresses()
    remote.begin(.load, address: address + 24)
    let report = try faults.take()

    try expect(KernelCalls.map(memory, at: address))
    try expect(faults.answer(report, .resume))

    _ = try remote.finish()
    try expect(remote.value, equals: 0xfeed, "value read")
  }

  suite.fact("FLT_005_aWriteIsMadeAfterResume") { (scope) throws(Unexpected) in
    let (memory, page) = try scope.page()
    let readOnly = try scope.map(memory, rights: .read)
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    remote.begin(.store, address: readOnly.address, value: 0xabc)
    let report = try faults.take()

    // Mapped anew: rights that `map` did not give cannot be had by `protect`.
    try expect(KernelCalls.unmap(readOnly.address))
    try expect(KernelCalls.map(memory, at: readOnly.address))
    try expect(faults.answer(report, .resume))

    _ = try remote.finish()
    try expect(page[0], equals: 0xabc, "word")
  }

  suite.fact("FLT_006_killEndsTheThreadAndWakesItsJoiner") { (scope) throws(Unexpected) in
    let ended = try scope.notification()
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    try expect(KernelCalls.bind(remote.thread, to: ended))
    remote.begin(.illegalInstruction)
    let report = try faults.take()

    try expect(faults.answer(report, .kill))

    try expect(KernelCalls.wait(ended, deadline: KernelCalls.patience()))
    let state = KernelCalls.query(remote.thread)
    try expect(state.word(0), equals: UInt64(ThreadState.ended.rawValue), "state")
    try expect(
      state.word(1), equals: ExitValue.faulted | UInt64(FaultKind.illegalInstruction.rawValue),
      "exit value")
  }

  suite.fact("aHandlerCanMoveTheThreadOn") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    for _ in 0..<3 {
      remote.begin(.illegalInstruction)
      let report = try faults.take()
      try faults.skip(report, &scope)
      _ = try remote.finish()
    }
    try expect(try remote.perform(.clock))
  }

  suite.fact("aReportWithoutHandlersAnswerKeepsTheThreadStill") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    remote.begin(.illegalInstruction)
    let report = try faults.take()

    for _ in 0..<10 { KernelCalls.yield() }
    try remote.expectState(.awaitingReply)

    try expect(faults.answer(report, .kill))
    try remote.expectState(.ended)
  }
}
