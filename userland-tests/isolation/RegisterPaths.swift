import Libmnos
import TestHarness

/// On each way out of the kernel a thread finds its own registers, and nothing of another's.
func checkRegisterPaths(_ suite: inout TestSuite) {
  suite.fact("VSP_014_aNewThreadFindsNothingOfAnother") { (scope) throws(Unexpected) in
    let dirty = try holder(&scope, mark: 1)
    let (owner, payer) = (try scope.otherProcess(), try scope.otherProcess())
    dirty.begin(.hold)
    for process in Values([owner, payer] as [2 of Handle]) {
      let fresh = try scope.remote(in: process, storesRegisters: true)
      try fresh.expectState(.waiting)
      for index in 0...RemoteCode.patternCount {
        var wanted: UInt64 = 0
        if index == RemoteCode.startPattern { wanted = fresh.controlBase }
        if index == RemoteCode.stackPattern { wanted = fresh.controlBase + Limits.pageByteCount }
        try expect(fresh.pattern(index), equals: wanted, "register at the start")
      }
      for index in 0..<RemoteCode.vectorWordCount {
        try expect(fresh.vector(index), equals: 0, "vector register at the start")
      }
      for index in 0..<RemoteCode.statusCount {
        try expect(
          fresh.status(index), equals: RemoteCode.initialStatus(index), "status at the start")
      }
    }
    try release(dirty, mark: 1)
  }

  suite.fact("VSP_014_interruptsKeepEveryRegister") { (scope) throws(Unexpected) in
    let threads: [2 of RemoteThread] = [
      try holder(&scope, mark: 2), try holder(&scope, mark: 3),
    ]
    for index in 0..<2 { threads[index].begin(.hold) }
    for index in 0..<2 { try expectTime(of: threads[index]) }
    for index in 0..<2 { try release(threads[index], mark: UInt64(index) + 2) }
  }

  suite.fact("VSP_014_suspensionKeepsEveryRegister") { (scope) throws(Unexpected) in
    let (first, second) = (try holder(&scope, mark: 4), try holder(&scope, mark: 5))
    first.begin(.hold)
    try expectTime(of: first)
    try expect(KernelCalls.suspend(first.thread))
    second.begin(.hold)
    try expectTime(of: second)
    try expect(KernelCalls.resume(first.thread))

    try release(first, mark: 4)
    try release(second, mark: 5)
  }

  suite.fact("VSP_014_faultsKeepEveryRegister") { (scope) throws(Unexpected) in
    let record = try scope.page().words
    let (first, second) = (try holder(&scope, mark: 6), try holder(&scope, mark: 7))
    let faults = try FaultWatch(&scope, on: first)
    second.begin(.hold)
    for _ in 0..<20 {
      first.begin(.holdInFault)
      let report = try faults.take()
      try expect(
        report.word(2), equals: first.codeBase + RemoteCode.heldInstruction, "pc of the fault")
      try faults.skip(report, to: RemoteCode.storeHeld, with: record)
      _ = try first.finish()
      try expectHeld(by: first, mark: 6)
    }
    try release(second, mark: 7)
  }

  suite.fact("VSP_014_statusIsTheThreadsOwn") { (scope) throws(Unexpected) in
    var remotes: [3 of RemoteThread] = .init(repeating: try scope.remote())
    for index in 1..<3 { remotes[index] = try scope.remote(in: try scope.otherProcess()) }
    for index in 0..<3 {
      for word in 0..<RemoteCode.statusCount { remotes[index].setStatus(word, status(index, word)) }
      remotes[index].counter = 1000
      remotes[index].begin(.status)
    }

    for index in 0..<3 {
      _ = try remotes[index].finish()
      for word in 0..<RemoteCode.statusCount {
        let isOwn = RemoteCode.ownStatus & 1 << UInt64(word) != 0
        let wanted = isOwn ? status(index, word) : RemoteCode.initialStatus(word)
        try expect(remotes[index].status(word), equals: wanted, "status")
      }
    }
  }

  suite.fact("VSP_014_messagesCarryTheirWordsAndNothingElse") { (scope) throws(Unexpected) in
    let endpoint = try scope.endpoint()
    var handles: [2 of UInt64] = .init(repeating: 0)
    var remotes: [2 of RemoteThread] = .init(repeating: try scope.remote())
    for index in 0..<2 {
      let owner = try scope.otherProcess()
      handles[index] = try expect(KernelCalls.copy(endpoint, to: owner)).value
      remotes[index] = try scope.remote(in: owner)
    }
    let (caller, server) = (remotes[0], remotes[1])
    for count in UInt64(0)...8 {
      for isServerFirst in Values([false, true]) {
        let receive = CallWord(.receive).rawValue
        if isServerFirst { try begin(server, receive, handles[1], mark: 2, state: .receiving) }
        try begin(
          caller, CallWord(.call, wordCount: count).rawValue, handles[0], mark: 1,
          state: isServerFirst ? nil : .sending)
        if !isServerFirst { try begin(server, receive, handles[1], mark: 2) }
        _ = try server.finish()
        try expect(foreign(in: server, mark: 1), equals: count, "registers of the caller's")

        let answered = 8 - count
        let right = server.pattern(RemoteCode.callWordPattern) >> 32
        let reply = CallWord(
          .reply, wordCount: answered, reply: Handle(rawValue: UInt32(truncatingIfNeeded: right)))
        try begin(server, reply.rawValue, 0, mark: 3)
        _ = try server.finish()
        _ = try caller.finish()
        try expect(foreign(in: caller, mark: 3), equals: answered, "registers of the server's")
        try expect(foreign(in: server, mark: 1), equals: 0, "registers of the caller's, later")
      }
    }
  }
}

/// Has a thread make a call without a deadline or a transfer record, with patterns of a mark in all
/// other registers, and waits until it is in a state.
private func begin(
  _ remote: RemoteThread, _ callWord: UInt64, _ argument0: UInt64, mark: UInt64,
  state: ThreadState? = nil
) throws(Unexpected) {
  for index in 0..<RemoteCode.patternCount { remote.setPattern(index, pattern(mark, index)) }
  remote.setPattern(RemoteCode.callWordPattern, callWord)
  remote.setPattern(RemoteCode.argument0Pattern, argument0)
  remote.setPattern(RemoteCode.argument1Pattern, Deadline.never)
  remote.setPattern(RemoteCode.argument2Pattern, 0)
  remote.begin(.patterns)
  if let state { try remote.expectState(state) }
}

/// How many of the registers that a thread stored after a call hold a pattern of a mark.
private func foreign(in remote: RemoteThread, mark: UInt64) -> UInt64 {
  var count: UInt64 = 0
  for index in 0..<RemoteCode.patternCount where remote.pattern(index) >> 56 == mark + 0xa0 {
    count += 1
  }
  return count
}

/// What the threads of the status fact hold: the first something else, the second what threads begin with.
private func status(_ thread: Int, _ word: Int) -> UInt64 {
  thread == 1 ? RemoteCode.initialStatus(word) : RemoteCode.otherStatus(word)
}

/// A thread of another process that is to hold patterns of a mark.
private func holder(
  _ scope: inout Scope, mark: UInt64
) throws(Unexpected) -> RemoteThread {
  let remote = try scope.remote(in: try scope.otherProcess())
  for index in 0..<RemoteCode.patternCount { remote.setPattern(index, pattern(mark, index)) }
  for word in 0..<RemoteCode.vectorWordCount { remote.setVector(word, pattern(mark, 64 + word)) }
  return remote
}

/// Waits until a thread that loops has had the CPU for as long as several turns take.
private func expectTime(of remote: RemoteThread) throws(Unexpected) {
  let wanted = KernelCalls.query(remote.thread).word(3) + 20_000_000
  let patience = KernelCalls.patience()
  while KernelCalls.query(remote.thread).word(3) < wanted, KernelCalls.clock() < patience {
    KernelCalls.yield()
  }
  try expect(KernelCalls.query(remote.thread).word(3) >= wanted, "the thread did not run")
}

/// Has a thread that holds patterns store them, and compares.
private func release(_ remote: RemoteThread, mark: UInt64) throws(Unexpected) {
  remote.setStop(true)
  _ = try remote.finish()
  try expectHeld(by: remote, mark: mark)
}

private func expectHeld(by remote: RemoteThread, mark: UInt64) throws(Unexpected) {
  for index in 0..<RemoteCode.patternCount
  where RemoteCode.heldPatterns & 1 << UInt64(index) != 0 {
    try expect(remote.pattern(index), equals: pattern(mark, index), "register")
  }
  for word in 0..<RemoteCode.vectorWordCount {
    try expect(remote.vector(word), equals: pattern(mark, 64 + word), "vector register")
  }
}

private func pattern(_ mark: UInt64, _ index: Int) -> UInt64 {
  (mark + 0xa0) << 56 | UInt64(index + 1) &* 0x0001_0203_0405_0607
}
