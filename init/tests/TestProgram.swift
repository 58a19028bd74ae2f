/// A small program file for x86_64, to be changed field by field.
struct TestProgram {
  var bytes: [UInt8]

  /// A page of code, and `data` with `zeroCount` bytes behind it from `address` on. What belongs to
  /// no segment is 0xaa in the file.
  init(data: [UInt8] = [1, 2, 3], zeroCount: UInt64 = 0, at address: UInt64 = 0x2000) {
    bytes = [UInt8](repeating: 0xaa, count: 0x2000 + Int(address % 0x1000) + data.count + 100)
    for index in 0..<64 { bytes[index] = 0 }
    for (offset, width, value) in [
      (0, 8, 0x00_01_01_02_46_4c_45_7f), (16, 2, 3), (18, 2, 62), (20, 4, 1), (24, 8, 0x1010),
      (32, 8, 64), (52, 2, 64), (54, 2, 56), (56, 2, 2),
    ] as [(Int, Int, UInt64)] { set(offset, width, to: value) }
    for index in 0x1000..<0x1100 { bytes[index] = UInt8(truncatingIfNeeded: index &* 3 | 1) }
    let place = 0x2000 + address % 0x1000
    for (index, byte) in data.enumerated() { bytes[Int(place) + index] = byte }
    segment(0, flags: 5, [0x1000, 0x1000, 0x1000, 0x100, 0x100, 0x1000])
    segment(
      1, flags: 6,
      [place, address, address, UInt64(data.count), UInt64(data.count) + zeroCount, 0x1000])
  }

  mutating func set(_ offset: Int, _ width: Int, to value: UInt64) {
    for index in 0..<width {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
    }
  }

  /// Offset, the two addresses, bytes in file and memory, alignment.
  mutating func segment(_ index: Int, flags: UInt64, _ fields: [UInt64]) {
    let start = 64 + 56 * index
    set(start, 4, to: 1)
    set(start + 4, 4, to: flags)
    for (field, value) in fields.enumerated() { set(start + 8 + 8 * field, 8, to: value) }
  }
}
