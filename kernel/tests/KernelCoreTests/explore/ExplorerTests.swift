import Foundation
import Testing

@testable import KernelCore

/// Every state of small worlds, on the kernel as it is.
///
/// `MNOS_STATES` and `MNOS_DEPTH` are limits for the deep worlds, which are explored only if one
/// of them is set; `MNOS_WORLD` is the name of the only one to be explored. `MNOS_REPLAY`, with the
/// name of a world, makes the steps of a finding again.
@Suite struct ExplorerTests {
  private static let environment = ProcessInfo.processInfo.environment
  static let cooperative: Set<ExploredStep.Kind> = [
    .send, .pollingSend, .sendCopy, .receive, .pollingReceive, .receiveInto, .call, .reply,
    .replyAndReceive, .replyThrough, .keepReply, .signal, .wait, .resume, .work, .end, .slice,
  ]

  static func isAskedFor(_ world: NamedWorld) -> Bool {
    environment["MNOS_WORLD"].map { $0 == world.name } ?? true
  }

  /// Explores a world and says what that came to.
  @discardableResult
  static func explore(
    _ world: NamedWorld, states: Int = .max, depth: Int = .max, keepsEdges: Bool = true
  ) -> Explorer<ExploredWorld> {
    var explorer = Explorer(ExploredWorld(world.configuration), keepsEdges: keepsEdges)
    let start = Explorer<ExploredWorld>.processorTime
    explorer.run(stateLimit: states, depthLimit: depth) { explorer in
      guard depth < .max || states < .max else { return }
      print("explorer: \(world.name): \(explorer.summary(since: start))")
    }
    print(
      "explorer: \(world.name): \(world.configuration): \(explorer.summary(since: start)), "
        + "by depth \(explorer.depths), digest \(explorer.digest)")
    report(explorer.finding, in: world.name)
    return explorer
  }

  static func report(_ finding: (trace: [ExploredStep], findings: [String])?, in name: String) {
    guard let finding else { return }
    let trace = ExploredStep.text(of: finding.trace)
    Issue.record("MNOS_WORLD=\(name) MNOS_REPLAY='\(trace)': \(finding.findings)")
  }

  private static func expectAll(_ explorer: Explorer<ExploredWorld>, of world: NamedWorld) {
    let (isClosed, digest) = (explorer.isClosed, explorer.digest.description)
    #expect(isClosed)
    guard let states = world.states else { return }
    #expect(states == explorer.stateCount)
    #expect(world.digest == digest)
  }

  private static func checkCalls(_ explorer: Explorer<ExploredWorld>, _ world: NamedWorld) {
    let never = explorer.neverEndingCalls(
      by: cooperative, threadCount: world.configuration.threadCount)
    guard let first = never.first else { return }
    report(
      (explorer.trace(to: first), ["a call that its server can no longer end"]), in: world.name)
  }

  @Test(arguments: NamedWorld.closed + [NamedWorld.largest])
  func closes(_ world: NamedWorld) {
    guard Self.isAskedFor(world) else { return }
    let explorer = Self.explore(world)
    Self.expectAll(explorer, of: world)
    Self.checkCalls(explorer, world)
  }

  @Test(arguments: NamedWorld.programs)
  func everyOrderOfSteps(_ world: NamedWorld) {
    guard Self.isAskedFor(world) else { return }
    let explorer = Self.explore(world)
    Self.expectAll(explorer, of: world)
  }

  @Test(.enabled(if: environment["MNOS_DEPTH"] != nil || environment["MNOS_STATES"] != nil))
  func deepWorlds() {
    let depth = Self.environment["MNOS_DEPTH"].flatMap { Int($0) } ?? .max
    let states = Self.environment["MNOS_STATES"].flatMap { Int($0) } ?? .max
    for world in NamedWorld.deep where Self.isAskedFor(world) {
      Self.explore(world, states: states, depth: depth, keepsEdges: false)
    }
  }

  // MARK: Replay

  @Test(.enabled(if: environment["MNOS_REPLAY"] != nil))
  func replay() throws {
    let name = try #require(Self.environment["MNOS_WORLD"])
    let worlds = NamedWorld.all + NamedWorld.programs
    let named = try #require(worlds.first { $0.name == name })
    let steps = try #require(Self.environment["MNOS_REPLAY"].flatMap { ExploredStep.list($0) })
    let world = ExploredWorld(named.configuration)
    for step in steps {
      let isTaken = world.take(step)
      let outcomes = world.actors.map { "\(world.machine.outcome($0))" }
      print("explorer: \(step)\(isTaken ? "" : " cannot be made"): \(outcomes)")
      #expect(isTaken && world.findingsOfStep == [] && world.findings == [])
    }
  }

  /// The list of steps that an explorer gives for a state leads there, also when it was printed and
  /// read again.
  @Test func stepsThatArePrintedLeadToTheirState() throws {
    let configuration = NamedWorld.closed[1].configuration
    var explorer = Explorer(ExploredWorld(configuration))
    var digests: [StateDigest] = []
    explorer.look = { digests.append($0.read().digest) }
    explorer.run()
    let root = explorer.world
    for (node, digest) in digests.enumerated() {
      let text = ExploredStep.text(of: explorer.trace(to: UInt32(node)))
      let steps = try #require(ExploredStep.list(text))
      explorer.goToRoot()
      for step in steps { #expect(root.take(step)) }
      #expect(root.read().digest == digest)
    }
  }
}

extension Explorer {
  func summary(since start: Double) -> String {
    let seconds = max(Self.processorTime - start, 0.001)
    return "\(stateCount) states, \(edgeCount) steps, \(isClosed ? "all there are" : "not all"), "
      + "\(Int(seconds * 1000)) ms of a CPU, \(Int(Double(stateCount) / seconds)) states/s, "
      + "\(Int(Double(edgeCount) / seconds)) steps/s"
  }

  /// Seconds that this thread has run: other tests and other programs do not count.
  static var processorTime: Double {
    var time = timespec()
    // SAFETY: the call writes to `time` only.
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
