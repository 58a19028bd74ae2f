import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// Every single fence, flush and barrier that the kernel asks for matters: a machine that leaves
/// one of them out, once, is found out.
///
/// The CPU remembers all that it may, at once: after each step it has walked to every page of the
/// scenario, mapped or not.
@Suite struct LapseTests {
  typealias Neglect = SimulatedPlatform.Neglect

  private static let near: UInt64 = 0x4000_0000
  private static let far: UInt64 = 0x20_0000_0000

  /// Two processes that use and change their spaces; what was seen wrong.
  private final class Scenario {
    let machine: TestMachine
    let actors: [Actor]
    private(set) var symptoms: [String] = []
    private let memory: Handle
    private let uncached: Handle
    /// Of a process in whose space nothing is mapped.
    private let bare: (process: Handle, thread: ThreadID)
    private var hasBare = true

    init(identifierCount: UInt32, lapse: SimulatedPlatform.Lapse? = nil) {
      var configuration = TestMachine.Configuration()
      configuration.addressSpaceIdentifierCount = identifierCount
      machine = TestMachine(configuration)
      actors = [machine.spawn(), machine.spawn()]
      memory = machine.give(machine.makeMemory(pages: 2), to: actors[0])
      let process = machine.make(.process)
      let thread = machine.make(.thread, [UInt64(process.rawValue), UInt64(TestMachine.priority)])
      machine.call(machine.initial, .start, UInt64(thread.rawValue), 0x10_0000, 0x20_0000)
      bare = (process, machine.object(of: thread, in: machine.initial).narrowed(to: ThreadTag.self))
      for (index, actor) in actors.enumerated() {
        machine.poke(actor, UInt64(index), at: Actor.scratch)
      }
      // Counted from here on.
      if let lapse {
        let before = machine.kernel.platform.requests[lapse.duty.rawValue] ?? 0
        machine.kernel.platform.lapse = .init(lapse.duty, number: before + lapse.number)
      }
      uncached = machine.give(machine.make(.memory, [4096, 2 << 4]), to: actors[0])
    }

    /// Has the CPU remember all that it can, and looks.
    private func look() {
      if hasBare {
        machine.become(bare.thread)
        machine.kernel.platform.speculate([near], cpu: 0)
      }
      for (index, actor) in actors.enumerated() {
        machine.become(actor.thread)
        let pages = [near, far].flatMap { start in (0..<4).map { start + $0 * 4096 } }
        machine.kernel.platform.speculate(pages, cpu: 0)
        if machine.peek(actor, Actor.scratch) != .done(UInt64(index)) {
          symptoms.append("another space's data")
        }
      }
      symptoms += machine.findings
    }

    func run() {
      let machine = machine, actor = actors[0]
      let steps: [() -> Void] = [
        {},
        { machine.map(actor, self.memory, at: far, byteCount: 8192, later: .execute) },
        { machine.poke(actor, 7, at: far) },
        { machine.protect(actor, at: far, byteCount: 8192, rights: .read.union(.execute)) },
        { _ = machine.fetch(actor, far) },
        { _ = machine.fetch(actor, far + 4096) },
        { machine.unmap(actor, at: far, byteCount: 8192) },
        { machine.map(actor, self.memory, at: near, byteCount: 8192) },
        { machine.map(actor, self.uncached, at: near + 8192) },
        { machine.poke(actor, 9, at: near + 8192) },
        { machine.unmap(actor, at: near, byteCount: 8192) },
        {
          self.hasBare = false
          machine.destroy(machine.initial, self.bare.process)
        },
        { machine.destroy(machine.initial, self.actors[1].processHandle) },
      ]
      for (index, step) in steps.enumerated() {
        look()
        step()
        if index + 1 < steps.count { look() }
      }
      symptoms += machine.findings
    }
  }

  /// Requests by duty, from the scenario's first step on.
  private static func requests(identifierCount: UInt32) -> [Int: Int] {
    let scenario = Scenario(identifierCount: identifierCount)
    let before = scenario.machine.kernel.platform.requests
    scenario.run()
    #expect(scenario.symptoms == [])
    let after = scenario.machine.kernel.platform.requests
    var counts = after.mapValues { $0 }
    for (duty, count) in before { counts[duty] = (after[duty] ?? 0) - count }
    // The flush of what is made uncached is the first thing.
    counts[Neglect.cacheFlush.rawValue] = after[Neglect.cacheFlush.rawValue]
    return counts
  }

  /// With how many requests there may be that another one makes up for, before anybody looks.
  private static let duties: [Int: Int] = [
    Neglect.mappingAdded.rawValue: 0,
    // Three pages whose tables go with them: the whole space is dropped then.
    Neglect.mappingRemoved.rawValue: 3,
    // The tables of a process that ends, and its space right after them.
    Neglect.spaceRemoved.rawValue: 2,
    // Frames that were tables, and hold nothing but zeros since.
    Neglect.tableOrder.rawValue: 2,
    Neglect.tableLinks.rawValue: 0,
    Neglect.codePublication.rawValue: 0,
    Neglect.cacheFlush.rawValue: 0,
  ]

  @Test(arguments: duties.keys.sorted())
  func `G6 eachRequestMatters`(duty: Int) {
    let count = Self.requests(identifierCount: 16)[duty] ?? 0
    var unnoticed: [Int] = []
    for number in 0..<count {
      let scenario = Scenario(
        identifierCount: 16, lapse: .init(Neglect(rawValue: duty), number: number + 1))
      scenario.run()
      if scenario.symptoms == [] { unnoticed.append(number) }
    }
    let allowed = Self.duties[duty] ?? 0
    #expect(count > allowed)
    #expect(unnoticed.count <= allowed, "\(unnoticed) of \(count)")
  }
}
