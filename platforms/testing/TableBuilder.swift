/// Writes ACPI tables, sound ones and broken ones.
public struct TableBuilder {
  public var bytes: [UInt8]

  /// A table with a header; length and checksum are set by `finished`.
  public init(_ signature: String, revision: UInt8 = 1) {
    bytes = Array(signature.utf8) + [UInt8](repeating: 0, count: 32)
    bytes[8] = revision
  }

  /// Adds `count` bytes of a little-endian number.
  public mutating func add(_ value: UInt64, byteCount count: Int) {
    for index in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
  }

  /// The table with its length and a checksum that is right.
  public func finished() -> [UInt8] {
    var table = bytes
    let length = UInt32(table.count)
    for index in 0..<4 { table[4 + index] = UInt8(truncatingIfNeeded: length >> UInt32(8 * index)) }
    table[9] = 0
    table[9] = 0 &- table.reduce(0, &+)
    return table
  }

  /// A root pointer, its list and these tables, from `base` on; the pointer comes first.
  public static func memory(of tables: [[UInt8]], at base: UInt64) -> [UInt8] {
    let listByteCount = 36 + 8 * tables.count
    var addresses: [UInt64] = []
    var next = base + 36 + UInt64(listByteCount)
    for table in tables {
      addresses.append(next)
      next += UInt64(table.count)
    }
    var list = TableBuilder("XSDT")
    for address in addresses { list.add(address, byteCount: 8) }
    return rootPointer(toListAt: base + 36) + list.finished() + tables.flatMap { $0 }
  }

  /// Source: ACPI Specification 6.5 §5.2.5.3.
  private static func rootPointer(toListAt address: UInt64) -> [UInt8] {
    var pointer = TableBuilder("RSD ")
    pointer.bytes = Array("RSD PTR ".utf8) + [0] + Array("MNOS  ".utf8) + [2]
    pointer.add(0, byteCount: 4)
    pointer.add(36, byteCount: 4)
    pointer.add(address, byteCount: 8)
    pointer.add(0, byteCount: 4)
    pointer.bytes[8] = 0 &- pointer.bytes[0..<20].reduce(0, &+)
    pointer.bytes[32] = 0 &- pointer.bytes.reduce(0, &+)
    return pointer.bytes
  }
}
