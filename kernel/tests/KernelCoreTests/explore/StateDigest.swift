/// 128 bits of a state, made of its words in order.
struct StateDigest: Hashable, Comparable, CustomStringConvertible {
  private(set) var high: UInt64 = 0x6a09_e667_f3bc_c908
  private(set) var low: UInt64 = 0xbb67_ae85_84ca_a73b

  /// Two lanes with constants of their own; each word goes through both.
  mutating func add(_ word: UInt64) {
    high = (high ^ word) &* 0xff51_afd7_ed55_8ccd
    high ^= high >> 32
    low = ((low &+ word) ^ high >> 17) &* 0xc4ce_b9fe_1a85_ec53
    low ^= low >> 29
  }

  /// A digest of many states together, whatever their order.
  static func union(_ digests: some Sequence<StateDigest>) -> StateDigest {
    var sum = StateDigest()
    for digest in digests {
      var mixed = StateDigest()
      mixed.add(digest.high)
      mixed.add(digest.low)
      sum.high &+= mixed.high
      sum.low &+= mixed.low
    }
    return sum
  }

  static func < (left: Self, right: Self) -> Bool {
    left.high != right.high ? left.high < right.high : left.low < right.low
  }

  var description: String {
    [high, low].map {
      let digits = String($0, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}
