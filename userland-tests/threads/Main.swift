import Libmnos
import TestHarness

/// Facts about the lives of threads and processes, and about who runs.
@main
struct ThreadTests: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    runTests("threads", &start) { (suite) in
      checkLives(&suite)
      checkSuspension(&suite)
      checkEnds(&suite)
      checkRegisters(&suite)
      checkProcesses(&suite)
      checkPriorities(&suite)
      checkRaises(&suite)
      checkIdle(&suite)
      checkTurns(&suite)
      checkShares(&suite)
    }
  }
}
