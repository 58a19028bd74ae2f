import KernelHAL
import MnosABI
import Testing

@testable import PlatformX86_64

@Suite struct X86PageTableFormatTests {
  private let format = X86PageTableFormat(levelCount: 4, hasGiantPages: true)
  private let frame = PhysicalAddress(0x1_4000_0000)

  private static let read = PageRights.read
  static let rights: [PageRights] = [
    read, read.union(.write), read.union(.execute), read.union(.user),
    read.union(.write).union(.user), read.union(.execute).union(.user),
    read.union(.write).union(.global), read.union(.execute).union(.global),
    read.union(.write).union(.device), read.union(.write).union(.device).union(.user),
  ]

  @Test(arguments: rights, 0...2)
  func leafReadsBack(_ rights: PageRights, level: Int) {
    let entry = format.makeLeaf(at: frame, rights: rights, level: level)

    #expect(format.decode(entry, level: level) == .leaf(frame, rights))
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
