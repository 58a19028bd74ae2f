import Libmnos
import TestHarness

/// Facts about interrupt lines, by that of the serial port, and about what devices may reach. Started by the kernel in init's
/// place, for init alone is given lines and the authority to claim them.
@main
struct InterruptTests: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    guard let boot = start.boot else { return UInt64(SyscallStatus.unavailable.rawValue) }
    var line = ClaimedLine(boot, process: Handle(rawValue: boot.process))
    return runTestsAsInit("interrupts", &start, boot) { (suite) in
      checkDelivery(&suite, &line)
      checkClaims(&suite, &line)
      checkDMASpaces(&suite, line)
      line.unbind()
    }
  }
}
