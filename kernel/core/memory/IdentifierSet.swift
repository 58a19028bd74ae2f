/// Address-space identifiers in use: up to 4,095, and 0 for everyone else.
///
/// When none is left, further address spaces share 0 and pay a flush at each switch.
struct IdentifierSet {
  private var used: [64 of UInt64] = .init(repeating: 0)

  /// - Parameter count: Identifiers that the machine has, 0 included.
  mutating func allocate(below count: UInt32) -> UInt32 {
    let limit = min(Int(count), 4096)
    for word in 0..<64 where used[word] != .max {
      var bit = (~used[word]).trailingZeroBitCount
      if word == 0, bit == 0 { bit = (~(used[0] | 1)).trailingZeroBitCount }
      guard bit < 64 else { continue }
      let identifier = word * 64 + bit
      guard identifier < limit else { return 0 }
      used[word] |= 1 << UInt64(bit)
      return UInt32(identifier)
    }
    return 0
  }

  mutating func free(_ identifier: UInt32) {
    guard identifier != 0 else { return }
    used[Int(identifier >> 6)] &= ~(1 << UInt64(identifier & 63))
  }
}
