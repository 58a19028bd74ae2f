import KernelHAL
import MnosABI
import Testing

@testable import KernelCore

/// Who may end a budget, and whom that spares.
@Suite struct BudgetEndAuthorityTests {
  @Test func `RES_501 endingABudgetNeedsManage`() {
    for bits in 0..<256 as Range<UInt16> {
      let rights = Rights(bits: bits)
      let machine = TestMachine()
      let budget = machine.make(.budget, [4096, 5])
      let endpoint = machine.make(.endpoint, budget: budget)
      let handle = machine.copy(machine.initial, budget, rights: rights).handle

      let outcome = machine.destroy(machine.initial, handle)
      machine.finishEnding()

      #expect(outcome.status == (rights.includes(.manage) ? .ok : .noRight))
      #expect(machine.names(machine.initial, endpoint) == !rights.includes(.manage))
    }
  }

  @Test func `RES_501 rootBudgetCannotBeEnded`() {
    let machine = TestMachine()
    let before = machine.counts

    #expect(
      machine.destroy(machine.initial, TestMachine.budgetHandle).status == .badState)

    #expect(machine.counts == before)
    #expect(machine.findings == [])
  }

  @Test(arguments: [true, false])
  func `RES_501 callersOwnBudgetEndsTheCallerToo`(isParentOfCallers: Bool) {
    let rig = BudgetEndTests.Rig()
    let machine = rig.machine
    let inner =
      isParentOfCallers
      ? machine.make(.budget, [200 * 4096, 200], budget: rig.budget) : rig.budget
    let actor = machine.spawn(budget: inner)
    rig.inside = [actor, machine.addThread(to: actor)]
    let own = machine.give(rig.budget, to: actor)
    let seen = machine.makeNotification()
    machine.call(
      machine.initial, .bind, UInt64(actor.processHandle.rawValue), UInt64(seen.rawValue))

    let outcome = machine.destroy(actor, own)
    machine.finishEnding()

    #expect(outcome == .gone)
    #expect(machine.signal(machine.initial, seen).status == .ok)
    #expect(machine.canAct(rig.outsider))
    // The second thread was charged to init's budget, and ended with its process.
    #expect(rig.inside.allSatisfy { machine.outcome($0) == .gone })
    #expect(!machine.names(machine.initial, rig.budget))
    #expect(machine.findings == [])
  }

  /// What is charged to others stays, even if only the budget's processes used it.
  @Test func `RES_501 siblingsAndParentsStay`() {
    let rig = BudgetEndTests.Rig()
    let machine = rig.machine
    let sibling = machine.make(.budget, [50 * 4096, 50])
    let stays = machine.spawn(budget: sibling)
    let endpoint = machine.make(.endpoint, budget: sibling)
    let actor = rig.spawn()
    let theirs = machine.give(endpoint, to: actor)
    #expect(machine.names(actor, theirs))

    #expect(machine.destroy(machine.initial, rig.budget).status == .ok)
    machine.finishEnding()

    #expect(machine.outcome(actor) == .gone)
    #expect(machine.canAct(stays))
    #expect(machine.names(machine.initial, endpoint))
    #expect(machine.findings == [])
  }
}
