/// A table that has a number for every Unicode scalar value.
///
/// Little-endian: what `Header` says, then the first part, of UInt16 like the second. A scalar's
/// high bits choose an entry of the first part, which chooses a block of the second; its middle
/// bits an entry there, which chooses a block of the third; its low bits an entry there, which
/// is the place of the number among the numbers.
@safe public struct ScalarTable {
  /// Where a table says what, in bytes from its start.
  public enum Header {
    /// UInt32: scalars from here on have the first number.
    public static var limit: Int { 0 }
    /// UInt8: bytes of a number, a power of two.
    public static var numberByteCount: Int { 4 }
    /// UInt8: bytes of an entry of the third part, 1 or 2.
    public static var placeByteCount: Int { 5 }
    /// UInt32 each: offsets of the parts after the first, and of the numbers.
    public static var secondPart: Int { 8 }
    public static var thirdPart: Int { 12 }
    public static var numbers: Int { 16 }
    /// UInt32: offset of what numbers refer to.
    public static var texts: Int { 20 }
    public static var firstPart: Int { 24 }
  }

  /// Low bits of a scalar, and middle bits.
  public static var lowBitCount: UInt32 { 5 }
  public static var middleBitCount: UInt32 { 5 }

  private let start: UnsafeRawPointer

  /// - Parameter start: A table as the build writes it, on a multiple of 8, never freed.
  @unsafe public init(at start: UnsafeRawPointer) { unsafe self.start = start }

  /// The number of `scalar`; that of a value which is no scalar is the first one.
  public func number(for scalar: UInt32) -> UInt64 {
    guard scalar < word(Header.limit) else { return number(at: 0) }
    let low = Self.lowBitCount
    let middle = Self.middleBitCount
    let first = half(Header.firstPart + 2 * Int(scalar >> (low + middle)))
    let second = first << middle | (scalar >> low) & (1 << middle - 1)
    let third = half(Int(word(Header.secondPart)) + 2 * Int(second)) << low
    let place = Int(third | scalar & (1 << low - 1))
    let places = Int(word(Header.thirdPart))
    let isNarrow = byte(Header.placeByteCount) == 1
    return number(at: isNarrow ? UInt32(byte(places + place)) : half(places + 2 * place))
  }

  private func number(at index: UInt32) -> UInt64 {
    let byteCount = Int(byte(Header.numberByteCount))
    let place = Int(word(Header.numbers)) + Int(index) * byteCount
    return switch byteCount {
    case 1: UInt64(byte(place))
    case 2: UInt64(half(place))
    case 4: UInt64(word(place))
    default: double(place)
    }
  }

  // SAFETY, for all of these: the build wrote the table, and with it every offset and every
  // index that leads here, each on a multiple of its size.

  private func byte(_ offset: Int) -> UInt8 {
    unsafe start.load(fromByteOffset: offset, as: UInt8.self)
  }

  private func half(_ offset: Int) -> UInt32 {
    UInt32(unsafe start.load(fromByteOffset: offset, as: UInt16.self))
  }

  private func word(_ offset: Int) -> UInt32 {
    unsafe start.load(fromByteOffset: offset, as: UInt32.self)
  }

  private func double(_ offset: Int) -> UInt64 {
    unsafe start.load(fromByteOffset: offset, as: UInt64.self)
  }
}

extension ScalarTable {
  /// Bytes that a number refers to: their offset from bit 8 on, their count below, 0 for none.
  @unsafe public func text(for scalar: UInt32) -> (start: UnsafePointer<UInt8>, count: Int)? {
    let number = number(for: scalar)
    guard number != 0 else { return nil }
    // SAFETY: as above.
    let bytes = unsafe start + Int(number >> 8)
    return unsafe (bytes.assumingMemoryBound(to: UInt8.self), Int(number & 0xff))
  }

  /// Puts together the words that a number refers to: a list of UInt16, each the index of a word
  /// among those of `texts`, which are UInt32 of the same form as a number.
  ///
  /// - Parameters:
  ///   - buffer: Room for `capacity` bytes.
  /// - Returns: How many bytes were written.
  @unsafe public func writeWords(
    for scalar: UInt32, to buffer: UnsafeMutablePointer<UInt8>, capacity: Int
  ) -> Int {
    let number = number(for: scalar)
    var written = 0
    for index in 0..<Int(number & 0xff) {
      let place = half(Int(number >> 8) + 2 * index)
      let entry = word(Int(word(Header.texts)) + 4 * Int(place))
      for offset in 0..<Int(entry & 0xff) where written < capacity {
        // SAFETY: below the capacity that the caller vouches for.
        unsafe buffer[written] = byte(Int(entry >> 8) + offset)
        written += 1
      }
    }
    return written
  }
}
