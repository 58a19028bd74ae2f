import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// A kernel with nothing but init in it.
@Suite struct BootTests {
  @Test func initRunsAndNothingIsWrong() {
    let machine = TestMachine()

    #expect(machine.state(machine.initial) == .running)
    #expect(machine.findings == [])
  }

  @Test(arguments: [3, 4, 5], [true, false])
  func everyPageTableShapeBoots(levelCount: Int, sharesRoot: Bool) {
    var configuration = SimulatedPlatform.Configuration()
    configuration.pageTableFormat = SimulatedPageTableFormat(
      levelCount: levelCount, sharesRoot: sharesRoot)
    let machine = TestMachine(configuration)
    let actor = machine.spawn()

    machine.poke(actor, 5, at: Actor.scratch)

    #expect(machine.peek(actor, Actor.scratch) == .done(5))
    #expect(machine.findings == [])
  }

  @Test(arguments: [0x1000, 0x8000_0000, (1 << 38) - 512 * 4096] as [UInt64])
  func ramMayBeAnywhereBelowTheReachOfObjects(base: UInt64) {
    var configuration = SimulatedPlatform.Configuration()
    configuration.ramBase = base
    let machine = TestMachine(configuration)

    _ = machine.spawn()

    #expect(machine.findings == [])
  }
}
