import Testing

@testable import LoaderCore

/// Tables from `base` on; a read outside them stops the test.
private struct Tables: FirmwareBytes {
  static let base: UInt64 = 0x8000_0000
  var bytes: [UInt8] = []

  func byte(at address: UInt64) -> UInt8 { bytes[Int(address - Self.base)] }

  var end: UInt64 { Self.base + UInt64(bytes.count) }

  static func bytes(_ fields: [(UInt64, Int)]) -> [UInt8] {
    fields.flatMap { value, count in
      (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
    }
  }

  static func table(_ name: String, _ contents: [UInt8]) -> [UInt8] {
    var table = Array(name.utf8) + bytes([(UInt64(36 + contents.count), 4), (0, 28)]) + contents
    table[9] = 0 &- table.reduce(0, &+)
    return table
  }

  /// The pointer, its list, another table and one with these entries.
  init(_ entries: [UInt8], isExtended: Bool = true) {
    let interrupts = Self.table("APIC", Self.bytes([(0, 8)]) + entries)
    let width = isExtended ? 8 : 4
    let other = Self.base + 36 + 36 + UInt64(2 * width)
    let list = Self.table(
      isExtended ? "XSDT" : "RSDT", Self.bytes([(other, width), (other + 36, width)]))
    bytes =
      Array("RSD PTR ".utf8)
      + Self.bytes([
        (0, 7), (isExtended ? 2 : 0, 1), (isExtended ? 0 : Self.base + 36, 4), (36, 4),
        (isExtended ? Self.base + 36 : 0, 8), (0, 4),
      ]) + list + Self.table("FACP", []) + interrupts
  }
}

@Suite struct ACPIProcessorsTests {
  /// Entries of each kind of machine, for processors 7 and 0x301, and of kinds that are none.
  private let entries =
    Tables.bytes([(1, 1), (12, 1), (0, 10)])
    + Tables.bytes([(0, 1), (8, 1), (3, 1), (7, 1), (1, 4)])
    + Tables.bytes([(9, 1), (16, 1), (0, 2), (0x301, 4), (1, 4), (0x1_0004, 4)])
    + Tables.bytes([(11, 1), (80, 1), (0, 2), (1, 4), (5, 4), (0, 56), (7, 8), (0, 4)])
    + Tables.bytes([(24, 1), (36, 1), (1, 1), (0, 1), (1, 4), (7, 8), (6, 4), (0, 16)])

  @Test(
    arguments: [
      (.narrow, 7, 3), (.narrow, 0x301, 0x1_0004), (.mixed, 7, 5), (.wide, 7, 6),
      (.narrow, 8, nil), (.mixed, 0x301, nil), (.wide, 0, nil),
    ] as [(ProcessorLayout, UInt64, UInt64?)])
  func numberIsThatOfTheEntry(layout: ProcessorLayout, hardware: UInt64, number: UInt64?) {
    let found = ACPIProcessors(rootPointer: Tables.base, in: Tables(entries))

    #expect(found != nil)
    #expect(found?.number(of: hardware, layout: layout) == number)
  }

  @Test(arguments: [[0, 0], [0, 1], [0, 8, 1], [11, 80, 0, 0], [0]] as [[UInt8]])
  func damagedEntryEndsTheSearch(entry: [UInt8]) {
    let found = ACPIProcessors(rootPointer: Tables.base, in: Tables(entry))

    #expect(found?.number(of: 0, layout: .narrow) == nil)
    #expect(found?.number(of: 0, layout: .mixed) == nil)
  }

  @Test func shortEntryIsPassedOver() {
    let short = Tables.bytes([(0, 1), (4, 1), (3, 1), (7, 1)])
    let found = ACPIProcessors(rootPointer: Tables.base, in: Tables(short + entries))

    #expect(found?.number(of: 7, layout: .narrow) == 3)
  }

  @Test func listOfShortAddressesServesWhereThereIsNoOther() {
    let found = ACPIProcessors(
      rootPointer: Tables.base, in: Tables(entries, isExtended: false))

    #expect(found?.number(of: 7, layout: .narrow) == 3)
  }

  @Test func noRootPointerGivesNothing() {
    #expect(ACPIProcessors(rootPointer: 0, in: Tables(entries)) == nil)
  }

  @Test(arguments: [0, 40, 72 + 16, 72 + 16 + 36 + 44])
  func damageOfAnyTableGivesNothing(offset: Int) {
    var tables = Tables(entries)
    tables.bytes[offset] ^= 1

    let found = ACPIProcessors(rootPointer: Tables.base, in: tables)

    // The table between them may be damaged: it is not read.
    #expect((found == nil) == (offset != 72 + 16))
  }
}
