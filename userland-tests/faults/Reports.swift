import Libmnos
import TestHarness

/// What a handler is told.
func checkReports(_ suite: inout TestSuite) {
  suite.fact("FLT_001_aReadOfAnUnmappedAddress") { (scope) throws(Unexpected) in
    let address = scope.addresses() + 0x18
    try expectReport(&scope, .load, address, .read, RemoteCode.loadInstruction)
  }

  suite.fact("FLT_002_aWriteToAnUnmappedAddress") { (scope) throws(Unexpected) in
    let address = scope.addresses() + 0x20
    try expectReport(&scope, .store, address, .write, RemoteCode.storeInstruction)
  }

  suite.fact("FLT_002_aWriteToReadOnlyMemoryChangesNothing") { (scope) throws(Unexpected) in
    let (memory, page) = try scope.page()
    page[64] = 0xbeef
    let readOnly = try scope.map(memory, rights: .read)

    let address = readOnly.address + 64
    try expectReport(&scope, .store, address, .write, RemoteCode.storeInstruction)

    try expect(page[64], equals: 0xbeef, "word")
  }

  suite.fact("FLT_003_aJumpToAnUnmappedAddress") { (scope) throws(Unexpected) in
    let address = scope.addresses() + 0x40
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    remote.begin(.jump, address: address)

    let report = try faults.take()
    _ = faults.answer(report, .kill)
    try expect(report.word(0), equals: UInt64(FaultKind.execute.rawValue), "kind of fault")
    try expect(report.word(1), equals: address, "fault address")
    try expect(report.word(2), equals: address, "pc")
  }

  suite.fact("FLT_003_aJumpToMemoryThatIsNotExecutable") { (scope) throws(Unexpected) in
    let page = try scope.page().words
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    remote.begin(.jump, address: page.address)

    try faults.expect(.execute, at: page.address)
  }

  suite.fact("FLT_004_anUndefinedInstruction") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    remote.begin(.illegalInstruction)

    let report = try faults.take()
    _ = faults.answer(report, .kill)
    try expect(
      report.word(0), equals: UInt64(FaultKind.illegalInstruction.rawValue), "kind of fault")
    try expect(
      report.word(2), equals: remote.codeBase + RemoteCode.illegalInstruction, "pc")
  }

  suite.fact("FLT_004_aPrivilegedInstructionHasNoEffect") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    remote.begin(.privilegedInstruction)

    let report = try faults.take()
    _ = faults.answer(report, .kill)
    try expect(
      report.word(2), equals: remote.codeBase + RemoteCode.privilegedInstruction, "pc")
  }

  suite.fact("FLT_010_noBitOfAnAddressIsLost") { (scope) throws(Unexpected) in
    for address in Values(
      [RemoteCode.userEnd - 8, RemoteCode.userEnd - 4096, RemoteCode.userEnd / 2 + 0x1118]
        as [3 of UInt64])
    {
      try expectReport(&scope, .load, address, .read, RemoteCode.loadInstruction)
    }
  }

  suite.fact("aFaultInAnotherProcessIsReported") { (scope) throws(Unexpected) in
    let other = try scope.otherProcess()
    let remote = try scope.remote(in: other)
    let faults = try FaultWatch(&scope, on: remote)
    remote.begin(.load, address: 0x7000_0000)

    try faults.expect(.read, at: 0x7000_0000)
  }
}

/// Has a thread touch an address, and checks every word of the report.
private func expectReport(
  _ scope: inout Scope, _ operation: RemoteOperation, _ address: UInt64, _ kind: FaultKind,
  _ instruction: UInt64, line: UInt = #line
) throws(Unexpected) {
  let remote = try scope.remote()
  let faults = try FaultWatch(&scope, on: remote)
  remote.begin(operation, address: address, value: 1)
  let report = try faults.take(line: line)
  _ = faults.answer(report, .kill)
  try expect(report.result.wordCount, equals: FaultMessage.wordCount, "words", line: line)
  try expect(report.word(0), equals: UInt64(kind.rawValue), "kind of fault", line: line)
  try expect(report.word(1), equals: address, "fault address", line: line)
  try expect(report.word(2), equals: remote.codeBase + instruction, "pc", line: line)
}
