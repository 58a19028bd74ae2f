import Testing

@testable import PlatformAArch64

@Suite struct SystemControlTests {
  private func features(
    memory0: UInt64 = 0, memory1: UInt64 = 0, memory2: UInt64 = 0, instructions0: UInt64 = 0,
    processor0: UInt64 = 0, debug0: UInt64 = 0
  ) -> CPUFeatures {
    CPUFeatures(
      memory0: memory0, memory1: memory1, memory2: memory2, instructions0: instructions0,
      processor0: processor0, debug0: debug0)
  }

  @Test func everyFeatureHasItsField() {
    #expect(features(memory1: 1 << 20).hasPrivilegedAccessNever)
    #expect(!features(memory1: ~(15 << 20)).hasPrivilegedAccessNever)
    #expect(features(memory2: 1 << 60).hasKernelHalfFault)
    #expect(features(instructions0: 1 << 60).hasRandomNumbers)
    #expect(features(processor0: 0).hasFloat)
    #expect(features(processor0: 1 << 16).hasFloat)
    #expect(!features(processor0: 15 << 16).hasFloat)
    #expect(features(debug0: 6 << 8).hasPerformanceCounters)
    #expect(!features(debug0: 15 << 8).hasPerformanceCounters)
    #expect(!features().hasPerformanceCounters)
  }

  @Test(arguments: [(0, 256), (2, 65_536)] as [(UInt64, UInt32)])
  func identifiersAreAsWideAsTheCPUSays(field: UInt64, count: UInt32) {
    #expect(features(memory0: field << 4).identifierCount == count)
  }

  /// cortex-a53 has 40 bits, cortex-a72 44; 52 and 56 are used as 48.
  @Test(arguments: [(0, 0), (2, 2), (4, 4), (5, 5), (6, 5), (7, 5)] as [(UInt64, UInt64)])
  func physicalAddressesHave48BitsAtMost(field: UInt64, range: UInt64) {
    #expect(features(memory0: field).physicalRange == range)
    #expect(TranslationControl.word(features(memory0: field)) >> 32 & 7 == range)
  }

  @Test func translationIs48BitsOf4KiBPagesInBothHalves() {
    // T0SZ, T1SZ 16; walks write-back and inner shareable; TG0 0, TG1 2.
    #expect(TranslationControl.word(features()) == 0xb510_3510)
    #expect(TranslationControl.word(features(memory0: 2 << 4)) == 1 << 36 | 0xb510_3510)
    #expect(TranslationControl.word(features(memory2: 1 << 60)) == 1 << 56 | 0xb510_3510)
  }

  @Test(
    arguments: [
      (0x8010_0010, true), (0x0_8010_0019, true), (0x8019_0010, false), (0x0010_0010, false),
      (0xc010_0010, false),
    ] as [(UInt64, Bool)])
  func loadersKernelHalfMustBeLaidOutTheSame(loaded: UInt64, isUsable: Bool) {
    #expect(TranslationControl.isUsable(loaded) == isUsable)
  }

  @Test func operandsHoldIdentifierAndPage() {
    #expect(
      TranslationControl.operand(page: 0xffff_ffff_8000_3000, identifier: 0x1234)
        == 0x1234_0fff_fff8_0003)
    #expect(TranslationControl.operand(page: 0x1000, identifier: 0) == 1)
    #expect(TranslationControl.base(root: 0x4020_3000, identifier: 0xff) == 0x00ff_0000_4020_3000)
  }

  @Test func kernelRunsWithProtectionOn() {
    let word = SystemControl.word(features(memory1: 1 << 20))

    // MMU, data cache, instruction cache, WXN.
    for bit in [0, 2, 12, 19] as [UInt64] { #expect(word & 1 << bit != 0, "bit \(bit)") }
    // Misaligned accesses; SPAN, so that PAN is set by exceptions; UMA; nTWI; big endian.
    for bit in [1, 23, 9, 16, 24, 25] as [UInt64] { #expect(word & 1 << bit == 0, "bit \(bit)") }
  }

  @Test func bitOfPANIsOneWithoutIt() {
    #expect(SystemControl.word(features()) & 1 << 23 != 0)
  }

  /// cortex-a72 needs both; newer CPUs neither.
  @Test func cachesAreDescribedByCTR() {
    let old = CacheType(register: 0x8444_c004)
    let new = CacheType(register: 0x8444_c004 | 1 << 28 | 1 << 29)

    #expect(old.lineByteCount == 64)
    #expect(old.needsClean && old.needsDrop)
    #expect(!new.needsClean && !new.needsDrop)
  }
}
