import Testing

@testable import LoaderCore

/// Entries that say plainly what they are.
private struct PlainFormat: BootPageFormat {
  var levelCount = 4
  var largestLeafLevel = 2
  var rootCount = 1
  func table(at address: UInt64) -> UInt64 { address | 1 }
  func tableAddress(_ entry: UInt64, level: Int) -> UInt64? {
    level > 0 && entry & 2 == 0 ? entry & ~4095 : nil
  }
  func leaf(at address: UInt64, use: PageUse, level: Int) -> UInt64 {
    address | 2 | (use.isWritable ? 4 : 0) | (use.isExecutable ? 8 : 0)
  }
}

/// Tables at address 0x100000 and a walk over them.
private struct Tables {
  var words: [UInt64]
  var format = PlainFormat()

  init(_ count: Int) { words = [UInt64](repeating: 0, count: count * 512) }

  mutating func build(
    _ body: (inout PageTableBuilder<PlainFormat>) throws(LoaderFailure) -> Void
  ) throws(LoaderFailure) {
    var builder = PageTableBuilder(format, in: words.mutableSpan, at: 0x10_0000)
    try body(&builder)
  }

  /// What `virtual` leads to: the entry's low bits and the physical address, or nil.
  func walk(_ virtual: UInt64) -> (physical: UInt64, bits: UInt64, level: Int)? {
    var table: UInt64 = 0x10_0000
    if virtual >> 63 == 0 { table += UInt64(format.rootCount - 1) * 4096 }
    for level in (0..<format.levelCount).reversed() {
      let shift = UInt64(12 + 9 * level)
      let place = Int((table - 0x10_0000) / 8 + (virtual >> shift) % 512)
      let entry = words[place]
      if entry == 0 { return nil }
      guard let next = format.tableAddress(entry, level: level) else {
        let mask: UInt64 = (1 << shift) - 1
        return ((entry & ~4095) + (virtual & mask), entry & 4095, level)
      }
      table = next
    }
    return nil
  }
}

private let plain = PageUse(isWritable: true, isExecutable: true)

@Suite struct PageTableBuilderTests {
  @Test func largestPagesThatFitAreUsed() throws {
    var tables = Tables(16)
    try tables.build { (builder) throws(LoaderFailure) in
      try builder.map(0xffff_8000_0000_0000, to: 0, byteCount: 2 << 30, use: plain)
      try builder.map(0xffff_8000_8000_0000, to: 0x8000_0000, byteCount: 0x20_1000, use: plain)
    }

    #expect(tables.walk(0xffff_8000_0000_1234)?.level == 2)
    #expect(tables.walk(0xffff_8000_8000_0000)?.level == 1)
    #expect(tables.walk(0xffff_8000_8020_0fff)?.level == 0)
    #expect(tables.walk(0xffff_8000_8020_0fff)?.physical == 0x8020_0fff)
    #expect(tables.walk(0xffff_8000_8020_1000) == nil)
  }

  @Test func eachHalfHasItsOwnRoot() throws {
    var tables = Tables(12)
    tables.format.rootCount = 2
    var roots: (upper: UInt64, lower: UInt64) = (0, 0)
    try tables.build { (builder) throws(LoaderFailure) in
      try builder.map(0x1000, to: 0x5000, byteCount: 4096, use: plain)
      try builder.map(0xffff_0000_0000_1000, to: 0x7000, byteCount: 4096, use: plain)
      roots = (builder.upperRoot, builder.lowerRoot)
    }

    #expect(roots.upper == 0x10_0000)
    #expect(roots.lower == 0x10_1000)
    #expect(tables.walk(0x1234)?.physical == 0x5234)
    #expect(tables.walk(0xffff_0000_0000_1234)?.physical == 0x7234)
    #expect(tables.walk(0xffff_0000_0000_2234) == nil)
  }

  @Test func oneRootServesBothHalves() throws {
    var tables = Tables(8)
    try tables.build { (builder) throws(LoaderFailure) in
      #expect(builder.upperRoot == builder.lowerRoot)
      try builder.map(0x1000, to: 0x5000, byteCount: 4096, use: plain)
    }

    #expect(tables.walk(0x1234)?.physical == 0x5234)
  }

  @Test func unalignedPhysicalAddressGetsSmallPages() throws {
    var tables = Tables(16)
    try tables.build { (builder) throws(LoaderFailure) in
      try builder.map(0xffff_ffff_8000_0000, to: 0xe00_e000, byteCount: 0x40_0000, use: plain)
    }

    #expect(tables.walk(0xffff_ffff_8020_0001)?.physical == 0xe20_e001)
    #expect(tables.walk(0xffff_ffff_8020_0001)?.level == 0)
  }

  @Test func rightsAreTheMappings() throws {
    var tables = Tables(8)
    try tables.build { (builder) throws(LoaderFailure) in
      try builder.map(
        0x1000, to: 0x5000, byteCount: 4096, use: PageUse(isWritable: false, isExecutable: true))
      try builder.map(
        0x2000, to: 0x6000, byteCount: 4096, use: PageUse(isWritable: true, isExecutable: false))
    }

    #expect(tables.walk(0x1000)?.bits == 10)
    #expect(tables.walk(0x2000)?.bits == 6)
  }

  @Test func samePageTwiceIsFineAndAnotherIsNot() throws {
    var tables = Tables(8)
    try tables.build { (builder) throws(LoaderFailure) in
      try builder.map(0x1000, to: 0x5000, byteCount: 4096, use: plain)
      try builder.map(0x1000, to: 0x5000, byteCount: 4096, use: plain)
    }
    #expect(throws: LoaderFailure.self) {
      try tables.build { (builder) throws(LoaderFailure) in
        try builder.map(0x1000, to: 0x7000, byteCount: 4096, use: plain)
      }
    }
  }

  @Test func smallPageInsideALargeOneIsRefused() {
    var tables = Tables(8)
    #expect(throws: LoaderFailure.self) {
      try tables.build { (builder) throws(LoaderFailure) in
        try builder.map(0, to: 0, byteCount: 2 << 20, use: plain)
        try builder.map(0x1000, to: 0x9000, byteCount: 4096, use: plain)
      }
    }
  }

  @Test func tooFewTablesAreAFailure() {
    var tables = Tables(3)
    #expect(throws: LoaderFailure.self) {
      try tables.build { (builder) throws(LoaderFailure) in
        try builder.map(0x1000, to: 0x1000, byteCount: 4096, use: plain)
      }
    }
  }

  @Test func tablesNeededSuffice() throws {
    var random = SeededRandom("page tables")
    for _ in 0..<200 {
      var parts: [(base: UInt64, byteCount: UInt64)] = []
      var cursor: UInt64 = 0
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        cursor += random.next() % (1 << 40) & ~4095
        let byteCount = (random.next() % (3 << 30) & ~4095) + 4096
        parts.append((cursor, byteCount))
        cursor += byteCount
      }
      let count = PageTableBuilder<PlainFormat>.tablesNeeded(
        for: parts.reduce(0) { $0 + $1.byteCount }, rangeCount: parts.count)
      var tables = Tables(Int(count))
      tables.format.largestLeafLevel = Int.random(in: 1...2, using: &random)
      tables.format.rootCount = Int.random(in: 1...2, using: &random)

      try tables.build { (builder) throws(LoaderFailure) in
        for part in parts {
          try builder.map(
            0xffff_8000_0000_0000 + part.base, to: part.base, byteCount: part.byteCount,
            use: plain)
        }
      }

      for part in parts {
        for address in [part.base, part.base + part.byteCount - 1] {
          #expect(tables.walk(0xffff_8000_0000_0000 + address)?.physical == address)
        }
      }
    }
  }
}
