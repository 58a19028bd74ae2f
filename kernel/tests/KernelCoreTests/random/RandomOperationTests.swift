import MnosABI
import Testing

@testable import KernelCore

/// Random programs, with everything checked after each step.
///
/// A failure prints its seed; `MNOS_SEED` replays it, `MNOS_STEPS` sets the length and
/// `MNOS_TRACE` prints each step before it is made.
@Suite struct RandomOperationTests {
  /// Runs worlds one after the other until `steps` steps are done.
  ///
  /// - Returns: How often each call ended with each status.
  @discardableResult
  static func run(
    seed: UInt64, steps: Int, interleaves: Bool
  ) -> [SyscallNumber: [SyscallStatus: Int]] {
    var left = steps
    var seeds = RandomSource(seed: seed)
    var outcomes: [SyscallNumber: [SyscallStatus: Int]] = [:]
    while left > 0 {
      let worldSeed = left == steps ? seed : seeds.next()
      var world = RandomWorld(seed: worldSeed, interleaves: interleaves)
      var count = 0
      while left > 0, count < 600, !world.isOver {
        world.step()
        count += 1
        left -= 1
        var findings =
          world.machine.findings(ignoringPriorities: true) + world.brokenPromises()
        if !RandomSource.ignored.isEmpty {
          findings.removeAll { finding in RandomSource.ignored.contains { finding.contains($0) } }
        }
        guard findings.isEmpty else {
          Issue.record(
            """
            MNOS_SEED=\(worldSeed) fails at step \(count):
            \(findings.prefix(6).joined(separator: "\n"))
            after
            \(world.trace.suffix(14).joined(separator: "\n"))
            """)
          return outcomes
        }
      }
      left -= 1
      for (number, statuses) in world.outcomes {
        outcomes[number, default: [:]].merge(statuses, uniquingKeysWith: +)
      }
    }
    return outcomes
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>, [false, true])
  func randomProgramsBreakNothing(stream: UInt64, interleaves: Bool) {
    let seed = RandomSource.seed(standard: 20_260_101 &* stream)

    let outcomes = Self.run(
      seed: seed, steps: RandomSource.steps(standard: 150), interleaves: interleaves)

    if RandomSource.isReporting {
      for (number, statuses) in outcomes.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        let counts = statuses.sorted { $0.key.rawValue < $1.key.rawValue }
        print("\(number):", counts.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
      }
    }
  }
}
