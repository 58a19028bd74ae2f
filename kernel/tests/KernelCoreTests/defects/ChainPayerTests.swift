import MnosABI
import Testing

@testable import KernelCore

/// Who pays in a chain of calls when one of them is given up.
@Suite struct ChainPayerTests {
  private let machine = TestMachine()

  /// Three in a chain; the first one's budget pays for the last.
  private func makeChain(_ given: Handle? = nil, deadline: UInt64 = Deadline.never) -> (
    payer: BudgetID, middle: Actor, last: Actor
  ) {
    let budget = given ?? machine.makeBudget(share: 10_000)
    let first = machine.spawn(priority: 50, budget: budget)
    let middle = machine.spawn(priority: 60)
    let last = machine.spawn(priority: 90, budget: machine.makeBudget(share: 5_000))
    let endpoints = [machine.makeEndpoint(), machine.makeEndpoint()]
    let toMiddle = machine.give(endpoints[0], to: first)
    let toLast = machine.give(endpoints[1], to: middle)
    machine.receive(middle, machine.give(endpoints[0], to: middle))
    machine.receive(last, machine.give(endpoints[1], to: last))
    machine.parkInit()
    machine.request(first, toMiddle)
    #expect(machine.running == middle.thread)
    machine.request(middle, toLast, deadline: deadline)
    #expect(machine.running == last.thread)
    return (machine.budgetID(of: budget), middle, last)
  }

  private var payer: BudgetID { machine.kernel.objects[machine.kernel.cpu].payer }

  /// The one in the middle gives up, and the first pays no more for the last.
  /// Also where the last has put the right to answer elsewhere.
  @Test(arguments: [false, true])
  func whoGivesUpInTheMiddleEndsWhatTheFirstPays(isMoved: Bool) {
    let start = machine.now
    let chain = makeChain(deadline: start + 1_000_000)
    #expect(payer == chain.payer)
    if isMoved {
      // It serves by the right no more.
      let right = machine.outcome(chain.last).result.reply
      #expect(machine.move(chain.last, right).status == .ok)
      machine.advance(to: start + 1_000)
      #expect(payer != chain.payer)
    }
    machine.advance(to: start + 1_100_000)
    #expect(machine.running == chain.last.thread)
    #expect(payer != chain.payer)
    #expect(machine.findings == [])
  }

  /// Somebody else gives up: the chain goes on as it was.
  @Test(arguments: [false, true], [false, true])
  func whoGivesUpElsewhereChangesNothing(isDeleted: Bool, isOfTheFirstsBudget: Bool) {
    let budget = machine.makeBudget(share: 10_000)
    let other = machine.spawn(
      priority: 40, budget: isOfTheFirstsBudget ? budget : TestMachine.budgetHandle)
    let deaf = machine.spawn(priority: 30)
    let endpoint = machine.makeEndpoint()
    let calling = machine.give(endpoint, to: other)
    machine.receive(deaf, machine.give(endpoint, to: deaf))
    let deadline = isDeleted ? Deadline.never : machine.now + 1_000_000
    machine.request(other, calling, deadline: deadline)
    let right = machine.outcome(deaf).result.reply
    let start = machine.now
    let chain = makeChain(budget)
    if isDeleted {
      let slot = machine.slot(of: right, in: deaf)
      machine.enter { $0.objects.empty(slot) }
    } else {
      machine.advance(to: start + 1_100_000)
      #expect(machine.outcome(other).status == .timedOut)
    }
    #expect(machine.running == chain.last.thread)
    #expect(payer == chain.payer)
    #expect(machine.findings == [])
  }
}
