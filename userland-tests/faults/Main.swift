import Libmnos
import TestHarness

/// Facts about what happens when a thread cannot go on.
@main
struct FaultTests: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    runTests("faults", &start) { (suite) in
      checkReports(&suite)
      checkAnswers(&suite)
      checkUnhandled(&suite)
      checkReasons(&suite)
      checkStacks(&suite)
    }
  }
}
