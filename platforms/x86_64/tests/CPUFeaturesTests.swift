import Testing

@testable import PlatformX86_64

@Suite struct CPUFeaturesTests {
  /// A CPU by what it answers to some leaves; 0 to others.
  private func features(
    _ leaves: [UInt32: CPUIDWords], highest: UInt32 = 7, vendor: String = "GenuineIntel"
  ) -> CPUFeatures {
    func word(_ start: Int) -> UInt32 {
      Array(vendor.utf8)[start..<start + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    return CPUFeatures { leaf, _ in
      if let words = leaves[leaf] { return words }
      switch leaf {
      case 0: return CPUIDWords(eax: highest, ebx: word(0), ecx: word(8), edx: word(4))
      case 0x8000_0000: return CPUIDWords(eax: 0x8000_0008)
      default: return CPUIDWords()
      }
    }
  }

  /// Every bit that CPUID can say is on.
  private var everything: CPUFeatures {
    let all = CPUIDWords(eax: .max, ebx: .max, ecx: .max, edx: .max)
    return features([1: all, 7: all, 0x8000_0001: all])
  }

  // MARK: Control registers

  @Test func controlRegisterIsSetAndNotAddedTo() {
    // PAE, MCE, PGE, OSFXSR, OSXMMEXCPT, UMIP, SMEP, SMAP.
    let all: UInt64 = 1 << 5 | 1 << 6 | 1 << 7 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 20 | 1 << 21

    #expect(ControlWords.cr4(everything, loaded: 0) == all)
    #expect(ControlWords.cr4(everything, loaded: .max) == all | ControlWords.fiveLevels)
    #expect(
      ControlWords.cr4(features([:]), loaded: .max)
        == 1 << 5 | 1 << 7 | 1 << 9 | 1 << 10 | ControlWords.fiveLevels)
  }

  /// AVX, protection keys, counters, segment bases, identifiers, control-flow enforcement.
  @Test(arguments: [18, 22, 8, 16, 17, 23, 2] as [UInt64])
  func whatAFirmwareLeftOnIsTurnedOff(bit: UInt64) {
    #expect(ControlWords.cr4(everything, loaded: 1 << bit) & 1 << bit == 0)
  }

  @Test func fastSaveIsTurnedOff() {
    // LME, LMA, SCE, NXE.
    #expect(ControlWords.extendedFeatures(loaded: .max) == 0xd01)
    #expect(ControlWords.extendedFeatures(loaded: 0x500) == 0xd01)
  }

  @Test func pageAttributeTableIsToldByLeaf1() {
    #expect(features([1: CPUIDWords(edx: 1 << 16)]).hasPageAttributes)
    #expect(!features([1: CPUIDWords(edx: ~(1 << 16))]).hasPageAttributes)
  }

  /// Bits 8 to 15 of EBX count units of 8 bytes; they mean nothing without CLFSH, bit 19 of EDX.
  @Test func cacheLineIsToldByLeaf1() {
    let line = CPUIDWords(ebx: 0xff00_08ff, edx: 1 << 19)

    #expect(features([1: line]).cacheLineByteCount == 64)
    #expect(features([1: CPUIDWords(ebx: 0x0800)]).cacheLineByteCount == 0)
    #expect(features([7: CPUIDWords(ebx: 1 << 23)]).hasOptimizedFlush)
    #expect(!features([7: CPUIDWords(ebx: ~(1 << 23))]).hasOptimizedFlush)
  }

  // MARK: Error pointers

  @Test(
    arguments: [
      ("AuthenticAMD", 0, true), ("AuthenticAMD", 1 << 2, false), ("HygonGenuine", 0, true),
      ("HygonGenuine", 1 << 2, false), ("GenuineIntel", 0, false), ("CentaurHauls", 0, false),
    ] as [(String, UInt32, Bool)])
  func cpusThatLeaveErrorPointersAreKnown(vendor: String, sizes: UInt32, leaves: Bool) {
    let features = features([0x8000_0008: CPUIDWords(ebx: sizes)], vendor: vendor)

    #expect(features.leavesErrorPointers == leaves)
  }

  @Test func frequenciesAreThoseOfLeaf15() {
    let told = features([0x15: CPUIDWords(eax: 2, ebx: 200, ecx: 24_000_000)], highest: 0x16)

    #expect(told.timeStampFrequency == 2_400_000_000)
    #expect(told.crystalFrequency == 24_000_000)
    #expect(features([:], highest: 0x16).timeStampFrequency == 0)
  }
}

@Suite struct HardwareRandomTests {
  private func number(seed: [UInt64?], random: [UInt64?]) -> UInt64 {
    var seeds = seed.makeIterator()
    var randoms = random.makeIterator()
    return HardwareRandom.number(
      seed: { seeds.next() ?? nil }, random: { randoms.next() ?? nil }, counter: { 1 })
  }

  @Test func aSeedIsTakenFirst() {
    #expect(number(seed: [7], random: [8]) == 7)
    #expect(number(seed: [nil, nil, 7], random: [8]) == 7)
  }

  @Test func aSourceWithoutNumbersIsPassedOver() {
    #expect(number(seed: [], random: [8]) == 8)
    #expect(number(seed: [], random: [nil, 9]) == 9)
  }

  /// What Zen 2 answers, with the flag of success.
  @Test(arguments: [0, .max] as [UInt64])
  func anAnswerThatIsNoNumberIsNotBelieved(answer: UInt64) {
    let stuck = [UInt64?](repeating: answer, count: 1_000)

    #expect(number(seed: stuck, random: [8]) == 8)
    #expect(number(seed: stuck, random: stuck) == 0x9e37_79b9_7f4a_7c15)
    #expect(number(seed: [answer, 5], random: []) == 5)
  }
}
