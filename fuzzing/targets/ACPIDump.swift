import FuzzHarness
import PlatformTesting

/// Tables as `acpidump` prints them, or one table by itself, made into memory with a root pointer.
enum ACPIDump {
  @Sendable static func image(of file: [UInt8]) -> [UInt8]? {
    let tables = isTable(file) ? [file] : tables(in: file)
    guard !tables.isEmpty else { return nil }
    // What the fixed-hardware table names is not in the list of tables.
    let blocks = tables.filter { $0.starts(with: "DSDT".utf8) }
    var listed = tables.filter { table in
      !["DSDT", "FACS", "RSDT", "XSDT", "RSD "].contains { table.starts(with: $0.utf8) }
    }
    let firstBlock = CountedMemory.base + 36 + 36 + 8 * UInt64(listed.count)
      + UInt64(listed.reduce(0) { $0 + $1.count })
    if !blocks.isEmpty {
      for index in listed.indices where listed[index].starts(with: "FACP".utf8) {
        point(&listed[index], to: firstBlock)
      }
    }
    return TableBuilder.memory(of: listed, at: CountedMemory.base) + (blocks.first ?? [])
  }

  /// Whether the file is a table as it lies in memory.
  private static func isTable(_ file: [UInt8]) -> Bool {
    guard file.count >= 36, file[..<4].allSatisfy({ (0x30...0x5a).contains($0) }) else {
      return false
    }
    return (0..<4).reduce(0) { $0 | Int(file[4 + $1]) << (8 * $1) } == file.count
  }

  /// Sets both pointers to the definition block, and the checksum.
  private static func point(_ table: inout [UInt8], to address: UInt64) {
    for (offset, width) in [(40, 4), (140, 8)] where table.count >= offset + width {
      for index in 0..<width {
        table[offset + index] = UInt8(truncatingIfNeeded: address >> UInt64(8 * index))
      }
    }
    table[9] = 0
    table[9] = 0 &- table.reduce(0, &+)
  }

  /// Lines are `NAME @ ADDRESS` before each table, then `OFFSET: BYTE BYTE ...` with two spaces
  /// before the same as text.
  private static func tables(in file: [UInt8]) -> [[UInt8]] {
    var tables: [[UInt8]] = []
    for line in file.split(separator: 0x0a) {
      if line.contains(0x40), line.first != 0x20 {
        tables.append([])
      } else if !tables.isEmpty, let colon = line.firstIndex(of: 0x3a) {
        tables[tables.count - 1] += bytes(line[(colon + 1)...])
      }
    }
    return tables.filter { $0.count >= 36 }
  }

  /// Up to 16 bytes, each a space and two hexadecimal digits.
  private static func bytes(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = text
    while bytes.count < 16, rest.count >= 3, rest.removeFirst() == 0x20 {
      guard let high = digit(rest.removeFirst()), let low = digit(rest.removeFirst()) else { break }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  private static func digit(_ character: UInt8) -> UInt8? {
    switch character {
    case 0x30...0x39: character - 0x30
    case 0x41...0x46: character - 0x41 + 10
    case 0x61...0x66: character - 0x61 + 10
    default: nil
    }
  }
}
