import KernelHAL
import PlatformCommon
import PlatformTesting
import Testing

@Suite struct ACPIRISCVTests {
  private func table(
    _ signature: ACPISignature, _ bytes: [UInt8]
  ) throws -> ACPITable<FirmwareMemory> {
    let memory = FirmwareMemory(bytes)
    return try ACPITable(signature, at: memory.base, in: memory)
  }

  /// A MADT with two harts at controller 0 and 1, and both controllers.
  private func interruptTable(
    _ change: (inout TableBuilder) -> Void = { _ in }
  ) throws -> ACPITable<FirmwareMemory> {
    var builder = TableBuilder("APIC", revision: 6)
    builder.add(0, byteCount: 8)
    hart(&builder, number: 4, identifier: 0x0000_0003)
    hart(&builder, number: 9, identifier: 0x0100_0001)
    controller(&builder, identifier: 0, base: 0xc00_0000, firstLine: 0)
    controller(&builder, identifier: 1, base: 0xd00_0000, firstLine: 96)
    change(&builder)
    return try table(.interruptControllers, builder.finished())
  }

  private func hart(
    _ table: inout TableBuilder, number: UInt64, identifier: UInt64, file: UInt64 = 0
  ) {
    for (value, count) in [(0x18, 1), (36, 1), (1, 1), (0, 1), (1, 4)] as [(UInt64, Int)] {
      table.add(value, byteCount: count)
    }
    table.add(number, byteCount: 8)
    table.add(0, byteCount: 4)
    table.add(identifier, byteCount: 4)
    table.add(file, byteCount: 8)
    table.add(0x1000, byteCount: 4)
  }

  private func controller(
    _ table: inout TableBuilder, identifier: UInt64, base: UInt64, firstLine: UInt64
  ) {
    for (value, count) in [(0x1b, 1), (36, 1), (1, 1), (identifier, 1), (0, 8), (95, 2), (7, 2)]
      as [(UInt64, Int)]
    {
      table.add(value, byteCount: count)
    }
    table.add(0, byteCount: 4)
    table.add(0x60_0000, byteCount: 4)
    table.add(base, byteCount: 8)
    table.add(firstLine, byteCount: 4)
  }

  private func interrupts(
    _ table: ACPITable<FirmwareMemory>, hart: UInt64
  ) -> ACPIPlatformInterrupts? {
    var report = FirmwareReport()
    return ACPIPlatformInterrupts(table, hart: hart, noting: &report)
  }

  @Test func hartFindsItsControllerAndContext() throws {
    let table = try interruptTable()

    let first = try #require(interrupts(table, hart: 4))
    let second = try #require(interrupts(table, hart: 9))

    #expect(first.base == 0xc00_0000 && first.delivery == .contexts(3) && first.firstLine == 0)
    #expect(second.base == 0xd00_0000 && second.delivery == .contexts(1) && second.firstLine == 96)
    #expect(first.sourceCount == 95 && first.byteCount == 0x60_0000)
  }

  /// An advanced controller with 96 sources, by wire or, with files, by message.
  private func advancedTable(identities: UInt64?) throws -> ACPITable<FirmwareMemory> {
    var builder = TableBuilder("APIC", revision: 6)
    builder.add(0, byteCount: 8)
    // Files lie in another order than harts.
    hart(&builder, number: 0, identifier: 0x0200_0000, file: 0x2800_1000)
    hart(&builder, number: 1, identifier: 0x0200_0001, file: 0x2800_0000)
    if let identities {
      for (value, count) in [(0x19, 1), (16, 1), (0, 2), (0, 4), (identities, 2), (0, 6)]
        as [(UInt64, Int)]
      {
        builder.add(value, byteCount: count)
      }
    }
    for (value, count) in [
      (0x1a, 1), (36, 1), (1, 1), (2, 1), (0, 4), (0, 8), (2, 2), (96, 2), (32, 4),
      (0xd00_0000, 8), (0x8000, 4),
    ] as [(UInt64, Int)] {
      builder.add(value, byteCount: count)
    }
    return try table(.interruptControllers, builder.finished())
  }

  @Test func advancedControllerInterruptsByWire() throws {
    let model = try #require(interrupts(try advancedTable(identities: nil), hart: 1))

    #expect(model.delivery == .wires(1))
    #expect(model.base == 0xd00_0000 && model.byteCount == 0x8000)
    #expect(model.sourceCount == 96 && model.firstLine == 32)
  }

  @Test(arguments: [(0, 1), (1, 0)] as [(UInt64, UInt32)])
  func interruptFilesGetMessages(hart: UInt64, file: UInt32) throws {
    let model = try #require(interrupts(try advancedTable(identities: 255), hart: hart))

    #expect(model.delivery == .messages(file: file, identityCount: 255))
    #expect(model.base == 0xd00_0000)
  }

  @Test func unknownHartHasNoController() throws {
    #expect(interrupts(try interruptTable(), hart: 5) == nil)
  }

  @Test func hartOfMissingControllerHasNone() throws {
    let table = try interruptTable { hart(&$0, number: 11, identifier: 0x0200_0001) }

    #expect(interrupts(table, hart: 11) == nil)
  }

  @Test(arguments: [0, 1, 200] as [UInt64])
  func entryOfImpossibleLengthIsNotedAndThoseBeforeItServe(length: UInt64) throws {
    let table = try interruptTable {
      $0.add(0x18, byteCount: 1)
      $0.add(length, byteCount: 1)
    }
    var report = FirmwareReport()

    #expect(ACPIPlatformInterrupts(table, hart: 4, noting: &report) != nil)
    #expect(report.count == 1)
    #expect(report[0].table == .acpi(ACPISignature.interruptControllers.rawValue))
    #expect(report[0].defect == (length == 0 ? .emptyEntry : .badEntryLength))
  }

  @Test func shortEntryIsPassedOver() throws {
    let table = try interruptTable {
      $0.add(0x18, byteCount: 1)
      $0.add(2, byteCount: 1)
    }

    #expect(interrupts(table, hart: 4) != nil)
  }

  @Test func timeFrequencyIsRead() throws {
    var builder = TableBuilder("RHCT")
    builder.add(0, byteCount: 4)
    builder.add(10_000_000, byteCount: 8)

    let table = try table(.hartCapabilities, builder.finished())

    var report = FirmwareReport()
    #expect(ACPIHartCapabilities(table, noting: &report)?.timeFrequency == 10_000_000)
    #expect(report.count == 0)
  }

  /// A table with one node that means nothing, then these strings and logarithms of block sizes.
  private func capabilities(
    _ strings: [String], blocks: [UInt64], count: UInt64? = nil, cut: Int = 0
  ) throws -> (ACPIHartCapabilities?, FirmwareReport) {
    var builder = TableBuilder("RHCT")
    builder.add(0, byteCount: 4)
    builder.add(10_000_000, byteCount: 8)
    builder.add(count ?? UInt64(1 + strings.count + blocks.count), byteCount: 4)
    builder.add(56, byteCount: 4)
    for (value, size) in [(0xffff, 2), (12, 2), (1, 2), (0, 2), (7, 4)] as [(UInt64, Int)] {
      builder.add(value, byteCount: size)
    }
    for string in strings {
      let bytes = Array(string.utf8) + [0, 0]
      for (value, size) in [(0, 2), (UInt64(8 + bytes.count), 2), (1, 2), (UInt64(bytes.count), 2)]
        as [(UInt64, Int)]
      {
        builder.add(value, byteCount: size)
      }
      builder.bytes += bytes
    }
    for size in blocks {
      for (value, size) in [(1, 2), (10, 2), (1, 2), (0, 1), (size, 1), (6, 1), (6, 1)]
        as [(UInt64, Int)]
      {
        builder.add(value, byteCount: size)
      }
    }
    builder.bytes.removeLast(cut)
    var report = FirmwareReport()
    let table = try table(.hartCapabilities, builder.finished())
    return (ACPIHartCapabilities(table, noting: &report), report)
  }

  @Test func extensionsAndBlocksAreRead() throws {
    let (read, report) = try capabilities(["rv64gc_zicbom_svpbmt"], blocks: [6])

    let capabilities = try #require(read)
    #expect(capabilities.extensions == RISCVExtensions(hasPageTypes: true, hasCacheBlocks: true))
    #expect(capabilities.cacheBlockByteCount == 64)
    #expect(capabilities.timeFrequency == 10_000_000)
    #expect(report.count == 0)
  }

  @Test func whatOneHartLacksNoneHas() throws {
    let (read, _) = try capabilities(["rv64gc_zicbom_svpbmt", "rv64gc_zicbom"], blocks: [6, 6])

    #expect(read?.extensions == RISCVExtensions(hasCacheBlocks: true))
    #expect(read?.cacheBlockByteCount == 64)
    #expect(try capabilities([], blocks: [6, 7]).0?.cacheBlockByteCount == 0)
    #expect(try capabilities([], blocks: [7, 6]).0?.cacheBlockByteCount == 0)
    #expect(try capabilities([], blocks: [32]).0?.cacheBlockByteCount == 0)
    #expect(try capabilities([], blocks: []).0?.extensions == RISCVExtensions())
  }

  /// No more nodes are read than the table says, nor past its end.
  @Test func nodesEndWhereTheTableSays() throws {
    #expect(
      try capabilities(["rv64gc_svpbmt"], blocks: [6], count: 1).0?.extensions == RISCVExtensions())
    let (more, report) = try capabilities(["rv64gc_svpbmt"], blocks: [6], count: .max >> 32)
    #expect(more?.cacheBlockByteCount == 64)
    #expect(report.count == 0)
  }

  @Test(arguments: 1...9)
  func aNodeThatIsCutOffIsNoted(cut: Int) throws {
    let (read, report) = try capabilities(["rv64gc_svpbmt"], blocks: [6], cut: cut)

    #expect(read?.extensions == RISCVExtensions(hasPageTypes: true))
    #expect(read?.cacheBlockByteCount == 0)
    #expect(report.count == (cut <= 6 ? 1 : 0))
  }

  @Test func missingOrZeroFrequencyIsRefused() throws {
    var builder = TableBuilder("RHCT")
    let short = try table(.hartCapabilities, builder.finished())
    builder.add(0, byteCount: 12)
    let zero = try table(.hartCapabilities, builder.finished())

    var report = FirmwareReport()
    #expect(ACPIHartCapabilities(short, noting: &report) == nil)
    #expect(report.count == 1 && report[0].defect == .tooShort)
    #expect(ACPIHartCapabilities(zero, noting: &report) == nil)
  }
}
