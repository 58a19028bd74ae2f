import KernelHAL

/// The kernel's own words, while it boots and when it stops.
extension Platform where Self: ~Copyable {
  mutating func write(_ text: StaticString) {
    for index in 0..<text.utf8CodeUnitCount {
      // SAFETY: the index is below the text's length.
      let byte = unsafe text.utf8Start[index]
      if byte == 10 { writeDebug(byte: 13) }
      writeDebug(byte: byte)
    }
  }

  mutating func write(_ bytes: Span<UInt8>, _ range: Range<Int>) {
    for index in range { writeDebug(byte: bytes[index]) }
  }

  mutating func write(decimal value: UInt64) {
    if value >= 10 { write(decimal: value / 10) }
    writeDebug(byte: UInt8(48 + value % 10))
  }

  mutating func write(hexadecimal value: UInt64) {
    write("0x")
    var shift: UInt64 = 64
    var isLeading = true
    while shift > 0 {
      shift -= 4
      let digit = UInt8(truncatingIfNeeded: (value >> shift) & 15)
      if digit != 0 || shift == 0 { isLeading = false }
      if !isLeading { writeDebug(byte: digit < 10 ? 48 + digit : 87 + digit) }
    }
  }
}
