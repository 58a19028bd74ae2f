import LoaderCore

/// A text in the firmware's form: 16-bit units with a zero at the end. What is too long is cut.
struct FirmwareText {
  var units: [512 of UInt16] = .init(repeating: 0)
  private var count = 0

  init() {}

  /// A path, with the firmware's separators.
  init(_ path: BootPath) {
    for index in 0..<path.byteCount {
      append(byte: path[index] == 0x2f ? 0x5c : path[index])
    }
  }

  mutating func append(byte: UInt8) {
    guard count < 511 else { return }
    units[count] = UInt16(byte)
    count += 1
  }

  mutating func append(_ text: StaticText) {
    for index in 0..<text.count { append(byte: text[index]) }
  }

  mutating func append(_ path: BootPath) {
    for index in 0..<path.byteCount { append(byte: path[index]) }
  }

  /// Adds a number: in decimal below 2^32, else in hexadecimal, as addresses are read.
  mutating func append(number: UInt64) {
    let isAddress = number >> 32 != 0
    let base: UInt64 = isAddress ? 16 : 10
    if isAddress {
      append(byte: 0x30)
      append(byte: 0x78)
    }
    var divisor: UInt64 = 1
    while number / divisor >= base { divisor *= base }
    while divisor > 0 {
      let digit = UInt8(truncatingIfNeeded: number / divisor % base)
      append(byte: digit < 10 ? 0x30 + digit : 0x57 + digit)
      divisor /= base
    }
  }
}
