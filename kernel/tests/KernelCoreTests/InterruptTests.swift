import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// Interrupt lines and I/O ports as capabilities.
@Suite struct InterruptTests {
  static let machineWord = UInt64(TestMachine.machineHandle.rawValue)

  struct Rig {
    let machine = TestMachine()
    let driver: Actor
    let notification: Handle
    let waiting: Handle
    let interrupt: Handle
    let budget = UInt64(TestMachine.budgetHandle.rawValue)

    init() {
      driver = machine.spawn()
      notification = machine.makeNotification()
      waiting = machine.give(notification, to: driver)
      interrupt = machine.make(.interrupt, [InterruptTests.machineWord, 3])
    }

    @discardableResult
    func bind(badge: UInt64 = 8) -> Outcome {
      let badged = machine.copy(
        machine.initial, notification, rights: .write.union(.copy), badge: badge
      ).handle
      return machine.call(
        machine.initial, .bind, UInt64(interrupt.rawValue), UInt64(badged.rawValue))
    }

    func acknowledge() -> Outcome {
      machine.call(machine.initial, .acknowledge, UInt64(interrupt.rawValue))
    }

    func claim(_ line: UInt64) -> Outcome {
      machine.call(
        machine.initial, .create, budget, UInt64(ObjectType.interrupt.rawValue), 0xffff,
        [InterruptTests.machineWord, line])
    }

    var isEnabled: Bool { machine.kernel.platform.interruptController.lines[3].isEnabled }
  }

  @Test func `IRQ_001 deliveryMasksUntilAcknowledged`() {
    let rig = Rig()
    #expect(rig.bind().status == .ok)
    rig.machine.wait(rig.driver, rig.waiting)

    rig.machine.kernel.platform.raise(line: 3)
    rig.machine.takeInterrupts()
    rig.machine.takeInterrupts()

    #expect(rig.machine.outcome(rig.driver).value == 8)
    #expect(!rig.isEnabled)
    #expect(rig.machine.query(rig.machine.initial, rig.interrupt)?.prefix(3) == [3, 1, 1])
    rig.machine.kernel.platform.lower(line: 3)
    #expect(rig.acknowledge().status == .ok)
    #expect(rig.isEnabled)
    #expect(rig.acknowledge().status == .badState)
    #expect(rig.machine.findings == [])
  }

  @Test func `IRQ_002 G1 secondTriggerIsOneFurtherDelivery`() {
    let rig = Rig()
    rig.bind()
    for _ in 0..<4 {
      rig.machine.kernel.platform.pulse(line: 3)
      rig.machine.takeInterrupts()
    }
    #expect(rig.machine.query(rig.machine.initial, rig.interrupt)?[1] == 1)

    _ = rig.acknowledge()
    rig.machine.takeInterrupts()
    #expect(rig.machine.query(rig.machine.initial, rig.interrupt)?[1] == 2)
    _ = rig.acknowledge()
    rig.machine.takeInterrupts()

    #expect(rig.machine.query(rig.machine.initial, rig.interrupt)?[1] == 2)
    #expect(rig.machine.findings == [])
  }

  @Test func `IRQ_004 lineIsClaimedOnce`() {
    let rig = Rig()

    #expect(rig.claim(3).status == .badState)
    rig.machine.delete(rig.machine.initial, rig.interrupt)
    #expect(rig.claim(3).status == .ok)
    #expect(rig.machine.findings == [])
  }

  @Test(arguments: [0, 5, 32, 33, 1 << 32 | 3, 1 << 32, 1 << 63, .max] as [UInt64])
  func `IRQ_005 badLinesAreRefused`(line: UInt64) {
    let rig = Rig()

    let outcome = rig.claim(line)

    #expect(outcome.status == .badArgument)
    #expect(outcome.value == 4)
    #expect(rig.machine.findings == [])
  }

  @Test(arguments: [1, 31] as [UInt64])
  func `IRQ_005 firstAndLastLinesWork`(line: UInt64) {
    #expect(Rig().claim(line).status == .ok)
  }

  @Test func `IRQ_007 deadDriverLeavesTheLineMasked`() {
    let rig = Rig()
    let machine = rig.machine
    rig.bind()
    machine.kernel.platform.raise(line: 3)
    machine.takeInterrupts()

    machine.delete(machine.initial, rig.interrupt)

    #expect(!rig.isEnabled)
    #expect(machine.findings == [])
    let again = rig.claim(3)
    let bound = machine.call(
      machine.initial, .bind, again.value, UInt64(rig.notification.rawValue))
    #expect(bound.status == .ok)
    machine.takeInterrupts()
    #expect(machine.query(machine.initial, again.handle)?[1] == 1)
    #expect(machine.findings == [])
  }

  @Test func revokedTargetNoLongerHears() {
    let rig = Rig()
    rig.bind()
    rig.machine.revoke(rig.machine.initial, rig.notification)

    rig.machine.kernel.platform.raise(line: 3)
    rig.machine.takeInterrupts()

    #expect(rig.machine.query(rig.machine.initial, rig.notification)?[0] == 0)
    #expect(rig.machine.findings == [])
  }

  @Test func `IRQ_010 suspendedDriverGetsItOnce`() {
    let rig = Rig()
    let machine = rig.machine
    rig.bind()
    machine.wait(rig.driver, rig.waiting)
    let thread = UInt64(rig.driver.threadHandle.rawValue)
    machine.call(machine.initial, .suspend, thread)

    machine.kernel.platform.pulse(line: 3)
    machine.takeInterrupts()
    #expect(!machine.canAct(rig.driver))
    machine.call(machine.initial, .resume, thread)

    #expect(machine.outcome(rig.driver).value == 8)
    #expect(machine.wait(rig.driver, rig.waiting, deadline: 0).status == .wouldBlock)
    #expect(machine.findings == [])
  }

  @Test func portsFollowTheirProcess() {
    let machine = TestMachine()
    let actor = machine.spawn()
    let range = machine.make(.portRange, [Self.machineWord, 0x3f8, 8])
    let bound = machine.call(
      machine.initial, .bind, UInt64(range.rawValue), UInt64(actor.processHandle.rawValue))
    #expect(bound.status == .ok)
    func mayUse(_ port: UInt32) -> Bool { machine.kernel.platform.permitsPort(port, cpu: 0) }

    machine.become(actor.thread)
    #expect(mayUse(0x3f8))
    #expect(mayUse(0x3ff))
    #expect(!mayUse(0x3f7))
    #expect(!mayUse(0x400))
    machine.become(machine.initial.thread)
    #expect(!mayUse(0x3f8))
    machine.revoke(machine.initial, range)
    machine.become(actor.thread)
    #expect(!mayUse(0x3f8))
    #expect(machine.findings == [])
  }
}
