import KernelHAL
import MnosABI
import PlatformSim
import Testing

/// Time, interrupts and extended state, as the test drives them.
@Suite struct EventTests {
  @Test func theTimerFiresOnceFromItsDeadlineOn() {
    var platform = SimulatedPlatform()
    platform.armTimer(deadline: 2_000)

    platform.advance(to: 1_999)
    let early = platform.nextInterrupt(cpu: 0)
    platform.advance(to: 2_000)
    let due = platform.nextInterrupt(cpu: 0)
    let again = platform.nextInterrupt(cpu: 0)

    #expect(early == nil)
    #expect(due == .timer)
    #expect(again == nil)
  }

  @Test func aLevelInterruptsOnceUntilAcceptedAndEnabledAgain() {
    var platform = SimulatedPlatform()
    platform.raise(line: 7)

    let disabled = platform.nextInterrupt(cpu: 0)
    platform.setLine(7, isEnabled: true)
    let first = platform.nextInterrupt(cpu: 0)
    let claimed = platform.nextInterrupt(cpu: 0)
    platform.acceptInterrupt(line: 7)
    let accepted = platform.nextInterrupt(cpu: 0)
    platform.setLine(7, isEnabled: true)
    let second = platform.nextInterrupt(cpu: 0)

    #expect(disabled == nil)
    #expect(first == .interrupt(line: 7))
    #expect(claimed == nil)
    #expect(accepted == nil)
    #expect(second == .interrupt(line: 7))
  }

  @Test func anEdgeIsRememberedWhileMasked() {
    var platform = SimulatedPlatform()

    platform.pulse(line: 9)
    platform.pulse(line: 9)
    platform.setLine(9, isEnabled: true)
    let first = platform.nextInterrupt(cpu: 0)
    platform.acceptInterrupt(line: 9)
    platform.setLine(9, isEnabled: true)
    let second = platform.nextInterrupt(cpu: 0)

    #expect(first == .interrupt(line: 9))
    #expect(second == nil)
  }

  @Test func wrongUseOfLinesIsRecorded() {
    var platform = SimulatedPlatform()

    platform.setLine(0, isEnabled: true)
    platform.setLine(32, isEnabled: true)
    platform.acceptInterrupt(line: 4)

    let violations = platform.takeViolations()
    #expect(violations == [.lineNotAvailable(0), .lineNotAvailable(32), .lineNotClaimed(4)])
  }

  @Test func extendedStateMovesBetweenThreads() {
    var platform = SimulatedPlatform()
    var first = SimulatedExtendedState()
    var second = SimulatedExtendedState()

    platform.loadExtendedState(&first)
    platform.setExtendedRegisters(100, cpu: 0)
    platform.switchExtendedState(from: &first, to: &second)
    let fresh = platform.extendedRegisters(cpu: 0)
    platform.switchExtendedState(from: &second, to: &first)
    let restored = platform.extendedRegisters(cpu: 0)

    #expect(fresh == [0, 0, 0, 0])
    #expect(restored == [100, 101, 102, 103])
    let violations = platform.takeViolations()
    #expect(violations.isEmpty)
  }

  @Test func extendedStateThatIsLostIsRecorded() {
    var platform = SimulatedPlatform()
    var first = SimulatedExtendedState()
    var second = SimulatedExtendedState()

    platform.loadExtendedState(&first)
    platform.loadExtendedState(&second)
    platform.loadExtendedState(&first)
    var third = SimulatedExtendedState()
    platform.switchExtendedState(from: &third, to: &second)

    let violations = platform.takeViolations()
    #expect(
      violations == [
        .extendedStateLoadedTwice, .extendedStateSavedElsewhere, .extendedStateLoadedTwice,
      ])
  }

  @Test func onlyActivePortsAreOpen() {
    var platform = SimulatedPlatform()
    var ports = PortSet()
    ports.ranges.2 = PortRange(first: 0x3f8, count: 8)

    platform.activatePorts(ports)

    #expect((0x3f0..<0x410).filter { platform.permitsPort($0, cpu: 0) } == Array(0x3f8..<0x400))
  }
}
