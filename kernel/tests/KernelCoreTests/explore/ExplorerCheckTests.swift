import Foundation
import Testing

@testable import KernelCore

/// What is checked on explored worlds beside their states: that leaving out renamed states is
/// right, that nothing is changed without authority, and that secrets stay secret.
@Suite struct ExplorerCheckTests {
  typealias Configuration = ExploredConfiguration
  private static let environment = ProcessInfo.processInfo.environment
  private static let states =
    environment["MNOS_STATES"].flatMap { Int($0) } ?? 200

  private static func explore<World: Explorable>(
    _ world: World, _ name: String, states: Int = states
  ) {
    var explorer = Explorer(world)
    let start = Explorer<World>.processorTime
    explorer.run(stateLimit: states)
    print("explorer: \(name): \(explorer.summary(since: start))")
    ExplorerTests.report(explorer.finding, in: name)
    let edgeCount = explorer.edgeCount
    #expect(edgeCount > 0)
  }

  // MARK: Symmetry

  /// Explored without leaving anything out, a world has states of as many kinds as with symmetry.
  @Test(arguments: ["calls", "ends", "process", "signals"])
  func statesWithoutSymmetryAreTheSameButForNames(_ name: String) throws {
    let world = try #require(NamedWorld.closed.first { $0.name == name })
    let reduced = ExplorerTests.explore(world, keepsEdges: false)
    var configuration = world.configuration
    configuration.isReduced = false
    var whole = Explorer(ExploredWorld(configuration))
    var orbits: Set<StateDigest> = []
    whole.look = { orbits.insert($0.reducedDigest()) }
    whole.run()
    print("explorer: \(name) without symmetry: \(whole.stateCount) states")
    let (isClosed, wholeCount) = (whole.isClosed, whole.stateCount)
    let (count, digest) = (reduced.stateCount, reduced.digest)
    #expect(isClosed && wholeCount > count)
    #expect(orbits.count == count)
    #expect(StateDigest.union(orbits) == digest)
  }

  /// A state and its steps, renamed, are a state and its steps.
  @Test(arguments: [
    ("process", [1, 0], [[0, 2, 1], [0, 2, 1]]), ("batches", [1, 0], [[0, 1], [0, 1]]),
    ("2x1x2", [1, 0], [[0, 2, 1], [0, 1, 2]]), ("2x2x2", [0, 1], [[0, 1, 2], [0, 2, 1]]),
    ("messages", [1, 0], [[0, 2, 1], [0, 2, 1]]),
    ("3x1x2", [1, 2, 0], [[0, 1, 2], [0, 2, 1], [0, 1, 2]]),
  ])
  func renamedStatesHaveRenamedSuccessors(
    _ name: String, _ roles: [Int], _ slots: [[UInt16]]
  ) throws {
    let world = try #require(NamedWorld.all.first { $0.name == name })
    let twins = TwinWorld.renamed(world.configuration, roles: roles, slots: slots)
    Self.explore(twins, "\(name), renamed", states: Self.states / 2)
  }

  // MARK: What is left out

  /// What a state leaves out makes no difference: states that are taken for one, however they came
  /// about, have the same successors, step by step. Looked at in some of the edges to known states.
  @Test(arguments: [
    "calls", "ends", "process", "signals", "interrupts", "batches", "2x2x2", "messages",
    "messages-in-process", "3x1x2",
  ])
  func statesThatAreTakenForOneHaveTheSameSuccessors(_ name: String) throws {
    var configuration = try #require(NamedWorld.all.first { $0.name == name }).configuration
    configuration.isReduced = false
    let world = ExploredWorld(configuration)
    var known: [StateDigest: [StateDigest?]] = [:]
    var pending: [(image: ExploredWorld.Image, trace: [ExploredStep])] = [(world.image(), [])]
    var (edgeCount, comparedCount) = (0, 0)
    // The last one first: histories are long then, and states are met in different ways.
    while let (image, trace) = pending.popLast(), known.count < Self.states / 3 {
      for step in world.steps {
        world.restore(image)
        guard world.take(step) else { continue }
        edgeCount += 1
        let digest = world.read().digest
        let before = known[digest]
        guard before == nil || edgeCount % 10 == 0 else { continue }
        let next = world.image()
        let successors = Self.successors(of: next, in: world)
        known[digest] = successors
        guard let before else {
          pending.append((next, trace + [step]))
          continue
        }
        comparedCount += 1
        guard before != successors else { continue }
        let parting = world.steps.indices.first { before[$0] != successors[$0] } ?? 0
        ExplorerTests.report(
          (trace + [step], ["\(world.steps[parting]) leads elsewhere than after another history"]),
          in: name)
        return
      }
    }
    print("explorer: \(name): \(known.count) states, \(comparedCount) of them met again compared")
    #expect(comparedCount > 0)
  }

  private static func successors(
    of image: ExploredWorld.Image, in world: ExploredWorld
  ) -> [StateDigest?] {
    world.steps.map { step in
      world.restore(image)
      return world.take(step) ? world.read().digest : nil
    }
  }

  // MARK: Authority

  @Test(arguments: ["calls", "ends", "process", "signals", "2x2x2", "messages", "3x1x2"])
  func nothingIsChangedWithoutAuthority(_ name: String) throws {
    let world = try #require(NamedWorld.all.first { $0.name == name })
    var configuration = world.configuration
    configuration.checksAuthority = true
    Self.explore(ExploredWorld(configuration), "\(name), authority")
  }

  // MARK: Secrets

  /// Two threads that share an endpoint, and one that has another with both of them.
  private static let observed = Configuration(
    threadCount: 3, objects: [.endpoint, .endpoint], holdings: [[1, 2], [1, 2], [0, 2]],
    kinds: [
      .send, .pollingSend, .receive, .call, .callWithDeadline, .reply, .replyAndReceive, .dropReply,
      .badge, .delete, .revoke, .destroy, .timeOut, .kill, .suspend, .resume,
    ], isReduced: false)

  @Test func observersSeeNothingOfSecrets() {
    Self.explore(TwinWorld.secrets(Self.observed, observer: 2), "secrets")
  }

  /// The same, far from the root. `MNOS_SEED` replays what fails, `MNOS_STEPS` is how many.
  @Test func observersSeeNothingOfSecretsInLongRuns() {
    let seed = RandomSource.seed(standard: 1)
    let count = RandomSource.steps(standard: 4_000)
    var random = RandomSource(seed: seed)
    let world = TwinWorld.secrets(Self.observed, observer: 2)
    let root = world.image()
    var (trace, taken): ([ExploredStep], Int) = ([], 0)
    while taken < count {
      if trace.count == 40 {
        world.restore(root)
        trace = []
      }
      let step = random.pick(world.steps)
      // Ends are rare, or little else would happen.
      if [.kill, .destroy, .delete].contains(step.kind), random.chance(90) { continue }
      guard world.take(step) else {
        if random.chance(2) {
          world.restore(root)
          trace = []
        }
        continue
      }
      trace.append(step)
      taken += 1
      guard world.findingsOfStep.isEmpty else {
        Issue.record("MNOS_SEED=\(seed): \(ExploredStep.text(of: trace)): \(world.findingsOfStep)")
        return
      }
    }
    print("explorer: secrets: \(taken) steps of random runs, MNOS_SEED=\(seed)")
  }
}
