import KernelHAL
import Testing

@testable import PlatformLoongArch64

@Suite struct CPUFeaturesTests {
  /// The words of a Loongson 3A5000, as its manual has them.
  private func features(changing changes: [UInt64: UInt64] = [:]) -> CPUFeatures {
    let words: [UInt64: UInt64] = [
      1: 0x1f2_f2fe, 2: 0x60_c3cf, 4: 100_000_000, 5: 0x1_0001,
    ]
    return CPUFeatures { changes[$0] ?? words[$0] ?? 0 }
  }

  @Test func wordsAreDecoded() throws {
    let features = features()

    #expect(features.physicalAddressWidth == 48)
    #expect(features.virtualAddressWidth == 48)
    #expect(
      features.protection
        == PageProtection(
          hasReadInhibit: true, hasExecuteProtection: true, hasRestrictedLevel: true))
    #expect(features.hasFloat && features.hasPageWalk && features.hasControlRegisters)
    #expect(features.timeFrequency == 100_000_000)
    try features.validate()
  }

  @Test func frequencyIsMultipliedAndDivided() {
    #expect(features(changing: [4: 25_000_000, 5: 3 << 16 | 12]).timeFrequency == 100_000_000)
    #expect(features(changing: [5: 12]).timeFrequency == 0)
  }

  @Test(
    arguments: [
      (1, 0x1f2_6abe), (1, 0x1f2_f2f6), (1, 0x1f2_f2fa), (2, 0x40_c3cf), (4, 0), (5, 0),
    ] as [(UInt64, UInt64)])
  func missingPartsAreRefused(word: UInt64, value: UInt64) {
    #expect(throws: BootFailure.self) { try features(changing: [word: value]).validate() }
  }

  @Test func floatNeedsDoubles() {
    #expect(!features(changing: [2: 0x60_c3cb]).hasFloat)
    #expect(!features(changing: [2: 0x60_c3ce]).hasFloat)
  }

  /// The word is a count in multiples of 4, and bit 0 to count at all.
  @Test(
    arguments: [
      (0, 5), (1, 5), (4, 5), (5, 9), (1_000, 1_001), (1 << 47, 1 << 47 | 1),
      (1 << 48, 0xffff_ffff_fffd), (.max, 0xffff_ffff_fffd),
    ] as [(UInt64, UInt64)])
  func timerCountsAtLeastTheTicks(ticks: UInt64, word: UInt64) {
    let timer = ConstantTimer(configuration: 47 << 4 | 8)

    #expect(timer.word(ticks: ticks) == word)
  }
}
