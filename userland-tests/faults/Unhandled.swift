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

  suite.fact("THR_501_aStoppedProcessThatNobodyNamesEnds") { (scope) throws(Unexpected) in
    let heard = try scope.notification()
    let endpoint = try scope.endpoint()
    let calling = try scope.copy(endpoint, rights: Rights.all.subtracting(.read))
    let other = try scope.otherProcess()
    let server = try scope.remote(in: other)
    let there = try expect(KernelCalls.copy(endpoint, rights: .read, to: other)).handle
    // It names itself, which does not help it once it has stopped.
    try expect(KernelCalls.copy(other, to: other))
    try expect(KernelCalls.bind(other, to: heard))
    let clients = (try scope.remote(), try scope.remote())
    clients.0.beginCall(calling, .init(repeating: 0), count: 0)
    try expect(try server.perform(.receive, there.argument, Deadline.never))
    clients.1.beginCall(calling, .init(repeating: 0), count: 0)
    try clients.1.expectState(.sending)
    server.begin(.illegalInstruction)
    try expect(KernelCalls.wait(heard, deadline: KernelCalls.patience()))
    try clients.0.expectState(.awaitingReply)

    // The thread's capability names the thread alone.
    try expect(KernelCalls.delete(endpoint))
    try expect(KernelCalls.delete(other))

    try expect(KernelCalls.wait(heard, deadline: KernelCalls.patience()))
    try expect(try clients.0.finish(), .peerGone)
    try expect(try clients.1.finish(), .peerGone)
  }

  suite.fact("THR_502_theReasonFirstReportedStays") { (scope) throws(Unexpected) in
    let heard = try scope.notification()
    for first in 0..<3 {
      for second in 0..<3 {
        let other = try scope.otherProcess()
        let remote = try scope.remote(in: other)
        try expect(KernelCalls.bind(other, to: heard))
        try scope.end(other, remote, way: first)
        try expect(KernelCalls.wait(heard, deadline: KernelCalls.patience()))
        let reason = KernelCalls.query(other).word(1)
        let fault = ExitValue.faulted | UInt64(FaultKind.illegalInstruction.rawValue)
        let expected: [3 of UInt64] = [5, ExitValue.killed, fault]
        try expect(reason, equals: expected[first], "reason")
        // Whatever happens to it now: it says the same.
        try? scope.end(other, remote, way: second)
        _ = KernelCalls.destroy(remote.thread)
        try expect(KernelCalls.query(other).word(1), equals: reason, "reason later")
        _ = KernelCalls.destroy(other)
        let deadline = KernelCalls.patience()
        while KernelCalls.query(other).word(0) != UInt64(ProcessState.ended.rawValue),
          KernelCalls.clock() < deadline
        { KernelCalls.yield() }
        try expect(KernelCalls.query(other).word(1), equals: reason, "reason at the end")
        _ = KernelCalls.wait(heard)
      }
    }
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

extension Scope {
  /// Ends a process: by its only thread's exit, by `destroy`, or by a fault.
  fileprivate func end(
    _ process: Handle, _ remote: RemoteThread, way: Int
  ) throws(Unexpected) {
    switch way {
    case 0: remote.begin(.exit, 5)
    case 1: try expect(KernelCalls.destroy(process))
    default: remote.begin(.illegalInstruction)
    }
  }
}
