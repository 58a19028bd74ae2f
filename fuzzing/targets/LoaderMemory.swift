/// Memory that a boot loader filled: records one behind another, then as many zero bytes as the
/// longest list or text takes, all readable as the loader promises. Fence: hands out addresses.
@safe final class LoaderMemory {
  private static var recordWordCount: Int { 4096 }
  /// A list of 65,536 addresses, and a record behind the last.
  private static var slackWordCount: Int { 66_000 }

  private let words: UnsafeMutablePointer<UInt64>
  private var used = 0
  private var hasLongList = false

  init() {
    let count = Self.recordWordCount + Self.slackWordCount
    unsafe words = .allocate(capacity: count)
    unsafe words.initialize(repeating: 0, count: count)
  }

  deinit { unsafe words.deallocate() }

  /// Places `values` and returns their address; 0 if no room is left.
  func place(_ values: [UInt64]) -> UInt64 {
    guard used + values.count <= Self.recordWordCount else { return 0 }
    // SAFETY: there is room for them, as was checked.
    let start = unsafe words + used
    for value in values {
      unsafe words[used] = value
      used += 1
    }
    return UInt64(UInt(bitPattern: unsafe start))
  }

  /// Places a list of as many addresses as are said to be there: the given ones, then zeros.
  ///
  /// - Returns: nil for a second one that is longer than what it holds.
  func place(_ addresses: [UInt64], saying count: UInt64) -> UInt64? {
    // More than any loader has are not read.
    guard count > UInt64(addresses.count), count <= 65_536 else { return place(addresses) }
    guard !hasLongList else { return nil }
    hasLongList = true
    // SAFETY: the zeros behind the records are as long as the longest list.
    let start = unsafe words + Self.recordWordCount
    for (index, address) in addresses.enumerated() { unsafe start[index] = address }
    return UInt64(UInt(bitPattern: unsafe start))
  }

  /// Places bytes with a zero behind them.
  func place(text: [UInt8]) -> UInt64 {
    let padded = text + [UInt8](repeating: 0, count: 8 - text.count % 8)
    return place(
      stride(from: 0, to: padded.count, by: 8).map { start in
        (0..<8).reduce(0) { $0 | UInt64(padded[start + $1]) << UInt64(8 * $1) }
      })
  }
}
