import KernelCore
import KernelHAL
import MnosABI

/// The kernel's last words, tested by needing them: the machine stops in a panic.
///
/// Runs only when the suite is named, and never ends with a result line.
enum PanicSelfTests: SelfTestSuite {
  static var name: StaticString { "panic" }
  static var count: Int { 1 }

  static func testName(_ index: Int) -> StaticString { "anUnmappedReadStopsTheMachine" }

  static func run(
    _ index: Int, _ machine: inout SelfTestMachine, _ platform: inout CurrentPlatform
  ) -> Bool {
    // The page below the boot stack is mapped nowhere.
    readUnmappedPage(machine.window, ImageLayout.stackGuard &- machine.windowBase) == 0
  }

  /// Has a name of its own for the back-trace to show.
  @inline(never)
  private static func readUnmappedPage(_ window: PhysicalWindow, _ address: UInt64) -> UInt64 {
    window.load(address, as: UInt64.self)
  }
}
