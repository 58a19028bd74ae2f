/// Little-endian fields of an untrusted file, read within its bounds only.
struct ProgramFile: ~Escapable {
  private let bytes: Span<UInt8>

  @_lifetime(copy bytes)
  init(_ bytes: Span<UInt8>) { self.bytes = bytes }

  var byteCount: UInt64 { UInt64(bytes.count) }

  /// Whether `count` bytes from `offset` on are all in the file.
  func contains(_ offset: UInt64, count: UInt64) -> Bool {
    let (end, overflow) = offset.addingReportingOverflow(count)
    return !overflow && end <= byteCount
  }

  /// The unsigned number of `width` bytes at `offset`, or 0 if not all are in the file.
  func number(at offset: UInt64, width: Int) -> UInt64 {
    guard contains(offset, count: UInt64(width)) else { return 0 }
    var value: UInt64 = 0
    for index in (0..<width).reversed() {
      value = value << 8 | UInt64(bytes[Int(offset) + index])
    }
    return value
  }

  func byte(at offset: UInt64) -> UInt64 { number(at: offset, width: 1) }
  func half(at offset: UInt64) -> UInt64 { number(at: offset, width: 2) }
  func word(at offset: UInt64) -> UInt64 { number(at: offset, width: 4) }
  func double(at offset: UInt64) -> UInt64 { number(at: offset, width: 8) }
}
