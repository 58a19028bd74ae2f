/// Bytes read as a row of choices and numbers; behind their end everything is 0.
struct ByteScript {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position >= bytes.count }

  mutating func byte() -> UInt8 {
    guard position < bytes.count else { return 0 }
    position += 1
    return bytes[position - 1]
  }

  mutating func below(_ limit: Int) -> Int { Int(byte()) % limit }

  /// Up to 64 bits; a first byte tells how they are written, so that edges are near.
  mutating func number() -> UInt64 {
    let kind = byte()
    switch kind & 7 {
    case 0: return UInt64(kind >> 3)
    case 1: return UInt64(byte()) << 12
    case 2: return 0 &- UInt64(byte())
    case 3: return 1 << UInt64(byte() & 63)
    case 4: return (1 << UInt64(byte() & 63)) &- 1
    case 5: return UInt64(byte()) << 24 | UInt64(kind >> 3)
    case 6: return UInt64(byte()) | UInt64(byte()) << 8
    default: return word()
    }
  }

  /// 8 bytes, little endian.
  mutating func word() -> UInt64 {
    (0..<8).reduce(0) { $0 | UInt64(byte()) << UInt64(8 * $1) }
  }

  mutating func array(_ count: Int) -> [UInt8] { (0..<count).map { _ in byte() } }

  mutating func rest() -> [UInt8] {
    defer { position = bytes.count }
    return position < bytes.count ? Array(bytes[position...]) : []
  }
}
