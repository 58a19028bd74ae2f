/// Blocks of archives made by hand.
public enum TarBlock {
  /// `entries` between a good file `before` and a good file `after`, and the end.
  public static func archive(_ entries: [[UInt8]]) -> [UInt8] {
    file("before", []) + entries.flatMap { $0 } + file("after", [])
      + [UInt8](repeating: 0, count: 1024)
  }

  public static func file(_ name: String, _ data: [UInt8]) -> [UInt8] {
    entry(name, flag: UInt8(ascii: "0"), data)
  }

  public static func pax(_ records: [[UInt8]]) -> [UInt8] {
    entry("pax", flag: UInt8(ascii: "x"), records.flatMap { $0 })
  }

  public static func record(_ key: String, _ value: String) -> [UInt8] {
    record(key, Array(value.utf8))
  }

  public static func record(_ key: String, _ value: [UInt8]) -> [UInt8] {
    let rest = Array(" \(key)=".utf8) + value + [0x0a]
    var length = rest.count + 1
    while "\(length)".utf8.count + rest.count != length { length += 1 }
    return Array("\(length)".utf8) + rest
  }

  public static func entry(_ name: String, flag: UInt8, _ data: [UInt8]) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    put(Array(name.utf8.prefix(100)), into: &block, at: 0)
    put(Array("0000644\00000000\00000000\0".utf8), into: &block, at: 100)
    put(octal(data.count, 11) + [0], into: &block, at: 124)
    put(Array("00000000000\0".utf8), into: &block, at: 136)
    block[156] = flag
    put(Array("ustar\u{0}00".utf8), into: &block, at: 257)
    seal(&block)
    let padding = (512 - data.count % 512) % 512
    return block + data + [UInt8](repeating: 0, count: padding)
  }

  /// Writes the right checksum into the header at `start`.
  public static func seal(_ archive: inout [UInt8], at start: Int = 0) {
    put(octal(sum(archive, at: start) { Int($0) }, 6) + [0, 0x20], into: &archive, at: start + 148)
  }

  public static func sum(_ archive: [UInt8], at start: Int, _ value: (UInt8) -> Int) -> Int {
    (0..<512).reduce(0) {
      $0 + ((148..<156).contains($1) ? 0x20 : value(archive[start + $1]))
    }
  }

  public static func octal(_ value: Int, _ digits: Int) -> [UInt8] {
    let text = String(value, radix: 8)
    return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
  }

  public static func put(_ bytes: [UInt8], into archive: inout [UInt8], at offset: Int) {
    for (index, byte) in bytes.enumerated() { archive[offset + index] = byte }
  }
}
