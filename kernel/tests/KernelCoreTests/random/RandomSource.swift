import Foundation

/// Reproducible random numbers: the same seed gives the same sequence everywhere.
struct RandomSource: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return (state &- 0x9e37_79b9_7f4a_7c15).hashed
  }

  /// A number below `limit`, which is not 0.
  mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

  /// True `percent` times in a hundred.
  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

  mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[below(choices.count)]
  }

  /// The seed to replay a random test with: `MNOS_SEED`, or `standard`.
  static func seed(standard: UInt64) -> UInt64 {
    ProcessInfo.processInfo.environment["MNOS_SEED"].flatMap { UInt64($0) } ?? standard
  }

  /// How many steps a random test takes: `MNOS_STEPS`, or `standard`.
  static func steps(standard: Int) -> Int {
    ProcessInfo.processInfo.environment["MNOS_STEPS"].flatMap { Int($0) } ?? standard
  }

  /// Findings that are looked past: those that contain one of the texts in `MNOS_IGNORE`,
  /// separated by bars. For finding what a known defect hides.
  static let ignored: [String] =
    ProcessInfo.processInfo.environment["MNOS_IGNORE"]?.split(separator: "|").map(String.init)
    ?? []

  /// Whether each step is printed before it is made: `MNOS_TRACE` is set.
  static let isTracing = ProcessInfo.processInfo.environment["MNOS_TRACE"] != nil

  /// Whether the tests print how often each call ended how: `MNOS_REPORT` is set.
  static let isReporting = ProcessInfo.processInfo.environment["MNOS_REPORT"] != nil
}
