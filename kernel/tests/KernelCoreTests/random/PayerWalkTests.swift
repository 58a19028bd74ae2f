import MnosABI
import Testing

@testable import KernelCore

/// Threads with and without shares call each other, give up, keep rights and move them, at random:
/// whoever pays is who runs, or waits for who runs.
@Suite struct PayerWalkTests {
  private let machine = TestMachine(frames: 16384)

  private struct World {
    /// Microseconds in 20 ms; 0 for none.
    static let shares: [UInt64] = [3_000, 1_000, 500, 100, 0, 0]
    let budgets: [Handle]
    var actors: [Actor] = []
    /// Which process each of them is of.
    var processes: [Int] = []
    /// By process and endpoint.
    var names: [[Handle]] = []
    /// The last rights to answer that each process got.
    var rights: [[Handle]] = Array(repeating: [], count: 6)

    init(_ machine: TestMachine, _ random: inout RandomSource) {
      budgets = Self.shares.map { machine.makeBudget(share: $0) }
      for index in 0..<6 {
        let lead = machine.spawn(
          priority: UInt8(20 + random.below(70)), budget: budgets[random.below(6)])
        actors.append(lead)
        processes.append(index)
        for _ in 0..<random.below(3) {
          actors.append(
            machine.addThread(
              to: lead, priority: UInt8(20 + random.below(70)),
              budget: budgets[random.below(6)]))
          processes.append(index)
        }
      }
      let endpoints = (0..<6).map { _ in machine.makeEndpoint() }
      for process in 0..<6 {
        guard let index = processes.firstIndex(of: process) else { continue }
        names.append(endpoints.map { machine.give($0, to: actors[index]) })
      }
    }
  }

  @Test(arguments: 0..<12 as Range<UInt64>)
  func whoPaysWaitsForWhoRuns(stream: UInt64) {
    let seed = RandomSource.seed(standard: 20_261_122 &+ stream &* 7919)
    var random = RandomSource(seed: seed)
    var world = World(machine, &random)
    machine.parkInit()
    var paid: [UInt32: UInt64] = [:]
    let start = machine.now
    for step in 0..<4_000 {
      act(in: &world, &random)
      let then = machine.now
      machine.advance(to: then + UInt64(random.below(150_000)))
      let state = machine.kernel.objects[machine.kernel.cpu]
      guard !machine.running.isNone else { continue }
      if !state.payer.isNone, !state.isSpent {
        paid[state.payer.granule, default: 0] += machine.now - then
      }
      guard isRight(state.payer) else {
        Issue.record("MNOS_SEED=\(seed), step \(step): who pays does not wait for who runs")
        return
      }
      if step % 400 == 0 { #expect(machine.findings == [], "MNOS_SEED=\(seed), step \(step)") }
    }
    let periods = (machine.now - start) / TestMachine.sharePeriod + 2
    for (budget, share) in zip(world.budgets, World.shares) where share > 0 {
      let used = paid[machine.budgetID(of: budget).granule] ?? 0
      // A tenth for what each look comes late.
      #expect(used <= share * 1_000 * periods * 11 / 10 + 2_000_000, "MNOS_SEED=\(seed)")
    }
  }

  /// Whether a payer is that of who runs, or of somebody up the chain of callers.
  private func isRight(_ payer: BudgetID) -> Bool {
    guard !payer.isNone else { return true }
    var thread = machine.running
    while !thread.isNone {
      if machine.kernel.objects[thread].payer == payer { return true }
      thread = machine.kernel.objects.servedCaller(of: thread)
    }
    return false
  }

  /// Who runs does something; sometimes somebody else's wait is over.
  private func act(in world: inout World, _ random: inout RandomSource) {
    if let index = world.actors.firstIndex(where: { $0.thread == machine.running }),
      machine.canAct(world.actors[index])
    {
      call(world.actors[index], world.processes[index], in: &world, &random)
    }
    guard random.below(12) == 0 else { return }
    let other = world.actors[random.below(world.actors.count)]
    switch machine.state(other) {
    case .awaitingReply, .receiving, .sending:
      machine.enter { $0.objects.wake(other.thread, .timedOut) }
    default: break
    }
  }

  private func call(
    _ actor: Actor, _ process: Int, in world: inout World, _ random: inout RandomSource
  ) {
    let received = machine.outcome(actor).result.reply
    if received != .none, !world.rights[process].contains(received) {
      world.rights[process].append(received)
    }
    if world.rights[process].count > 12 { world.rights[process].removeFirst() }
    let rights = world.rights[process]
    let right = rights.isEmpty ? Handle.none : rights[random.below(rights.count)]
    let own = world.names[process][process]
    let other = world.names[process][random.below(6)]
    let deadline =
      random.chance(50)
      ? Deadline.never : machine.now + UInt64(50_000 + random.below(3_000_000))
    switch random.below(100) {
    case 0..<20: machine.receive(actor, own, deadline: deadline)
    case 20..<55: machine.request(actor, other, deadline: deadline)
    case 55..<75:
      let answered = random.below(3) > 0 ? rights.last ?? .none : right
      machine.replyAndReceive(actor, answered, own, deadline: deadline)
    case 75..<80: machine.reply(actor, right)
    case 80..<83: if right != .none { machine.delete(actor, right) }
    case 83..<86: machine.send(actor, other, deadline: deadline)
    case 86..<88: if right != .none { machine.move(actor, right) }
    default: break
    }
  }
}
