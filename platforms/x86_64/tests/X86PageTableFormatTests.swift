import KernelHAL
import MnosABI
import Testing

@testable import PlatformX86_64

@Suite struct X86PageTableFormatTests {
  private let format = X86PageTableFormat(levelCount: 4, hasGiantPages: true)
  private let frame = PhysicalAddress(0x1_4000_0000)

  /// All of them: a page can be read whatever is asked for, write goes before execute, and device
  /// before write-combining.
  @Test func leafReadsBackAsItWasMade() {
    for bits in UInt8(0)..<128 {
      let rights = PageRights(bits: bits)
      var expected = bits | PageRights.read.bits
      if rights.includes(.write) { expected &= ~PageRights.execute.bits }
      if rights.includes(.device) { expected &= ~PageRights.writeCombining.bits }
      for level in 0...2 {
        let entry = format.makeLeaf(at: frame, rights: rights, level: level)

        #expect(
          format.decode(entry, level: level) == .leaf(frame, PageRights(bits: expected)),
          "rights \(bits), level \(level)")
        #expect(entry >> 63 == 1 || entry & 2 == 0, "rights \(bits), level \(level)")
      }
    }
  }

  /// PWT is bit 3, PCD bit 4; PAT is bit 7 of a page's entry, where a large page has the bit that
  /// says so, and bit 12 of a large page's.
  @Test(
    arguments: [
      (.none, 0, 0), (.device, 0, 0b1_1000), (.writeCombining, 0, 0b1000_1000),
      (.none, 1, 1 << 7), (.device, 1, 0b1001_1000), (.writeCombining, 1, 0x1000 | 0b1000_1000),
      (.writeCombining, 2, 0x1000 | 0b1000_1000),
    ] as [(PageRights, Int, UInt64)])
  func cachingIsChosenByThreeBits(_ caching: PageRights, level: Int, bits: UInt64) {
    let entry = format.makeLeaf(at: frame, rights: .read.union(caching), level: level)

    #expect(entry & 0x1098 == bits)
  }

  @Test func largePageIsWhereItIsWhateverItsCaching() {
    let last = PhysicalAddress((1 << 52) - (1 << 21))

    let entry = format.makeLeaf(at: last, rights: .read.union(.writeCombining), level: 1)

    #expect(format.decode(entry, level: 1) == .leaf(last, .read.union(.writeCombining)))
  }

  /// The number in an entry names what is meant in the page attribute table; 0, 3 and 5 are used.
  /// 0 is uncached, 1 write-combining and 6 write-back in a byte of it.
  @Test(arguments: [(.none, 6), (.device, 0), (.writeCombining, 1)] as [(PageRights, UInt64)])
  func tableHasWhatTheEntriesName(_ caching: PageRights, type: UInt64) {
    let entry = format.makeLeaf(at: frame, rights: .read.union(caching), level: 0)
    let number = entry >> 3 & 3 | (entry >> 7 & 1) << 2

    #expect(PageAttributes.word >> (8 * number) & 0xff == type)
  }

  /// What the entries are after reset, and where the boot protocol has write-combining.
  @Test func tableKeepsWhatLoadersUse() {
    #expect(PageAttributes.word & 0xffff_ffff == 0x0007_0406)
    #expect(PageAttributes.word >> 40 & 0xff == 1)
  }

  @Test(arguments: 1...4)
  func tableReadsBackAboveTheLowestLevel(_ level: Int) {
    let entry = format.makeTable(at: frame)

    #expect(format.decode(entry, level: level) == .table(frame))
  }

  @Test func leafHasTheBitsOfTheManual() {
    let code = format.makeLeaf(at: frame, rights: .read.union(.execute).union(.user), level: 0)
    let data = format.makeLeaf(at: frame, rights: .read.union(.write).union(.global), level: 0)
    let device = format.makeLeaf(at: frame, rights: .read.union(.device), level: 0)

    #expect(code == 0x1_4000_0000 | 0b110_0101)
    #expect(data == UInt64(1) << 63 | 0x1_4000_0000 | 0b1_0110_0011)
    #expect(device == UInt64(1) << 63 | 0x1_4000_0000 | 0b111_1001)
  }

  @Test func writablePageIsNeverExecutable() {
    let both = PageRights.read.union(.write).union(.execute)

    let entry = format.makeLeaf(at: frame, rights: both, level: 0)

    #expect(format.decode(entry, level: 0) == .leaf(frame, .read.union(.write)))
  }

  @Test(arguments: 0...4)
  func zeroIsEmpty(_ level: Int) {
    #expect(format.decode(0, level: level) == .empty)
  }

  @Test(arguments: 0...4)
  func entryThatIsNotPresentIsEmpty(_ level: Int) {
    #expect(format.decode(.max & ~1, level: level) == .empty)
  }

  @Test func leafWhereNoneMayStandIsEmpty() {
    let small = X86PageTableFormat(levelCount: 4, hasGiantPages: false)
    let entry = format.makeLeaf(at: frame, rights: .read, level: 2)

    #expect(small.decode(entry, level: 2) == .empty)
    #expect(format.decode(entry, level: 3) == .empty)
  }

  @Test func giantPagesNeedTheCPUsConsent() {
    let small = X86PageTableFormat(levelCount: 4, hasGiantPages: false)

    #expect((0..<4).map(small.permitsLeaf) == [true, true, false, false])
    #expect((0..<4).map(format.permitsLeaf) == [true, true, true, false])
  }

  @Test func kernelsHalfIsShared() {
    #expect(format.sharedRootEntries == 256..<512)
    #expect(format.userAddressLimit == 0x7fff_ffff_f000)
  }
}
