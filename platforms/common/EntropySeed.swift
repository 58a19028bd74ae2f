/// Random bits of the firmware, where the CPU has none of its own.
public struct EntropySeed: Equatable, Sendable {
  public var bits: UInt64
  public init(bits: UInt64 = 0) { self.bits = bits }

  /// The seed stirred with `time`, so that one seed gives unlike numbers at unlike times.
  ///
  /// Source: Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators (splitmix64).
  public func number(at time: UInt64) -> UInt64 {
    var mixed = (bits ^ time) &+ 0x9e37_79b9_7f4a_7c15
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}

extension DeviceTree {
  /// Source: Devicetree schema "chosen", rng-seed.
  public var entropySeed: EntropySeed {
    guard
      let chosen = child("chosen", of: root), let seed = property("rng-seed", of: chosen)
    else { return EntropySeed() }
    return EntropySeed(bits: number(2, cellsAt: 0, of: seed) ?? 0)
  }
}
