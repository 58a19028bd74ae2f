import Libmnos
import TestHarness

/// Stacks that are used up.
func checkStacks(_ suite: inout TestSuite) {
  suite.fact("FLT_011_anOverflowIsTheThreadsOwnFault") { (scope) throws(Unexpected) in
    // Each yield lets the other run, so that there is a switch at every place of the stack pointer,
    // the last of them in the guard page.
    let bystander = try scope.remote(in: try scope.otherProcess())
    for index in 0..<32 { bystander.setVector(index, 0x5a5a_0000 | UInt64(index)) }
    for pageCount in UInt64(1)...3 {
      let stack = scope.addresses(pages: pageCount)
      let memory = try scope.memory(pages: pageCount)
      try expect(KernelCalls.map(memory, at: stack, pages: pageCount))
      bystander.counter = pageCount * 300
      bystander.begin(.vectors)
      let remote = try scope.remote()
      let faults = try FaultWatch(&scope, on: remote)
      remote.begin(.overflow, address: stack + pageCount * Limits.pageByteCount)

      try faults.expect(.write, at: stack - 8)

      try expect(remote.counter, equals: pageCount * Limits.pageByteCount / 16, "words stored")
      _ = try bystander.finish()
      for index in 0..<32 {
        try expect(
          bystander.vector(index), equals: 0x5a5a_0000 | UInt64(index), "register of another")
      }
    }
  }

  suite.fact("FLT_011_anUnhandledOverflowStopsItsProcessAlone") { (scope) throws(Unexpected) in
    let heard = try scope.notification()
    let (home, other) = (try scope.otherProcess(), try scope.otherProcess())
    let (faulty, worker) = (try scope.remote(in: home), try scope.remote(in: other))
    try expect(KernelCalls.bind(home, to: heard))
    let memory = try scope.memory()
    try expect(KernelCalls.map(memory, at: 0x50_0000, in: home))
    faulty.begin(.overflow, address: 0x50_1000)

    try expect(KernelCalls.wait(heard, deadline: KernelCalls.patience()))

    let state = KernelCalls.query(home)
    try expect(
      state.word(1), equals: ExitValue.faulted | UInt64(FaultKind.write.rawValue), "exit value")
    try expect(state.word(6), equals: 0x4f_fff8, "fault address")
    try expect(try worker.perform(.clock))
  }

  suite.fact("FLT_011_callsAreTheCallersWhereverItsStackPointerIs") { (scope) throws(Unexpected) in
    // The guard below a stack, its edges, and what no stack could be. On entry nothing is put
    // where the stack pointer says.
    let stack = scope.addresses(pages: 2) + Limits.pageByteCount
    let memory = try scope.memory()
    try expect(KernelCalls.map(memory, at: stack))
    let places: [10 of UInt64] = [
      stack - 4096, stack - 16, stack - 8, stack - 1, stack, stack + 1, stack + 8, 0, 8,
      RemoteCode.userEnd - 8192,
    ]
    let waiter = try scope.remote()
    let silence = try scope.notification()
    waiter.begin(.wait, silence.argument, Deadline.never)
    try waiter.expectState(.waiting)
    let endpoint = try scope.endpoint()
    for place in Values(places) {
      let remote = try scope.remote(stack: place)
      let faults = try FaultWatch(&scope, on: remote)
      try expect(try remote.perform(.clock))
      try expect(try remote.perform(.signal, 0xffff_fff0), .badCapability)
      remote.beginCall(endpoint, [1, 2, 3, 4, 5, 6, 7, 8], count: 8)
      let request = KernelCalls.receive(endpoint, deadline: KernelCalls.patience())
      try expect(try expect(request).word(7), equals: 8, "word")
      try expect(KernelCalls.reply(request.result.reply, [9, 0, 0, 0, 0, 0, 0, 0], count: 1))
      try expect(try expect(try remote.finish()).word(0), equals: 9, "answer")
      try expect(try scope.stackPointer(of: remote), equals: place, "stack pointer")
      try expect(waiter.state, equals: UInt64(ThreadState.waiting.rawValue), "another's state")
      // Its next fault is still its own.
      remote.begin(.illegalInstruction)
      let report = try faults.take()
      try expect(
        report.word(2), equals: remote.codeBase + RemoteCode.illegalInstruction, "pc")
      try expect(faults.answer(report, .kill))
    }
    try expect(KernelCalls.signal(silence))
    try expect(try waiter.finish())
  }
}

extension Scope {
  /// Where the stack pointer of a thread is that waits to be told what to do.
  fileprivate mutating func stackPointer(
    of remote: RemoteThread
  ) throws(Unexpected) -> UInt64 {
    try remote.expectState(.waiting)
    let record = try page().words
    try expect(KernelCalls.suspend(remote.thread))
    try expect(KernelCalls.raw(.readRegisters, remote.thread.argument, record.address, 16))
    try expect(KernelCalls.resume(remote.thread))
    return record[8]
  }
}
