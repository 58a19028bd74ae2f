import KernelHAL
import PlatformCommon
import PlatformTesting
import Testing

@Suite struct ACPITableTests {
  private func parse(_ bytes: [UInt8]) -> ACPITable<FirmwareMemory>? {
    let memory = FirmwareMemory(bytes)
    return try? ACPITable(.eventTimer, at: memory.base, in: memory)
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

    #expect(throws: ACPITableRefusal.otherTable) {
      try ACPITable(.root, at: memory.base, in: memory)
    }
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
    var report = FirmwareReport()
    return ACPIRoot(
      pointerAt: Self.base, in: FirmwareMemory(bytes, at: Self.base), noting: &report)
  }

  /// The second table of its name.
  private func second(
    in root: ACPIRoot<FirmwareMemory>, noting report: inout FirmwareReport
  ) -> ACPITable<FirmwareMemory>? {
    var index: UInt64 = 0
    _ = root.table(.secondaryDefinitionBlock, from: &index, noting: &report)
    return root.table(.secondaryDefinitionBlock, from: &index, noting: &report)
  }

  @Test func tablesAreFoundByName() throws {
    var report = FirmwareReport()
    let root = try #require(parse(tables))

    #expect(root.count == 3)
    #expect(root.table(.eventTimer, noting: &report)?.byteCount == 36)
    #expect(root.table(.fixedHardware, noting: &report) == nil)
  }

  /// A pointer of the first revision has no other list than the one it names nowhere.
  @Test func pointerWithoutAListIsRefusedForThat() {
    var bytes = tables
    bytes[15] = 0
    bytes[8] = 0
    bytes[8] = 0 &- bytes[0..<20].reduce(0, &+)
    var report = FirmwareReport()

    let root = ACPIRoot(
      pointerAt: Self.base, in: FirmwareMemory(bytes, at: Self.base), noting: &report)

    let isRefused = root == nil
    #expect(isRefused)
    #expect(report.count == 1)
    #expect(report[0] == FirmwareFinding(.acpiRoot, .badPointer))
  }

  @Test func laterTablesOfOneNameAreFoundOneAfterTheOther() throws {
    var report = FirmwareReport()
    let root = try #require(parse(tables))
    var index: UInt64 = 0

    _ = try #require(root.table(.secondaryDefinitionBlock, from: &index, noting: &report))
    let second = root.table(.secondaryDefinitionBlock, from: &index, noting: &report)

    #expect(second?.word32(at: 36) == 3)
    #expect(root.table(.secondaryDefinitionBlock, from: &index, noting: &report) == nil)
    #expect(index == root.count)
  }

  /// Each table is looked at once, however often a list names it.
  @Test func endlessListIsCutShort() throws {
    typealias Root = ACPIRoot<FirmwareMemory>
    let entryCount = Root.countLimit + 100
    var list = TableBuilder("XSDT")
    for _ in 0..<entryCount { list.add(Self.base + 36 + 36 + entryCount * 8, byteCount: 8) }
    let root = try #require(
      parse(Array(tables.prefix(36)) + list.finished() + TableBuilder("SSDT").finished()))
    var report = FirmwareReport()
    var index: UInt64 = 0
    var found: UInt64 = 0
    while root.table(.secondaryDefinitionBlock, from: &index, noting: &report) != nil { found += 1 }

    #expect(found == Root.countLimit)
    #expect(root.sleepState(offByDefinitionBlockAt: 0, noting: &report) == nil)
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
    var report = FirmwareReport()

    #expect(root.count == 1)
    #expect(root.table(.eventTimer, noting: &report)?.address == Self.base + 100)
  }

  @Test(arguments: 0..<20)
  func damagedPointerIsRefused(_ index: Int) {
    var bytes = tables
    bytes[index] ^= 1

    #expect(parse(bytes) == nil)
  }

  @Test func tableThatIsNotReadableIsLeftOut() throws {
    let bytes = tables

    let root = try #require(parse(Array(bytes.dropLast(2))))
    var report = FirmwareReport()

    #expect(second(in: root, noting: &report) == nil)
    #expect(root.table(.secondaryDefinitionBlock, noting: &report) != nil)
    #expect(report.count == 1)
    let ssdt = FirmwareTable.acpi(ACPISignature.secondaryDefinitionBlock.rawValue)
    #expect(report[0] == FirmwareFinding(ssdt, .unreadable))
  }

  @Test func damagedTableIsNotedByItsName() throws {
    var bytes = tables
    bytes[bytes.count - 1] ^= 1
    let root = try #require(parse(bytes))
    var report = FirmwareReport()

    #expect(root.table(.eventTimer, noting: &report) != nil)
    #expect(report.count == 0)
    #expect(second(in: root, noting: &report) == nil)

    let ssdt = FirmwareTable.acpi(ACPISignature.secondaryDefinitionBlock.rawValue)
    #expect(report.count == 1 && report[0] == FirmwareFinding(ssdt, .badChecksum))
  }

  @Test func entryThatLeadsNowhereIsNoted() throws {
    var list = TableBuilder("XSDT")
    list.add(0x10, byteCount: 8)
    list.add(Self.base + 36 + 52, byteCount: 8)
    let bytes = Array(tables.prefix(36)) + list.finished() + TableBuilder("HPET").finished()
    let root = try #require(parse(bytes))
    var report = FirmwareReport()

    #expect(root.table(.eventTimer, noting: &report) != nil)

    let xsdt = FirmwareTable.acpi(ACPISignature.extendedRoot.rawValue)
    #expect(report.count == 1 && report[0] == FirmwareFinding(xsdt, .badPointer))
  }

  @Test func nullPointerIsRefused() {
    var report = FirmwareReport()
    #expect(ACPIRoot(pointerAt: 0, in: FirmwareMemory(tables), noting: &report) == nil)
    #expect(report.count == 1 && report[0] == FirmwareFinding(.acpiRoot, .unreadable))
  }
}
