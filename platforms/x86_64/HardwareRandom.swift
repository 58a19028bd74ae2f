/// A number from what the CPU says are random ones.
///
/// Some CPUs answer all ones each time and say that it went well: AMD's Zen 2 after a resume or
/// with old firmware. Zero is what a CPU leaves that says it has none. Neither is believed.
/// Source: AMD product security bulletin AMD-SB-7055; Linux, arch/x86/kernel/cpu/rdrand.c.
enum HardwareRandom {
  /// Times that a source is asked before the next one is.
  private static var tryLimit: Int { 64 }

  /// - Parameters: Each source answers nil while it has no number; nil at once if there is none.
  ///   `counter` differs from boot to boot and is taken where no source can be believed.
  static func number(
    seed: () -> UInt64?, random: () -> UInt64?, counter: () -> UInt64
  ) -> UInt64 {
    believable(seed) ?? believable(random) ?? counter() &* 0x9e37_79b9_7f4a_7c15
  }

  private static func believable(_ source: () -> UInt64?) -> UInt64? {
    for _ in 0..<tryLimit {
      guard let value = source(), value != 0, value != .max else { continue }
      return value
    }
    return nil
  }
}
