import Libmnos

/// Bytes as text.
enum Text {
  static func equal(_ bytes: [UInt8], _ text: StaticString) -> Bool {
    StaticText(text).withBytes { (literal) in
      guard literal.count == bytes.count else { return false }
      for index in 0..<literal.count where literal[index] != bytes[index] { return false }
      return true
    }
  }

  static func bytes(_ text: StaticString) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.write(text)
    return bytes
  }

  static func bytes(_ name: ShortName) -> [UInt8] { (0..<name.byteCount).map { name[$0] } }

  /// `bytes` with a question mark for each control character.
  static func visible(_ bytes: [UInt8]) -> [UInt8] {
    bytes.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 }
  }

  /// The number written in `bytes`; nil if it is none, or too large.
  static func decimal(_ bytes: [UInt8]) -> UInt32? {
    guard !bytes.isEmpty, bytes.count <= 10 else { return nil }
    var value: UInt64 = 0
    for byte in bytes {
      guard (0x30...0x39).contains(byte) else { return nil }
      value = value * 10 + UInt64(byte - 0x30)
    }
    return UInt32(exactly: value)
  }

  static func precedes(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    left.lexicographicallyPrecedes(right)
  }
}
