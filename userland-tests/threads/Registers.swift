import Libmnos
import TestHarness

/// The registers of a thread that stands still.
func checkRegisters(_ suite: inout TestSuite) {
  suite.fact("THR_012_writtenRegistersAreReadBack") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    try remote.expectState(.waiting)
    try expect(KernelCalls.suspend(remote.thread))
    let record = try scope.page().words
    let count = try recordWordCount(of: remote.thread, at: record.address)
    record[0] = remote.codeBase
    record[8] = 0x1234_5670
    for index in 3..<count { record[index * 8] = pattern(index) }

    let bytes = UInt64(count) * 8
    let written = KernelCalls.raw(
      .writeRegisters, remote.thread.argument, record.address, bytes)
    try expect(try expect(written).value, equals: bytes, "bytes written")

    for index in 0..<count { record[index * 8] = 0 }
    try expect(KernelCalls.raw(.readRegisters, remote.thread.argument, record.address, bytes))
    try expect(record[0], equals: remote.codeBase, "pc")
    try expect(record[8], equals: 0x1234_5670, "stack pointer")
    for index in 3..<count {
      try expect(record[index * 8], equals: pattern(index), "register")
    }
  }

  suite.fact("THR_012_aRunningThreadsRegistersAreBadState") { (scope) throws(Unexpected) in
    let record = try scope.page().words
    let remote = try scope.remote()

    for thread in Values([scope.thread, remote.thread] as [2 of Handle]) {
      for number in Values([.readRegisters, .writeRegisters] as [2 of SyscallNumber]) {
        try expect(
          KernelCalls.raw(number, thread.argument, record.address, 16), .badState)
      }
    }
  }

  suite.fact("THR_012_aRecordOfAWrongLengthIsABadArgument") { (scope) throws(Unexpected) in
    let record = try scope.page().words
    let remote = try scope.remote()
    try expect(KernelCalls.suspend(remote.thread))

    for bytes in Values([7, 12, 328, 1 << 40, .max] as [5 of UInt64]) {
      for number in Values([.readRegisters, .writeRegisters] as [2 of SyscallNumber]) {
        try expectBadArgument(
          KernelCalls.raw(number, remote.thread.argument, record.address, bytes), 2)
      }
    }
  }

  suite.fact("VSP_011_aBadEntryIsRefusedAtTheStart") { (scope) throws(Unexpected) in
    let thread = try scope.make(.thread, scope.process.argument, 1)

    for entry in Values(badEntries) {
      try expectBadArgument(KernelCalls.start(thread, entry: entry, stack: 0, argument: 0), 1)
    }

    try expect(KernelCalls.destroy(thread))
  }

  suite.fact("VSP_011_aBadResumeAddressIsRefused") { (scope) throws(Unexpected) in
    let record = try scope.page().words
    let remote = try scope.remote()
    try remote.expectState(.waiting)
    try expect(KernelCalls.suspend(remote.thread))

    for entry in Values(badEntries) {
      record[0] = entry
      try expectBadArgument(
        KernelCalls.raw(.writeRegisters, remote.thread.argument, record.address, 8), 1)
    }

    try expect(KernelCalls.resume(remote.thread))
    try expect(try remote.perform(.clock))
  }
}

/// Addresses from which no user code runs, on any machine.
private var badEntries: [4 of UInt64] {
  [RemoteCode.addressInNoHalf, 1 << 63, 0xffff_ffff_8000_0000, .max]
}

private func pattern(_ index: Int) -> UInt64 { 0x1357_0000_0000_0000 | UInt64(index) &* 0x1111 }

/// How many words a register record of this machine has: the longest that can be read.
private func recordWordCount(
  of thread: Handle, at address: UInt64
) throws(Unexpected) -> Int {
  for count in stride(from: UInt64(40), to: 3, by: -1) {
    let outcome = KernelCalls.raw(.readRegisters, thread.argument, address, count * 8)
    if outcome.isStatus(.ok) { return Int(count) }
    try expectBadArgument(outcome, 2)
  }
  try expect(false, "no register record can be read")
  return 0
}
