import MnosABI
import Testing

@testable import KernelCore

extension ObjectEndTests {
  static let budgetEnds: [String: Check] = [
    "the budget, by `destroy` or with its parent": {
      for withParent in [false, true] {
        let machine = TestMachine()
        let before = machine.usage
        let parent = machine.make(.budget, [200 * 4096, 200])
        let budget = machine.make(.budget, [100 * 4096, 100], budget: parent)
        let endpoint = machine.make(.endpoint, budget: budget)
        let notification = machine.make(.notification, budget: budget)
        let outer = machine.makeEndpoint()
        let inside = machine.spawn(budget: budget)
        let caller = machine.spawn()
        let waiter = machine.spawn()
        machine.request(caller, machine.give(endpoint, to: caller))
        machine.wait(waiter, machine.give(notification, to: waiter))
        machine.send(inside, machine.give(outer, to: inside), [1])
        #expect(machine.query(machine.initial, outer)?[0] == 1)

        machine.destroy(machine.initial, withParent ? parent : budget)
        machine.finishEnding()

        #expect(machine.outcome(caller).status == .peerGone)
        #expect(machine.outcome(waiter).status == .peerGone)
        #expect(machine.outcome(inside) == .gone)
        #expect(machine.query(machine.initial, outer)?[0] == 0)
        #expect(machine.findings == [])
        #expect(!machine.names(machine.initial, endpoint))
        #expect(!machine.names(machine.initial, notification))
        // Nothing of it is left.
        for actor in [caller, waiter] {
          machine.destroy(machine.initial, actor.processHandle)
        }
        for slot in parent.slot..<60 {
          let place = machine.slot(at: slot, of: machine.initial)
          machine.delete(machine.initial, machine.kernel.objects[place].handle)
        }
        #expect(machine.usage == before)
      }
    },

    "its last capability": {
      let machine = TestMachine()
      let count = machine.kernel.objects.shared.count(of: .budget)
      let budget = machine.makeBudget(share: 15_000)
      let endpoint = machine.make(.endpoint, budget: budget)
      let caller = machine.spawn()
      machine.request(caller, machine.give(endpoint, to: caller))
      func share() -> SyscallStatus? {
        machine.createBudget(
          machine.initial, TestMachine.budgetHandle, share: 10_000, 20_000
        ).status
      }
      #expect(share() == .unavailable)

      machine.delete(machine.initial, budget)

      #expect(machine.outcome(caller) == .blocked)
      #expect(machine.kernel.objects.shared.count(of: .budget) == count + 1)
      // The object that it pays for has nothing to spend time on.
      let again = machine.createBudget(
        machine.initial, TestMachine.budgetHandle, share: 10_000, 20_000)
      #expect(again.status == .ok)
      machine.delete(machine.initial, again.handle)
      machine.destroy(machine.initial, caller.processHandle)
      machine.delete(machine.initial, endpoint)
      #expect(machine.kernel.objects.shared.count(of: .budget) == count)
      #expect(machine.findings == [])
    },

    "its share, spent": {
      let machine = TestMachine()
      let spinner = machine.spawn(priority: 90, budget: machine.makeBudget(share: 1_000))
      let waiting = machine.spawn(priority: 90)
      let due = machine.now + 100_000_000
      machine.wait(
        waiting, machine.give(machine.makeNotification(), to: waiting), deadline: due)
      let other = machine.spawn(priority: 10)
      machine.parkInit()

      let turns = machine.turns(overPeriods: 3)

      let spent = turns[spinner.thread.granule] ?? 0
      #expect(spent >= TestMachine.steps(1_000, periods: 2))
      #expect(spent <= TestMachine.steps(1_000, periods: 4))
      #expect((turns[other.thread.granule] ?? 0) > 10 * spent)
      #expect(machine.outcome(waiting) == .blocked)
      #expect(machine.findings == [])
    },
  ]
}
