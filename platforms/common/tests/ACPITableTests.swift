import PlatformCommon
import PlatformTesting
import Testing

@Suite struct ACPITableTests {
  private func parse(_ bytes: [UInt8]) -> ACPITable<FirmwareMemory>? {
    let memory = FirmwareMemory(bytes)
    return ACPITable(.eventTimer, at: memory.base, in: memory)
  }

  private var sound: [UInt8] {
    var builder = TableBuilder("HPET")
    builder.add(0x1122_3344_5566_7788, byteCount: 8)
    return builder.finished()
  }

  @Test func soundTableIsRead() throws {
    let table = try #require(parse(sound))

    #expect(table.byteCount == 44)
    #expect(table.word64(at: 36) == 0x1122_3344_5566_7788)
    #expect(table.word8(at: 43) == 0x11)
  }

  @Test(arguments: [37, 44, 45, .max] as [UInt64])
  func readingPastTheEndIsNil(_ offset: UInt64) throws {
    let table = try #require(parse(sound))

    #expect(table.word64(at: offset) == nil)
  }

  @Test(arguments: 0..<44)
  func oneChangedByteIsRefused(_ index: Int) {
    var bytes = sound
    bytes[index] ^= 0x40

    #expect(parse(bytes) == nil)
  }

  @Test(arguments: 0..<44)
  func truncatedTableIsRefused(_ count: Int) {
    #expect(parse(Array(sound.prefix(count))) == nil)
  }

  @Test(arguments: [0, 35, 4 << 20 + 1, .max] as [UInt32])
  func lengthOutOfBoundsIsRefused(_ length: UInt32) {
    var bytes = sound
    for index in 0..<4 { bytes[4 + index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }

    #expect(parse(bytes) == nil)
  }

  @Test func otherSignatureIsRefused() {
    let memory = FirmwareMemory(sound)

    #expect(ACPITable(.root, at: memory.base, in: memory) == nil)
  }
}

@Suite struct ACPIRootTests {
  private static let base: UInt64 = 0x8000_0000
  private var tables: [UInt8] {
    let one = TableBuilder("HPET").finished()
    let two = TableBuilder("SSDT").finished()
    var three = TableBuilder("SSDT")
    three.add(3, byteCount: 4)
    return TableBuilder.memory(of: [one, two, three.finished()], at: Self.base)
  }

  private func parse(_ bytes: [UInt8]) -> ACPIRoot<FirmwareMemory>? {
    ACPIRoot(pointerAt: Self.base, in: FirmwareMemory(bytes, at: Self.base))
  }

  @Test func tablesAreFoundByName() throws {
    let root = try #require(parse(tables))

    #expect(root.count == 3)
    #expect(root.table(.eventTimer)?.byteCount == 36)
    #expect(root.table(.fixedHardware) == nil)
  }

  @Test func laterTablesOfOneNameAreFoundBySkipping() throws {
    let root = try #require(parse(tables))

    #expect(root.table(.secondaryDefinitionBlock, skip: 1)?.word32(at: 36) == 3)
    #expect(root.table(.secondaryDefinitionBlock, skip: 2) == nil)
  }

  @Test func listOf32BitAddressesServesOldPointers() throws {
    let table = TableBuilder("HPET").finished()
    var list = TableBuilder("RSDT")
    list.add(Self.base + 100, byteCount: 4)
    var bytes = Array("RSD PTR ".utf8) + [0] + Array("MNOS  ".utf8) + [0]
    bytes += [24, 0, 0, 0x80]
    bytes[8] = 0 &- bytes.reduce(0, &+)
    bytes += [0, 0, 0, 0] + list.finished()
    bytes += [UInt8](repeating: 0, count: 100 - bytes.count) + table

    let root = try #require(parse(bytes))

    #expect(root.count == 1)
    #expect(root.table(.eventTimer)?.address == Self.base + 100)
  }

  @Test(arguments: 0..<20)
  func damagedPointerIsRefused(_ index: Int) {
    var bytes = tables
    bytes[index] ^= 1

    #expect(parse(bytes) == nil)
  }

  @Test func tableThatIsNotReadableIsLeftOut() throws {
    let bytes = tables

    let root = try #require(parse(Array(bytes.dropLast(10))))

    #expect(root.table(.secondaryDefinitionBlock, skip: 1) == nil)
    #expect(root.table(.secondaryDefinitionBlock) != nil)
  }

  @Test func nullPointerIsRefused() {
    #expect(ACPIRoot(pointerAt: 0, in: FirmwareMemory(tables)) == nil)
  }
}
