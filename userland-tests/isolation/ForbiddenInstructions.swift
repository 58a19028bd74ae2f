import Libmnos
import TestHarness

/// Each instruction that only the kernel may execute is refused, and does nothing.
func checkForbiddenInstructions(_ suite: inout TestSuite) {
  suite.fact("FLT_004_everyForbiddenInstructionIsRefused") { (scope) throws(Unexpected) in
    let remote = try scope.remote()
    let faults = try FaultWatch(&scope, on: remote)
    let record = try scope.page().words
    try expect(RemoteCode.forbiddenCount >= 50, "the list is shorter than it was")
    for index in 0..<RemoteCode.forbiddenCount {
      let address = RemoteCode.forbiddenInstruction(index)
      remote.begin(.jump, address: address)
      let report = try faults.take()
      try faults.skip(report, with: record)
      _ = try remote.finish()
      let isRefused =
        report.word(0) == UInt64(FaultKind.illegalInstruction.rawValue)
        && report.word(2) == address
      try expect(isRefused ? .max : index, equals: .max, "instruction that was not refused")
    }
    try expect(try remote.perform(.clock))
  }

  suite.fact("FLT_004_aForbiddenInstructionEndsOnlyItsThread") { (scope) throws(Unexpected) in
    let (neighbour, guilty) = (try scope.remote(), try scope.remote())
    let faults = try FaultWatch(&scope, on: guilty)
    neighbour.begin(.spin)
    guilty.begin(.jump, address: RemoteCode.forbiddenInstruction(0))
    _ = faults.answer(try faults.take(), .kill)
    try guilty.expectState(.ended)

    let counted = neighbour.counter
    let patience = KernelCalls.patience()
    while neighbour.counter == counted, KernelCalls.clock() < patience { KernelCalls.yield() }
    try expect(neighbour.counter != counted, "the other thread runs no more")
    neighbour.setStop(true)
    _ = try neighbour.finish()
  }
}
