import Libmnos
import TestHarness

/// Faults that nobody handles stop the process.
func checkUnhandled(_ suite: inout TestSuite) {
  suite.fact("FLT_008_theProcessStopsAndItsSupervisorHearsOnce") { (scope) throws(Unexpected) in
    let heard = try scope.notification()
    let other = try scope.otherProcess()
    let (faulty, bystander) = (try scope.remote(in: other), try scope.remote(in: other))
    try expect(KernelCalls.bind(other, to: heard))
    bystander.begin(.spin)
    faulty.begin(.load, address: 0x7000_0000)

    try expect(KernelCalls.wait(heard, deadline: KernelCalls.patience()))

    let state = KernelCalls.query(other)
    try expect(state.word(0), equals: UInt64(ProcessState.stopped.rawValue), "state")
    try expect(
      state.word(1), equals: ExitValue.faulted | UInt64(FaultKind.read.rawValue), "exit value")
    try expect(state.word(6), equals: 0x7000_0000, "fault address")
    try expect(state.word(7), equals: faulty.codeBase + RemoteCode.loadInstruction, "pc")
    try expect(KernelCalls.wait(heard), .wouldBlock)
    let count = bystander.counter
    for _ in 0..<10 { KernelCalls.yield() }
    try expect(bystander.counter, equals: count, "counter of a stopped process's thread")
  }

  suite.fact("FLT_008_otherProcessesRunOn") { (scope) throws(Unexpected) in
    let heard = try scope.notification()
    let (other, healthy) = (try scope.otherProcess(), try scope.otherProcess())
    let (faulty, worker) = (try scope.remote(in: other), try scope.remote(in: healthy))
    try expect(KernelCalls.bind(other, to: heard))
    faulty.begin(.illegalInstruction)
    try expect(KernelCalls.wait(heard, deadline: KernelCalls.patience()))

    try expect(try remoteClock(worker) > 0, "the clock stands at 0")
  }

  suite.fact("aStoppedProcessCanBeDestroyed") { (scope) throws(Unexpected) in
    let heard = try scope.notification()
    let other = try scope.otherProcess()
    let remote = try scope.remote(in: other)
    try expect(KernelCalls.bind(other, to: heard))
    remote.begin(.illegalInstruction)
    try expect(KernelCalls.wait(heard, deadline: KernelCalls.patience()))

    try expect(KernelCalls.destroy(other))

    try expect(KernelCalls.wait(heard, deadline: KernelCalls.patience()))
    try expect(
      KernelCalls.query(other).word(0), equals: UInt64(ProcessState.ended.rawValue), "state")
  }

  suite.fact("aProcessWithoutSupervisorEndsByItsFault") { (scope) throws(Unexpected) in
    let other = try scope.otherProcess()
    let remote = try scope.remote(in: other)
    remote.begin(.store, address: 0x7000_0000, value: 1)

    let deadline = KernelCalls.patience()
    var state = KernelCalls.query(other)
    while state.word(0) != UInt64(ProcessState.ended.rawValue), KernelCalls.clock() < deadline {
      KernelCalls.yield()
      state = KernelCalls.query(other)
    }
    try expect(state.word(0), equals: UInt64(ProcessState.ended.rawValue), "state")
    try expect(
      state.word(1), equals: ExitValue.faulted | UInt64(FaultKind.write.rawValue), "exit value")
  }

  suite.fact("aHandlersEndLeavesTheFaultUnhandled") { (scope) throws(Unexpected) in
    let heard = try scope.notification()
    let endpoint = try scope.endpoint()
    let other = try scope.otherProcess()
    let remote = try scope.remote(in: other)
    try expect(KernelCalls.bind(other, to: heard))
    try expect(
      KernelCalls.bind(remote.thread, to: try scope.copy(endpoint, rights: .write)))
    remote.begin(.illegalInstruction)
    try remote.expectState(.sending)

    try expect(KernelCalls.destroy(endpoint))

    try expect(KernelCalls.wait(heard, deadline: KernelCalls.patience()))
    try expect(
      KernelCalls.query(other).word(0), equals: UInt64(ProcessState.stopped.rawValue), "state")
  }
}

private func remoteClock(_ remote: RemoteThread) throws(Unexpected) -> UInt64 {
  try expect(try remote.perform(.clock)).value
}
