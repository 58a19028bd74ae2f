import Libmnos
import TestHarness

/// How processes end that have stopped, and what is said of it.
func checkReasons(_ suite: inout TestSuite) {
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
