import ToolSupport

/// The headers of a 64-bit little-endian ELF file. Source: ELF gABI, chapters 4 and 5.
public struct ELFFile: Sendable {
  /// One program header of type PT_LOAD.
  public struct Segment: Sendable, Equatable {
    public let isWritable: Bool
    public let isExecutable: Bool
  }

  /// One section that takes up memory.
  public struct Section: Sendable, Equatable {
    public let name: String
    public let isWritable: Bool
    public let isExecutable: Bool
    public let byteCount: Int
    public let address: UInt64
    /// Where it begins in the file.
    public let offset: Int
  }

  public let machine: UInt16
  /// 2 for a fixed address, 3 for position independent.
  public let type: UInt16
  public let segments: [Segment]
  public let sections: [Section]

  /// - Throws: If `bytes` are no such file, or end too early.
  public init(_ bytes: [UInt8], name: String) throws(ToolFailure) {
    guard bytes.count >= 64, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) else {
      throw ToolFailure("\(name): not a 64-bit little-endian ELF file")
    }
    let reader = ELFReader(bytes: bytes)
    type = UInt16(reader.number(16, 2))
    machine = UInt16(reader.number(18, 2))
    guard
      let segments = reader.entries(
        at: reader.number(32, 8), count: reader.number(56, 2), size: 56),
      let sections = reader.entries(at: reader.number(40, 8), count: reader.number(60, 2), size: 64)
    else { throw ToolFailure("\(name): truncated, its header tables are missing") }
    self.segments = segments.filter { reader.number($0, 4) == 1 }.map { base in
      let flags = reader.number(base + 4, 4)
      return Segment(isWritable: flags & 2 != 0, isExecutable: flags & 1 != 0)
    }
    let namesIndex = Int(reader.number(62, 2))
    let names = namesIndex < sections.count ? reader.number(sections[namesIndex] + 24, 8) : 0
    self.sections = sections.compactMap { reader.section(at: $0, names: names) }
  }

  /// Bytes in memory by kind.
  public struct Sizes: Equatable, Sendable {
    public var text = 0
    public var readOnly = 0
    public var data = 0
    /// The kernel's table of function names, in none of the above.
    public var symbolNames = 0
  }

  public var sizes: Sizes {
    var sizes = Sizes()
    for section in sections {
      if section.name == ".mnos_symbols" {
        sizes.symbolNames += section.byteCount
      } else if section.isExecutable {
        sizes.text += section.byteCount
      } else if section.isWritable {
        sizes.data += section.byteCount
      } else {
        sizes.readOnly += section.byteCount
      }
    }
    return sizes
  }
}

/// Reads numbers out of an ELF file's bytes.
private struct ELFReader {
  let bytes: [UInt8]

  func number(_ offset: Int, _ count: Int) -> UInt64 {
    (0..<count).reduce(0) { $0 | UInt64(bytes[offset + $1]) << (8 * UInt64($1)) }
  }

  /// Offsets of the entries of a header table; nil if it does not lie inside the file.
  func entries(at table: UInt64, count: UInt64, size: UInt64) -> [Int]? {
    let end = table.addingReportingOverflow(count * size)
    guard !end.overflow, end.partialValue <= UInt64(bytes.count) else { return nil }
    return (0..<Int(count)).map { Int(table) + $0 * Int(size) }
  }

  /// The section whose header is at `base`; nil if it takes up no memory.
  func section(at base: Int, names: UInt64) -> ELFFile.Section? {
    let flags = number(base + 8, 8)
    guard flags & 2 != 0 else { return nil }
    return ELFFile.Section(
      name: text(at: names &+ number(base, 4)), isWritable: flags & 1 != 0,
      isExecutable: flags & 4 != 0, byteCount: Int(truncatingIfNeeded: number(base + 32, 8)),
      address: number(base + 16, 8), offset: Int(truncatingIfNeeded: number(base + 24, 8)))
  }

  private func text(at offset: UInt64) -> String {
    guard offset < UInt64(bytes.count) else { return "" }
    return String(decoding: bytes[Int(offset)...].prefix { $0 != 0 }, as: UTF8.self)
  }
}
