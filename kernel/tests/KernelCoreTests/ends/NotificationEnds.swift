import MnosABI
import Testing

@testable import KernelCore

extension ObjectEndTests {
  static let notificationEnds: [String: Check] = [
    "the notification, by `destroy` or with its budget": {
      for withBudget in [false, true] {
        let machine = TestMachine()
        let budget = machine.make(.budget, [20 * 4096, 20])
        let notification = machine.make(.notification, budget: budget)
        let waiter = machine.spawn()
        machine.wait(waiter, machine.give(notification, to: waiter))
        let bound = machine.spawn()
        let endpoint = machine.makeEndpoint()
        machine.bind(machine.initial, notification, to: bound.threadHandle)
        machine.receive(bound, machine.give(endpoint, to: bound))
        let supervised = machine.spawn()
        machine.bind(machine.initial, supervised.processHandle, to: notification)

        machine.destroy(machine.initial, withBudget ? budget : notification)

        #expect(machine.outcome(waiter).status == .peerGone)
        #expect(machine.outcome(bound) == .blocked)
        #expect(machine.send(machine.initial, endpoint, [3]).status == .ok)
        #expect(machine.outcome(bound).message == [3])
        machine.fault(supervised, .read)
        #expect(
          machine.processState(supervised.processHandle) == UInt64(ProcessState.ended.rawValue))
        #expect(machine.findings == [])
      }
    },

    "the last capability with `write`": {
      let machine = TestMachine()
      let waiter = machine.spawn()
      let notification = machine.makeNotification()
      let waiting = machine.give(notification, to: waiter, rights: .read)
      let due = machine.now + 1_000_000
      machine.wait(waiter, waiting, deadline: due)

      machine.delete(machine.initial, notification)

      #expect(machine.outcome(waiter) == .blocked)
      machine.advance(to: due)
      #expect(machine.outcome(waiter).status == .timedOut)
      #expect(machine.findings == [])
    },

    "the capability through which somebody waits": {
      for loss in Loss.allCases {
        let machine = TestMachine()
        let waiter = machine.spawn()
        let helper = machine.addThread(to: waiter)
        let notification = machine.makeNotification()
        let given = machine.copy(machine.initial, notification, rights: .all).handle
        let handle = machine.give(given, to: waiter)
        let other = machine.spawn()
        machine.wait(waiter, handle)
        machine.wait(other, machine.give(notification, to: other))

        machine.lose(handle, of: helper, by: loss, from: given)

        #expect(machine.outcome(waiter).status == .cancelled)
        #expect(machine.outcome(other) == .blocked)
        #expect(machine.findings == [])
      }
    },

    "a thread bound to it": {
      let machine = TestMachine()
      let bound = machine.spawn()
      let notification = machine.makeNotification()
      machine.bind(machine.initial, notification, to: bound.threadHandle)
      machine.signal(machine.initial, notification)

      machine.destroy(machine.initial, bound.processHandle)

      #expect(machine.wait(machine.initial, notification, deadline: 0).value == 1)
      let next = machine.spawn()
      #expect(machine.bind(machine.initial, notification, to: next.threadHandle) == .ok)
      #expect(machine.findings == [])
    },

    "the process that bound it": {
      let machine = TestMachine()
      let bound = machine.spawn()
      let binder = machine.spawn()
      let notification = machine.makeNotification()
      let theirs = machine.give(notification, to: binder)
      let thread = machine.give(bound.threadHandle, to: binder)
      #expect(machine.bind(binder, theirs, to: thread) == .ok)
      machine.receive(bound, machine.give(machine.makeEndpoint(), to: bound))

      machine.destroy(machine.initial, binder.processHandle)
      machine.signal(machine.initial, notification)

      #expect(machine.outcome(bound) == .blocked)
      #expect(machine.bind(machine.initial, notification, to: .none) == .badState)
      #expect(machine.bind(machine.initial, notification, to: bound.threadHandle) == .ok)
      #expect(machine.outcome(bound).value == 1)
      #expect(machine.findings == [])
    },
  ]
}
