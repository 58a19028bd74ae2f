import Libmnos
import TestHarness

/// Registers are a thread's own.
func checkRegisterIsolation(_ suite: inout TestSuite) {
  suite.fact("SYS_004_aCallKeepsEveryOtherRegister") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    for round in UInt64(0)..<10 {
      for number in Values([.clock, .yield, .signal, .inspect] as [4 of SyscallNumber]) {
        for index in 0..<RemoteCode.patternCount {
          remote.setPattern(index, pattern(round, index))
        }
        remote.setPattern(RemoteCode.callWordPattern, CallWord(number).rawValue)
        remote.begin(.patterns)
        _ = try remote.finish()
        for index in 0..<RemoteCode.patternCount
        where RemoteCode.keptPatterns & 1 << UInt64(index) != 0 {
          try expect(remote.pattern(index), equals: pattern(round, index), "register")
        }
      }
    }
  }

  suite.fact("SYS_014_aFailedCallAnswersNothingButItsStatus") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    for index in 0..<RemoteCode.patternCount { remote.setPattern(index, pattern(3, index)) }
    remote.setPattern(RemoteCode.callWordPattern, CallWord(.signal).rawValue)
    remote.begin(.patterns)
    _ = try remote.finish()

    try expect(
      remote.pattern(RemoteCode.callWordPattern),
      equals: UInt64(SyscallStatus.badCapability.rawValue), "result word")
    try expect(remote.pattern(RemoteCode.argument0Pattern), equals: 0, "value")
  }

  suite.fact("VSP_014_vectorRegistersAreTheThreadsOwn") { (scope) throws(Unexpected) in
    var remotes: [3 of RemoteThread] = .init(repeating: try scope.remote())
    for index in 1..<3 { remotes[index] = try scope.remote(in: try scope.otherProcess()) }
    for index in 0..<3 {
      for word in 0..<RemoteCode.vectorWordCount {
        remotes[index].setVector(word, pattern(UInt64(index), word))
      }
      remotes[index].counter = 3000
      remotes[index].begin(.vectors)
    }

    for index in 0..<3 {
      _ = try remotes[index].finish()
      for word in 0..<RemoteCode.vectorWordCount {
        try expect(
          remotes[index].vector(word), equals: pattern(UInt64(index), word), "vector register")
      }
    }
  }

  suite.fact("VSP_014_registersThatNobodySavesAreOff") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    remote.begin(.unsavedRegisters)

    let report = try faults.take()
    _ = faults.answer(report, .kill)
    try expect(
      report.word(0), equals: UInt64(FaultKind.illegalInstruction.rawValue), "kind of fault")
    try expect(report.word(2), equals: remote.codeBase + RemoteCode.unsavedInstruction, "pc")
  }

  guard RemoteCode.hasExclusiveLoad else {
    return suite.inapplicable(
      "VSP_016_aContextSwitchBreaksAnExclusiveLoad",
      because: "there is no exclusive load on this machine")
  }
  suite.fact("VSP_016_aContextSwitchBreaksAnExclusiveLoad") { (scope) throws(Unexpected) in
    let page = try scope.page().words
    let (first, second) = (try scope.remote(), try scope.remote())
    second.begin(.spin)
    for _ in 0..<20 {
      first.begin(.exclusive, address: page.address)
      _ = try first.finish()
      try expect(first.value != 0, "the store was made after a switch")
    }
    second.setStop(true)
    _ = try second.finish()
  }
}

private func pattern(_ round: UInt64, _ index: Int) -> UInt64 {
  (round + 1) << 56 | UInt64(index + 1) &* 0x0001_0203_0405_0607
}
