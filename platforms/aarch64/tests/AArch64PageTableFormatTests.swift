import KernelHAL
import MnosABI
import Testing

@testable import PlatformAArch64

@Suite struct AArch64PageTableFormatTests {
  /// Memory in place 0 of MAIR_EL1, devices in place 1, uncached memory in place 2.
  private let format: AArch64PageTableFormat

  init() throws {
    format = AArch64PageTableFormat(
      attributes: try #require(MemoryAttributes(loaded: 0xff)))
  }

  @Test func halvesHave48Bits() {
    #expect(format.levelCount == 4)
    #expect(format.userAddressLimit == 1 << 48)
    #expect(format.sharedRootEntries.isEmpty)
    #expect(
      (-1...4).map { format.permitsLeaf(atLevel: $0) } == [
        false, true, true, true, false, false,
      ])
  }

  /// What every leaf of level 0 has: valid, page, inner shareable, accessed.
  private static let page: UInt64 = 0x703
  private static let readOnly: UInt64 = 1 << 7
  private static let user: UInt64 = 1 << 6
  private static let notGlobal: UInt64 = 1 << 11
  private static let kernelNever: UInt64 = 1 << 53
  private static let userNever: UInt64 = 1 << 54

  /// Each permission and what the architecture says that its bits are.
  @Test(
    arguments: [
      (.read, readOnly | notGlobal | kernelNever | userNever),
      (.read.union(.write), notGlobal | kernelNever | userNever),
      (.write, notGlobal | kernelNever | userNever),
      (.read.union(.execute), readOnly | notGlobal | userNever),
      (.read.union(.global), readOnly | kernelNever | userNever),
      (.read.union(.user), readOnly | notGlobal | user | kernelNever | userNever),
      (.write.union(.user), notGlobal | user | kernelNever | userNever),
      (.read.union(.execute).union(.user), readOnly | notGlobal | user | kernelNever),
      (.execute.union(.user), readOnly | notGlobal | kernelNever),
      (.read.union(.write).union(.device), notGlobal | kernelNever | userNever | 1 << 2),
      (.write.union(.writeCombining), notGlobal | kernelNever | userNever | 2 << 2),
      (.write.union(.writeCombining).union(.device), notGlobal | kernelNever | userNever | 1 << 2),
    ] as [(PageRights, UInt64)])
  func leafHasTheBitsOfItsRights(rights: PageRights, bits: UInt64) {
    let entry = format.makeLeaf(at: PhysicalAddress(0x4020_3000), rights: rights, level: 0)

    #expect(entry == 0x4020_3000 | Self.page | bits)
  }

  @Test func blocksLackTheBitOfPages() {
    for level in 1...2 {
      let entry = format.makeLeaf(at: PhysicalAddress(0x4000_0000), rights: .read, level: level)
      #expect(entry & 3 == 1)
    }
  }

  /// No entry lets the kernel execute what user mode can reach, or both write and execute.
  @Test func noEntryIsWritableAndExecutableOrSharedCode() {
    for bits in UInt8(0)..<128 {
      let entry = format.makeLeaf(
        at: PhysicalAddress(0x4000_0000), rights: PageRights(bits: bits), level: 0)
      guard entry & 1 != 0 else { continue }
      let isKernelCode = entry & Self.kernelNever == 0
      let isUserCode = entry & Self.userNever == 0
      #expect(!(isKernelCode && isUserCode), "rights \(bits)")
      #expect(!(isKernelCode && entry & Self.user != 0), "rights \(bits)")
      #expect(!(isKernelCode || isUserCode) || entry & Self.readOnly != 0, "rights \(bits)")
    }
  }

  @Test func tablePointsOnlyToTheNextLevel() {
    let entry = format.makeTable(at: PhysicalAddress(0x4020_3000))

    #expect(entry == 0x4020_3003)
    for level in 1...3 {
      #expect(format.decode(entry, level: level) == .table(PhysicalAddress(0x4020_3000)))
    }
  }

  @Test func leafReadsBackAsItWasMade() {
    for bits in UInt8(0)..<128 {
      let rights = PageRights(bits: bits)
      let isWritableAndExecutable = rights.includes(.write) && rights.includes(.execute)
      for level in 0...2 {
        let entry = format.makeLeaf(at: PhysicalAddress(0x4000_0000), rights: rights, level: level)
        guard bits & 7 != 0, !isWritableAndExecutable else {
          #expect(entry == 0, "rights \(bits)")
          continue
        }
        // The kernel reads whatever it writes or executes, user mode whatever it writes.
        let isReadable = rights.includes(.write) || !rights.includes(.user)
        var expected = isReadable ? rights.union(.read) : rights
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

  /// Bit 1 without bit 0; a block where none can be; a page's place without a page's bit.
  @Test(arguments: [(0, 0), (0xfffe, 0), (0x4000_0001, 0), (0x4000_0001, 3)] as [(UInt64, Int)])
  func whatIsNeitherTableNorLeafIsEmpty(entry: UInt64, level: Int) {
    #expect(format.decode(entry, level: level) == .empty)
  }

  @Test func highestPhysicalAddressFits() {
    let last = PhysicalAddress((1 << 48) - 4096)

    let entry = format.makeLeaf(at: last, rights: .read, level: 0)

    #expect(format.decode(entry, level: 0) == .leaf(last, .read))
  }

  // MARK: MAIR_EL1

  @Test(arguments: 0..<8 as Range<UInt64>)
  func memoryKeepsItsPlace(normal: UInt64) throws {
    let attributes = try #require(MemoryAttributes(loaded: 0xff << (normal * 8)))

    #expect(attributes.normalBits == normal << 2)
    let places = [attributes.normalBits, attributes.deviceBits, attributes.uncachedBits]
    #expect(Set(places).count == 3)
    #expect(places.allSatisfy { $0 & ~MemoryAttributes.mask == 0 })
    // Write-back; Device-nGnRE, in all places left over too; Normal, non-cacheable.
    #expect(attribute(at: attributes.normalBits, attributes) == 0xff)
    #expect(attribute(at: attributes.uncachedBits, attributes) == 0x44)
    for place in 0..<8 as Range<UInt64>
    where place << 2 != attributes.normalBits && place << 2 != attributes.uncachedBits {
      #expect(attribute(at: place << 2, attributes) == 0x04)
    }
  }

  /// What MAIR_EL1 says of the place that an entry's bits name.
  private func attribute(at bits: UInt64, _ attributes: MemoryAttributes) -> UInt64 {
    attributes.register >> ((bits >> 2) * 8) & 0xff
  }

  @Test func loaderWithoutWriteBackMemoryIsRefused() {
    #expect(MemoryAttributes(loaded: 0x4404_0000_bb00_0044) == nil)
  }
}
