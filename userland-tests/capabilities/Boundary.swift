import Libmnos
import TestHarness

/// Numbers and rubbish at the edge of the kernel.
func checkBoundary(_ suite: inout TestSuite) {
  suite.fact("SYS_001_anUnknownNumberIsAnsweredWithItself") { (scope) throws(Unexpected) in
    for number in Values([SyscallNumber.count, SyscallNumber.count + 1, 0xff] as [3 of UInt64]) {
      let outcome = KernelCalls.perform(CallRegisters(CallWord(rawValue: number)))
      try expect(outcome, .unknownSyscall)
      try expect(outcome.value, equals: number, "value")
    }
    try expect(scope.budget != .none, "no budget")
  }

  suite.fact("SYS_003_undefinedBitsOfTheCallWordAreRefused") { (scope) throws(Unexpected) in
    for bit in Values([12, 13, 14, 16, 20, 31] as [6 of UInt64]) {
      let word = UInt64(SyscallNumber.clock.rawValue) | 1 << bit
      try expectBadArgument(
        KernelCalls.perform(CallRegisters(CallWord(rawValue: word))), 11)
    }
    try expect(scope.budget != .none, "no budget")
  }

  suite.fact("SYS_003_anyRubbishIsAnsweredWithAStatus") { (scope) throws(Unexpected) in
    // Not exit and yield, which take no argument that can be wrong, nor destroy and revoke,
    // which may rightly succeed on what this program lives on.
    for number in UInt64(0)..<SyscallNumber.count {
      guard let call = SyscallNumber(rawValue: UInt8(number)), call != .exit, call != .clock,
        call != .yield
      else { continue }
      for argument in Values(rubbish) {
        for place in 0..<3 {
          var arguments: [3 of UInt64] = .init(repeating: 0)
          arguments[place] = argument
          let outcome = KernelCalls.raw(call, arguments[0], arguments[1], arguments[2])
          try expect(outcome.result.statusCode >= 100, "rubbish was accepted")
          try expect(outcome.result.statusCode < 208, "no status of the ABI")
        }
      }
    }
    try expect(KernelCalls.query(scope.budget))
  }

  suite.fact("SYS_014_errorsLeaveTheOtherRegistersAlone") { (scope) throws(Unexpected) in
    let words: Words = [11, 12, 13, 14, 15, 16, 17, 18]
    for number in UInt64(0)..<SyscallNumber.count {
      guard let call = SyscallNumber(rawValue: UInt8(number)), call != .exit, call != .yield,
        call != .clock
      else { continue }
      let outcome = KernelCalls.raw(call, 0xdead_beef_0000, 21, 22, words)
      try expect(outcome.result.statusCode >= 100, "a bad handle was accepted")
      try expect(outcome.value <= 11, "the diagnostic is no argument's index")
      try expect(outcome.registers.argument1, equals: 21, "argument 1")
      try expect(outcome.registers.argument2, equals: 22, "argument 2")
      for index in 0..<8 { try expect(outcome.word(index), equals: words[index], "word") }
    }
    try expect(scope.budget != .none, "no budget")
  }
}

/// No handle, address, length or type.
private var rubbish: [8 of UInt64] {
  [0, 0xffff_0000, 0x7fff_ffff_ffff, 1 << 32, 1 << 47, 1 << 63, .max - 1, .max]
}
