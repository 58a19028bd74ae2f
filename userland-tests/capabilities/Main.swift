import Libmnos
import TestHarness

/// Facts about capabilities and rights, and about what crosses the system-call boundary.
@main
struct CapabilityTests: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    runTests("capabilities", &start) { (suite) in
      checkTable(&suite)
      checkHandles(&suite)
      checkRights(&suite)
      checkBoundary(&suite)
      checkPointers(&suite)
      checkBudgets(&suite)
      checkBombs(&suite)
      checkLists(&suite)
    }
  }
}
