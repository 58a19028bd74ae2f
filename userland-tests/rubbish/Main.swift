import Libmnos
import MnosABI
import TestHarness

/// Facts about system calls with any numbers in their registers: each is answered with a
/// status that exists, and afterwards the kernel works as before.
@main
struct RubbishTests: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    runTests("rubbish", &start) { (suite) in
      suite.fact("SYS_003_20000CallsFromSeed1AreAnswered") { (scope) throws(Unexpected) in
        try answerAll(20_000, seed: 1, &scope)
      }
      suite.fact("SYS_003_20000CallsFromSeed2AreAnswered") { (scope) throws(Unexpected) in
        try answerAll(20_000, seed: 2, &scope)
      }
      suite.fact("SYS_003_20000CallsFromSeed3AreAnswered") { (scope) throws(Unexpected) in
        try answerAll(20_000, seed: 3, &scope)
      }
    }
  }

  /// Makes `count` random calls, each answered with a known status, then a sensible one.
  private static func answerAll(
    _ count: Int, seed: UInt64, _ scope: inout Scope
  ) throws(Unexpected) {
    var source = RubbishSource(seed: seed, objects: try RubbishObjects(&scope))
    for _ in 0..<count {
      let outcome = KernelCalls.perform(source.next())
      let status = SyscallStatus(rawValue: UInt16(truncatingIfNeeded: outcome.statusCode))
      try expect(status != nil, "a status that does not exist")
      source.note(outcome)
    }
    source.deleteAll()
    let notification = try scope.notification()
    try expect(KernelCalls.signal(notification))
  }
}
