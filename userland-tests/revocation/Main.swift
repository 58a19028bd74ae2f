import Libmnos
import TestHarness

/// Facts about revoke: afterwards nothing derived is left, wherever it was.
@main
struct RevocationTests: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    runTests("revocation", &start) { (suite) in
      checkTrees(&suite)
      checkDepths(&suite)
      checkWaits(&suite)
      checkRaces(&suite)
    }
  }
}
