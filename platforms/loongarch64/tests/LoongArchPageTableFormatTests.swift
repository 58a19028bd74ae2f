import KernelHAL
import MnosABI
import Testing

@testable import PlatformLoongArch64

@Suite struct LoongArchPageTableFormatTests {
  private let format = LoongArchPageTableFormat(
    protection: PageProtection(
      hasReadInhibit: true, hasExecuteProtection: true, hasRestrictedLevel: true))
  /// A CPU without any of the bits above the address.
  private let plainFormat = LoongArchPageTableFormat(
    protection: PageProtection(
      hasReadInhibit: false, hasExecuteProtection: false, hasRestrictedLevel: false))

  private static let notReadable: UInt64 = 1 << 61
  private static let notExecutable: UInt64 = 1 << 62
  private static let restricted: UInt64 = 1 << 63

  @Test func upperHalfHasItsOwnRoot() {
    #expect(format.levelCount == 4)
    #expect(format.sharedRootEntries.isEmpty)
    #expect(format.userAddressLimit == 1 << 47)
    #expect((0...3).filter { format.permitsLeaf(atLevel: $0) } == [0, 1, 2])
  }

  /// Each permission and what the manual says that its bits are: V, D, PLV (2), MAT (2), G, P
  /// and W from bit 0; bits 9 and 10 are for software; NR, NX and RPLV are the uppermost.
  @Test(
    arguments: [
      (.read, 0b100_1001_0001 | notExecutable),
      (.read.union(.write), 0b101_1001_0011 | notExecutable),
      (.write, 0b101_1001_0011 | notExecutable),
      (.execute, 0b010_1001_0001 | notReadable),
      (.read.union(.execute), 0b000_1001_0001),
      (.read.union(.user), 0b100_1001_1101 | notExecutable | restricted),
      (.read.union(.execute).union(.user), 0b000_1001_1101 | restricted),
      (.read.union(.global), 0b100_1101_0001 | notExecutable),
      (.read.union(.write).union(.device), 0b101_1000_0011 | notExecutable),
      (.read.union(.write).union(.writeCombining), 0b101_1010_0011 | notExecutable),
      (.write.union(.writeCombining).union(.device), 0b101_1000_0011 | notExecutable),
    ] as [(PageRights, UInt64)])
  func leafHasTheBitsOfItsRights(rights: PageRights, bits: UInt64) {
    let entry = format.makeLeaf(at: PhysicalAddress(0x9020_3000), rights: rights, level: 0)

    #expect(entry == 0x9020_3000 | bits)
  }

  @Test func hugePageHasItsGlobalBitElsewhere() {
    let rights = PageRights.read.union(.global)

    let entry = format.makeLeaf(at: PhysicalAddress(0x4000_0000), rights: rights, level: 2)

    #expect(entry == 0x4000_0000 | 0b1_0100_1101_0001 | Self.notExecutable)
  }

  @Test func bitsThatTheCPULacksStayClear() {
    for bits in UInt8(0)..<128 {
      let rights = PageRights(bits: bits)

      let entry = plainFormat.makeLeaf(at: PhysicalAddress(0x1000), rights: rights, level: 0)

      #expect(entry >> 48 == 0, "rights \(bits)")
    }
  }

  @Test func tableIsItsAddress() {
    let entry = format.makeTable(at: PhysicalAddress(0x9020_3000))

    #expect(entry == 0x9020_3000)
    for level in 1...3 {
      #expect(format.decode(entry, level: level) == .table(PhysicalAddress(0x9020_3000)))
    }
    #expect(format.decode(entry, level: 0) == .empty)
  }

  @Test func leafReadsBackAsItWasMade() {
    for bits in UInt8(0)..<128 {
      let rights = PageRights(bits: bits)
      let isWritableAndExecutable = rights.includes(.write) && rights.includes(.execute)
      let hasAccess = bits & 7 != 0
      for (format, level) in [(format, 0), (format, 1), (format, 2), (plainFormat, 0)] {
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

  @Test func emptyAndMisplacedEntriesAreEmpty() {
    let leaf = format.makeLeaf(at: PhysicalAddress(0), rights: .read, level: 1)

    for level in 0...3 { #expect(format.decode(0, level: level) == .empty) }
    // Neither valid at the lowest level, nor a page where none may be.
    #expect(format.decode(0x4000_0002, level: 0) == .empty)
    #expect(format.decode(leaf, level: 3) == .empty)
  }

  @Test func walkFollowsTheSameLevels() {
    // Bases 12, 21 and 30 with 9 bits each; 39 with 9 bits in the other register.
    #expect(PageWalk.lowerLevels == 12 | 9 << 5 | 21 << 10 | 9 << 15 | 30 << 20 | 9 << 25)
    #expect(PageWalk.upperLevels == 39 | 9 << 6)
    #expect(PageWalk.pageShift == 12)
  }

  @Test(arguments: [(0, 1), (8, 256), (10, 1024), (16, 1024)] as [(UInt64, UInt32)])
  func identifiersAreAsManyAsTheCPUHas(bits: UInt64, count: UInt32) {
    #expect(SpaceIdentifiers.count(configuration: bits << 16 | 5) == count)
  }
}
