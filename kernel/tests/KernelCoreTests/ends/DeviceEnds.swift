import MnosABI
import Testing

@testable import KernelCore

extension ObjectEndTests {
  /// A driver with an interrupt of its own, which it made with a capability to the machine and
  /// bound to a notification; another thread waits for that.
  private struct Rig {
    let machine = TestMachine()
    let driver: Actor
    /// The driver's.
    let authority: Handle
    let interrupt: Handle
    let target: Handle
    /// init's.
    let notification: Handle
    let waiter: Actor
    static let line: UInt64 = 3

    init() {
      driver = machine.spawn()
      authority = machine.give(TestMachine.machineHandle, to: driver)
      let budget = machine.give(TestMachine.budgetHandle, to: driver)
      notification = machine.makeNotification()
      target = machine.give(notification, to: driver, badge: 8)
      interrupt = machine.make(
        .interrupt, [UInt64(authority.rawValue), Self.line], by: driver, budget: budget)
      #expect(machine.bind(driver, interrupt, to: target) == .ok)
      waiter = machine.spawn()
      machine.wait(waiter, machine.give(notification, to: waiter))
    }

    var isEnabled: Bool {
      machine.kernel.platform.interruptController.lines[Int(Self.line)].isEnabled
    }

    func fire() {
      machine.kernel.platform.pulse(line: 3)
      machine.takeInterrupts()
    }

    func claim() -> Outcome {
      machine.call(
        machine.initial, .create, UInt64(TestMachine.budgetHandle.rawValue),
        UInt64(ObjectType.interrupt.rawValue), 0xffff,
        [UInt64(TestMachine.machineHandle.rawValue), Self.line])
    }
  }

  static let interruptEnds: [String: Check] = [
    "the last capability, its driver's end among the causes": {
      for isDelete in [false, true] {
        let rig = Rig()
        let machine = rig.machine
        #expect(rig.isEnabled)
        #expect(rig.claim().status == .badState)

        if isDelete {
          machine.delete(rig.driver, rig.interrupt)
        } else {
          machine.destroy(machine.initial, rig.driver.processHandle)
        }

        #expect(!rig.isEnabled)
        #expect(machine.outcome(rig.waiter) == .blocked)
        let again = rig.claim()
        #expect(again.status == .ok)
        #expect(machine.bind(machine.initial, again.handle, to: rig.notification) == .ok)
        rig.fire()
        #expect(machine.outcome(rig.waiter).value == 1)
        #expect(machine.findings == [])
      }
    },

    "the notification, by `destroy`": {
      let rig = Rig()
      let machine = rig.machine

      machine.destroy(machine.initial, rig.notification)

      #expect(machine.outcome(rig.waiter).status == .peerGone)
      rig.fire()
      #expect(!rig.isEnabled)
      let acknowledged = machine.call(
        rig.driver, .acknowledge, UInt64(rig.interrupt.rawValue))
      #expect(acknowledged.status == .ok)
      #expect(rig.isEnabled)
      #expect(machine.findings == [])
    },

    "the process that bound it, or by `revoke` the binding": {
      for isRevoke in [false, true] {
        let rig = Rig()
        let machine = rig.machine
        // The line outlives who bound it.
        let process = machine.give(TestMachine.processHandle, to: rig.driver)
        let kept = machine.call(
          rig.driver, .copy, UInt64(rig.interrupt.rawValue), UInt64(process.rawValue), 0xffff,
          [UInt64(Rights.all.bits), 0]
        ).handle

        if isRevoke {
          machine.revoke(rig.driver, rig.target)
        } else {
          machine.destroy(machine.initial, rig.driver.processHandle)
        }

        #expect(!rig.isEnabled)
        #expect(machine.outcome(rig.waiter) == .blocked)
        rig.fire()
        #expect(machine.outcome(rig.waiter) == .blocked)
        #expect(machine.bind(machine.initial, kept, to: rig.notification) == .ok)
        #expect(rig.isEnabled)
        rig.fire()
        #expect(machine.outcome(rig.waiter).status == .ok)
        #expect(machine.findings == [])
      }
    },
  ]

  static let machineEnds: [String: Check] = [
    "a capability": {
      let rig = Rig()
      let machine = rig.machine

      machine.delete(rig.driver, rig.authority)

      #expect(rig.isEnabled)
      #expect(machine.names(rig.driver, rig.interrupt))
      #expect(machine.outcome(rig.waiter) == .blocked)
      machine.revoke(machine.initial, TestMachine.machineHandle)
      #expect(!machine.names(rig.driver, rig.interrupt))
      #expect(!rig.isEnabled)
      #expect(rig.claim().status == .ok)
      #expect(machine.outcome(rig.waiter) == .blocked)
      #expect(machine.findings == [])
    }
  ]

  static let portRangeEnds: [String: Check] = [
    "the capability that it was bound through, by `revoke` or with the process that bound it": {
      for isRevoke in [false, true] {
        let machine = TestMachine()
        let binder = machine.spawn()
        let driver = machine.spawn()
        let range = machine.make(
          .portRange, [UInt64(TestMachine.machineHandle.rawValue), 0x3f8, 8])
        let theirs = machine.give(range, to: binder)
        let process = machine.give(driver.processHandle, to: binder)
        #expect(machine.bind(binder, theirs, to: process) == .ok)
        func mayUse() -> Bool {
          machine.become(driver.thread)
          return machine.kernel.platform.permitsPort(0x3f8, cpu: 0)
        }
        #expect(mayUse())

        if isRevoke {
          machine.revoke(machine.initial, range)
        } else {
          machine.destroy(machine.initial, binder.processHandle)
        }

        #expect(!mayUse())
        #expect(machine.findings == [])
      }
    }
  ]
}
