import MnosABI
import Testing

@testable import KernelCore

/// What a share promises to those who are less urgent, and to whoever pays.
@Suite struct SharePromiseTests {
  private let machine = TestMachine()

  /// A service would give its part of a short period to a child, as the same part of a long one.
  @Test(arguments: [20_000, 20_001, 1_000_000] as [UInt64])
  func aLongPeriodBelowAShortOneIsNoBurst(childPeriod: UInt64) {
    let budget = machine.makeBudget(share: 4_000)
    let service = machine.spawn(priority: 100, budget: budget)
    let own = machine.give(budget, to: service)
    let process = machine.give(service.processHandle, to: service)
    let shell = machine.spawn(priority: 50)
    let alarm = machine.give(machine.makeNotification(), to: shell)
    let pause = machine.give(machine.makeNotification(), to: service)
    let made = machine.createBudget(service, own, share: childPeriod / 5, childPeriod)
    guard childPeriod == 20_000 else {
      #expect(made.ended == .failure(.badArgument, 6))
      return
    }
    let spinner = machine.call(
      service, .create, UInt64(made.handle.rawValue), UInt64(ObjectType.thread.rawValue),
      0xffff, [UInt64(process.rawValue), 100])
    machine.call(service, .start, UInt64(spinner.handle.rawValue), 0x10_0000, 0x20_0000)
    machine.wait(service, pause)
    machine.parkInit()
    var due: UInt64 = 0
    var late: UInt64 = 0
    _ = machine.turns(overPeriods: 200) { thread in
      guard thread == shell.thread else { return }
      if due > 0 { late = max(late, machine.now - due) }
      due = machine.now + 7_000_000
      machine.wait(shell, alarm, deadline: due)
    }
    // Twice its share, where two periods meet, and a turn.
    #expect(late <= 8_200_000, "the less urgent was \(late / 1_000) us late")
    #expect(machine.findings == [])
  }

  /// Whoever hands the duty to answer on is not paid for any more.
  @Test(arguments: [false, true])
  func whoGivesTheRightAwayIsPaidForNoMore(isSent: Bool) {
    let budget = machine.makeBudget(share: 15_000)
    let client = machine.spawn(priority: 50, budget: budget)
    let server = machine.spawn(priority: 90, budget: machine.makeBudget(share: 1_000))
    let helper = machine.spawn(priority: 80)
    let endpoint = machine.makeEndpoint()
    let calling = machine.give(endpoint, to: client)
    machine.receive(server, machine.give(endpoint, to: server))
    let second = machine.makeEndpoint()
    machine.receive(helper, machine.give(second, to: helper), .acceptAny)
    let toHelper = machine.give(second, to: server)
    let process = machine.give(helper.processHandle, to: server)
    machine.parkInit()
    machine.request(client, calling)
    #expect(machine.running == server.thread)
    let right = machine.outcome(server).result.reply
    if isSent {
      #expect(machine.send(server, toHelper, [], .move(right)).status == .ok)
    } else {
      #expect(machine.move(server, right, to: process).status == .ok)
    }
    #expect(machine.running == server.thread)
    let start = machine.timeUsed(of: budget)
    for _ in 0..<100 where machine.running == server.thread {
      machine.advance(to: machine.now + 100_000)
    }
    // Moved, it tells nobody that it is there.
    #expect((machine.running == helper.thread) == isSent)
    #expect(machine.timeUsed(of: budget) - start <= 200_000)
    #expect(machine.findings == [])
  }
}
