import Testing

/// The kernel and the model of it, which was written from the manual alone, in lock step.
///
/// A failure prints its seed; `MNOS_SEED` replays it, `MNOS_STEPS` sets the length.
@Suite struct LockstepTests {
  /// Runs worlds one after the other until `steps` steps are done.
  ///
  /// - Returns: How often each kind of step ended how.
  @discardableResult
  static func run(seed: UInt64, steps: Int) -> [String: [String: Int]] {
    var left = steps
    var seeds = RandomSource(seed: seed)
    var outcomes: [String: [String: Int]] = [:]
    while left > 0 {
      var lockstep = Lockstep(seed: left == steps ? seed : seeds.next())
      while left > 0, lockstep.stepCount < 400, !lockstep.isOver, lockstep.failure == nil {
        lockstep.step()
        left -= 1
      }
      left -= 1
      for (kind, ends) in lockstep.outcomes {
        outcomes[kind, default: [:]].merge(ends, uniquingKeysWith: +)
      }
      if let failure = lockstep.failure {
        Issue.record("\(failure)")
        break
      }
    }
    return outcomes
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func modelAndKernelAgree(stream: UInt64) {
    let seed = RandomSource.seed(standard: 20_261_101 &* stream)

    let outcomes = Self.run(seed: seed, steps: RandomSource.steps(standard: 300))

    if RandomSource.isReporting {
      for (kind, ends) in outcomes.sorted(by: { $0.key < $1.key }) {
        let counts = ends.sorted { $0.key < $1.key }
        print("\(kind):", counts.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
      }
    }
  }
}
