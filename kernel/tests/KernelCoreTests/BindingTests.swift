import MnosABI
import Testing

@testable import KernelCore

/// What may be bound to what.
@Suite struct BindingTests {
  @Test func notificationAndThreadHaveOneAnother() {
    let machine = TestMachine()
    let initial = machine.initial
    let (first, second) = (machine.spawn(), machine.spawn())
    let (one, other) = (machine.makeNotification(), machine.makeNotification())
    #expect(machine.bind(initial, one, to: first.threadHandle) == .ok)

    #expect(machine.bind(initial, one, to: first.threadHandle) == .badState)
    #expect(machine.bind(initial, one, to: second.threadHandle) == .badState)
    #expect(machine.bind(initial, other, to: first.threadHandle) == .badState)

    #expect(machine.findings == [])
    #expect(machine.bind(initial, one, to: .none) == .ok)
    #expect(machine.bind(initial, one, to: .none) == .badState)
    #expect(machine.bind(initial, one, to: second.threadHandle) == .ok)
    #expect(machine.bind(initial, other, to: first.threadHandle) == .ok)
    #expect(machine.findings == [])
  }

  @Test func whatHasEndedIsNotBound() {
    let machine = TestMachine()
    let initial = machine.initial
    let (ended, alive) = (machine.spawn(), machine.spawn())
    let (one, other) = (machine.makeNotification(), machine.makeNotification())
    machine.destroy(initial, ended.threadHandle)
    machine.destroy(initial, other)

    #expect(machine.bind(initial, one, to: ended.threadHandle) == .badState)
    #expect(machine.bind(initial, ended.threadHandle, to: one) == .badState)
    #expect(machine.bind(initial, other, to: alive.threadHandle) == .badState)
    #expect(machine.findings == [])
  }

  @Test func notificationIsBoundByWhoMayReadIt() {
    let machine = TestMachine()
    let initial = machine.initial
    let actor = machine.spawn()
    let notification = machine.makeNotification()

    for bits in 0..<UInt16(256) {
      let rights = Rights(bits: bits)
      let weak = machine.copy(initial, notification, rights: rights).handle
      let status = machine.bind(initial, weak, to: actor.threadHandle)
      #expect(status == (rights.includes(.read) ? .ok : .noRight), "\(bits)")
      if status == .ok { machine.bind(initial, weak, to: .none) }
      machine.delete(initial, weak)
    }
    #expect(machine.findings == [])
  }

  @Test func portRangeIsBoundByWhoMayReadIt() {
    let machine = TestMachine()
    let initial = machine.initial
    let actor = machine.spawn()
    let ports = machine.make(
      .portRange, [UInt64(TestMachine.machineHandle.rawValue), 0x3f8, 8])

    for bits in 0..<UInt16(256) {
      let rights = Rights(bits: bits)
      let weak = machine.copy(initial, ports, rights: rights).handle
      let status = machine.bind(initial, weak, to: actor.processHandle)
      #expect(status == (rights.includes(.read) ? .ok : .noRight), "\(bits)")
      machine.revoke(initial, weak)
      machine.delete(initial, weak)
    }
    #expect(machine.findings == [])
  }
}
