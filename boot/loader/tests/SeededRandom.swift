import Foundation

/// Random numbers that a printed seed brings back. Source of the steps: SplitMix64.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  /// Starts from `MNOS_SEED` if it is set, else from a new seed, and prints it with `name`.
  init(_ name: String) {
    let given = ProcessInfo.processInfo.environment["MNOS_SEED"].flatMap { UInt64($0) }
    let seed = given ?? UInt64.random(in: 0...UInt64.max)
    print("\(name): MNOS_SEED=\(seed)")
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// A number that is often at an edge.
  mutating func edgy() -> UInt64 {
    let edges: [UInt64] = [
      0, 1, 2, 7, 8, 23, 24, 55, 56, 63, 64, 4095, 4096, 4097, 1 << 31, 1 << 32, 1 << 63,
      UInt64.max, UInt64.max - 1, UInt64.max - 4095, 0xffff_ffff_8000_0000,
      0xffff_ffff_ffff_f000,
    ]
    return Bool.random(using: &self) ? edges.randomElement(using: &self)! : next()
  }
}
