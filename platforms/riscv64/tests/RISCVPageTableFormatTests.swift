import KernelHAL
import MnosABI
import Testing

@testable import PlatformRISCV64

@Suite struct RISCVPageTableFormatTests {
  private let format = RISCVPageTableFormat(levelCount: 3)
  /// CPUs without page types, with them, and with those that need no flush.
  private let formats = [PageTypes.none, .all(canFlush: true), .all(canFlush: false)].map {
    RISCVPageTableFormat(levelCount: 3, pageTypes: $0)
  }

  @Test(arguments: [(3, 38), (4, 47), (5, 56)] as [(Int, UInt64)])
  func userHalfGrowsWithTheLevels(levels: Int, bits: UInt64) {
    #expect(RISCVPageTableFormat(levelCount: levels).userAddressLimit == 1 << bits)
    #expect(RISCVPageTableFormat(levelCount: levels).sharedRootEntries == 256..<512)
  }

  /// Each permission and what the specification says that its bits are: V, R, W, X, U, G, A
  /// and D from bit 0, then two bits for software.
  @Test(
    arguments: [
      (.read, 0b00_1100_0011), (.read.union(.write), 0b00_1100_0111),
      (.write, 0b00_1100_0111), (.execute, 0b00_1100_1001),
      (.read.union(.execute), 0b00_1100_1011),
      (.read.union(.user), 0b00_1101_0011), (.read.union(.global), 0b00_1110_0011),
      (.read.union(.write).union(.device), 0b01_1100_0111),
      (.read.union(.write).union(.writeCombining), 0b10_1100_0111),
      (.write.union(.writeCombining).union(.device), 0b01_1100_0111),
    ] as [(PageRights, UInt64)])
  func leafHasTheBitsOfItsRights(rights: PageRights, bits: UInt64) {
    let entry = format.makeLeaf(at: PhysicalAddress(0x8020_3000), rights: rights, level: 0)

    #expect(entry == 0x8_0203 << 10 | bits)
  }

  /// PBMT, bits 61 and 62: IO is 2, NC is 1. The bits for software stay as they are.
  @Test(
    arguments: [
      (.device, true, 2), (.writeCombining, true, 1), (.none, true, 0),
      (.device.union(.writeCombining), true, 2), (.device, false, 2), (.writeCombining, false, 0),
    ] as [(PageRights, Bool, UInt64)])
  func leafHasItsTypeWhereTheCPUKnowsTypes(caching: PageRights, canFlush: Bool, type: UInt64) {
    let typed = RISCVPageTableFormat(levelCount: 3, pageTypes: .all(canFlush: canFlush))
    let rights = caching.union(.read)

    for level in 0...2 {
      let entry = typed.makeLeaf(at: PhysicalAddress(0x4000_0000), rights: rights, level: level)
      let plain = format.makeLeaf(at: PhysicalAddress(0x4000_0000), rights: rights, level: level)
      #expect(entry == plain | type << 61)
    }
  }

  /// The reserved bits: PBMT without its extension, N and the rest always.
  @Test func bitsThatTheCPULacksStayClear() {
    let typed = RISCVPageTableFormat(levelCount: 3, pageTypes: .all(canFlush: true))
    let last = PhysicalAddress((1 << 56) - 4096)
    for bits in UInt8(0)..<128 {
      let rights = PageRights(bits: bits)
      #expect(format.makeLeaf(at: last, rights: rights, level: 0) >> 54 == 0, "rights \(bits)")
      let entry = typed.makeLeaf(at: last, rights: rights, level: 0)
      #expect((entry & ~(3 << 61)) >> 54 == 0, "rights \(bits)")
      #expect(entry >> 61 != 3, "rights \(bits)")
    }
    #expect(typed.makeTable(at: last) >> 54 == 0)
  }

  @Test func tablePointsOnlyToTheNextLevel() {
    let entry = format.makeTable(at: PhysicalAddress(0x8020_3000))

    #expect(entry == 0x8_0203 << 10 | 1)
    #expect(format.decode(entry, level: 2) == .table(PhysicalAddress(0x8020_3000)))
    #expect(format.decode(entry, level: 1) == .table(PhysicalAddress(0x8020_3000)))
    #expect(format.decode(entry, level: 0) == .empty)
  }

  @Test func leafReadsBackAsItWasMade() {
    for bits in UInt8(0)..<128 {
      let rights = PageRights(bits: bits)
      let isWritableAndExecutable = rights.includes(.write) && rights.includes(.execute)
      let hasAccess = bits & 7 != 0
      for (format, level) in (0...2).flatMap({ level in formats.map { ($0, level) } }) {
        let entry = format.makeLeaf(at: PhysicalAddress(0x4000_0000), rights: rights, level: level)
        guard hasAccess, !isWritableAndExecutable else {
          #expect(entry == 0, "rights \(bits)")
          continue
        }
        var expected = rights.includes(.write) ? rights.union(.read) : rights
        // Device goes before write-combining.
        if rights.includes(.device) {
          expected = PageRights(bits: expected.bits & ~PageRights.writeCombining.bits)
        }
        #expect(
          format.decode(entry, level: level) == .leaf(PhysicalAddress(0x4000_0000), expected),
          "rights \(bits)")
      }
    }
  }

  @Test(arguments: [0, 0xfffe, 0x4, UInt64.max - 1] as [UInt64])
  func entryWithoutValidBitIsEmpty(entry: UInt64) {
    for level in 0...2 { #expect(format.decode(entry, level: level) == .empty) }
  }

  @Test func highestPhysicalAddressFits() {
    let last = PhysicalAddress((1 << 56) - 4096)

    let entry = format.makeLeaf(at: last, rights: .read, level: 0)

    #expect(format.decode(entry, level: 0) == .leaf(last, .read))
    #expect(entry >> 54 == 0)
  }

  @Test func leavesStandUpToAGigabyte() {
    let wide = RISCVPageTableFormat(levelCount: 5)

    #expect(
      (-1...5).map { wide.permitsLeaf(atLevel: $0) } == [
        false, true, true, true, false, false, false,
      ])
  }

  // MARK: satp

  @Test(arguments: [(8, 3), (9, 4), (10, 5)] as [(UInt64, Int)])
  func modeOfTheLoaderIsKept(mode: UInt64, levels: Int) throws {
    let loaded = mode << 60 | 0x8_0203

    let control = try #require(
      TranslationControl(loaded: loaded, probed: loaded | 0xffff << 44))

    #expect(control.levelCount == levels)
    #expect(control.mode == mode << 60)
    #expect(control.identifierCount == 65_536)
  }

  @Test(arguments: [(0, 1), (1, 2), (0xff, 256)] as [(UInt64, UInt32)])
  func identifierWidthIsWhatStayed(bits: UInt64, count: UInt32) {
    let control = TranslationControl(loaded: 8 << 60, probed: 8 << 60 | bits << 44)

    #expect(control?.identifierCount == count)
  }

  @Test(arguments: [0, 1, 7, 11, 15] as [UInt64])
  func otherModesAreRefused(mode: UInt64) {
    #expect(TranslationControl(loaded: mode << 60, probed: mode << 60) == nil)
  }

  @Test func translationWordNamesRootAndIdentifier() {
    let word = TranslationControl.word(mode: 8 << 60, identifier: 0x1234, root: 0x8020_3000)

    #expect(word == 0x8123_4000_0008_0203)
    #expect(TranslationControl.root(of: word) == 0x8020_3000)
  }
}
