/// Reading numbers and texts out of bytes that nobody vouches for. Numbers are little endian,
/// as in every file and table that the loader sees; outside the bytes there is nil.
extension Span where Element == UInt8 {
  public func number16(at offset: Int) -> UInt16? {
    number(at: offset, byteCount: 2).map { UInt16(truncatingIfNeeded: $0) }
  }

  public func number32(at offset: Int) -> UInt32? {
    number(at: offset, byteCount: 4).map { UInt32(truncatingIfNeeded: $0) }
  }

  public func number64(at offset: Int) -> UInt64? { number(at: offset, byteCount: 8) }

  private func number(at offset: Int, byteCount: Int) -> UInt64? {
    guard offset >= 0, offset <= count - byteCount else { return nil }
    var value: UInt64 = 0
    for index in 0..<byteCount {
      value |= UInt64(self[offset + index]) << UInt64(8 * index)
    }
    return value
  }

  /// Whether `range`, which lies inside, holds exactly `text`; letters count as the same in
  /// both cases where `ignoringCase` is set, and then `text` is in lower case.
  func holds(_ text: StaticString, in range: Range<Int>, ignoringCase: Bool = false) -> Bool {
    let text = StaticText(text)
    guard range.count == text.count, range.lowerBound >= 0, range.upperBound <= count else {
      return false
    }
    for index in 0..<text.count {
      var byte = self[range.lowerBound + index]
      if ignoringCase, byte >= 0x41, byte <= 0x5a { byte |= 0x20 }
      guard byte == text[index] else { return false }
    }
    return true
  }

  /// `range` without the spaces, tabs and carriage returns at its ends.
  func trimmed(_ range: Range<Int>) -> Range<Int> {
    var low = range.lowerBound
    var high = range.upperBound
    while low < high, isBlank(self[low]) { low += 1 }
    while high > low, isBlank(self[high - 1]) { high -= 1 }
    return low..<high
  }

  private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }
}

/// Writing numbers into memory that a later reader finds by address.
extension MutableSpan where Element == UInt8 {
  /// Stores the low `byteCount` bytes of `value`, or nothing and false where they do not fit.
  @discardableResult
  mutating func store(_ value: UInt64, at offset: Int, byteCount: Int = 8) -> Bool {
    guard offset >= 0, offset <= count - byteCount else { return false }
    for index in 0..<byteCount {
      self[offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * index))
    }
    return true
  }
}
