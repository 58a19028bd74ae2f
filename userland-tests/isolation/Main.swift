import Libmnos
import TestHarness

/// Facts about what keeps processes, threads and the kernel apart.
@main
struct IsolationTests: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    let stackBase = start.stackBase
    let (image, stack) = (start.imageBase..<start.imageEnd, stackBase..<start.stackEnd)
    return runTests("isolation", &start) { (suite) in
      checkAddressSpaces(&suite)
      checkProtection(&suite, stackBase: stackBase)
      checkForbiddenInstructions(&suite)
      checkRegisterIsolation(&suite)
      checkRegisterPaths(&suite)
      checkOwnPages(&suite, image: image, stack: stack)
    }
  }
}
