import Libmnos
import TestHarness

/// Processes begin, end and give back.
func checkProcesses(_ suite: inout TestSuite) {
  suite.fact("destroyEndsAProcessAndAllItsThreads") { (scope) throws(Unexpected) in
    let ended = try scope.notification()
    let other = try scope.otherProcess()
    let (first, second) = (try scope.remote(in: other), try scope.remote(in: other))
    try expect(KernelCalls.bind(other, to: ended))
    second.begin(.spin)

    try expect(KernelCalls.destroy(other))

    try expect(KernelCalls.wait(ended, deadline: KernelCalls.patience()))
    let state = KernelCalls.query(other)
    try expect(state.word(0), equals: UInt64(ProcessState.ended.rawValue), "state")
    try expect(state.word(1), equals: ExitValue.killed, "exit value")
    try first.expectState(.ended)
    try second.expectState(.ended)
    try expect(KernelCalls.destroy(other), .badState)
  }

  suite.fact("anEndedProcessTakesNothingMore") { (scope) throws(Unexpected) in
    let memory = try scope.memory()
    let other = try scope.make(.process)
    try expect(KernelCalls.destroy(other))

    try expect(KernelCalls.copy(memory, to: other), .badState)
    try expect(KernelCalls.move(memory, to: other), .badState)
    try expect(KernelCalls.map(memory, at: 0x40_0000, in: other), .badState)
    try expect(
      KernelCalls.create(.thread, from: scope.budget, other.argument, 1), .badState)
  }

  suite.fact("RES_006_aHundredProcessesLeaveNothing") { (scope) throws(Unexpected) in
    let payer = try scope.make(.budget, 256 * 1024, 64)
    for _ in 0..<100 {
      let other = try scope.spawnAndEnd(from: payer)
      try expect(KernelCalls.delete(other))
      let deadline = KernelCalls.patience()
      while KernelCalls.query(payer).word(3) != 0, KernelCalls.clock() < deadline {
        KernelCalls.yield()
      }
      try expect(KernelCalls.query(payer).word(3), equals: 0, "objects charged")
      try expect(KernelCalls.query(payer).word(1), equals: 0, "bytes charged")
    }
  }

  suite.fact("CAP_005_aCapabilityMovedToAnotherProcessWorksThere") {
    (scope) throws(Unexpected) in
    let notification = try scope.notification()
    let sent = try scope.copy(notification, badge: 3)
    let other = try scope.otherProcess()
    let remote = try scope.remote(in: other)

    let there = try expect(KernelCalls.move(sent, to: other)).value

    try expect(KernelCalls.signal(sent), .badCapability)
    try expect(try remote.perform(.signal, there))
    try expect(KernelCalls.wait(notification).value, equals: 3, "word")
  }

  suite.fact("aProcessWithoutManageCannotBeTouched") { (scope) throws(Unexpected) in
    let memory = try scope.memory()
    let other = try scope.make(.process)
    let weak = try scope.copy(other, rights: Rights.all.subtracting(.manage))

    try expect(KernelCalls.copy(memory, to: weak), .noRight)
    try expect(KernelCalls.map(memory, at: 0x40_0000, in: weak), .noRight)
    try expect(KernelCalls.destroy(weak), .noRight)
    try expect(
      KernelCalls.create(.thread, from: scope.budget, weak.argument, 1), .noRight)
  }
}

extension Scope {
  /// Makes a process that is paid for by `payer`, runs code in it, and ends it.
  mutating func spawnAndEnd(from payer: Handle) throws(Unexpected) -> Handle {
    let made = KernelCalls.create(.process, from: payer)
    let other = try expect(made).handle
    let thread = KernelCalls.create(.thread, from: payer, other.argument, priority)
    // It has no page to run from: its first instruction faults, which stops the process.
    let started = KernelCalls.start(thread.handle, entry: 0x40_0000, stack: 0, argument: 0)
    KernelCalls.yield()
    let destroyed = KernelCalls.destroy(other)
    let deleted = KernelCalls.delete(thread.handle)
    try expect(thread)
    try expect(started)
    try expect(destroyed.isStatus(.ok) || destroyed.isStatus(.badState), "destroy failed")
    try expect(deleted)
    return other
  }
}
