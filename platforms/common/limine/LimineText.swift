/// A text that the loader left in memory. Fence: reads at an address it was given.
///
/// Every access is bounded by the length found when it was made.
@safe public struct LimineText {
  /// Longest text that is read; what has no end within it is cut there, see `isComplete`.
  public static var limit: Int { 65_536 }

  private let start: UnsafePointer<UInt8>
  public let byteCount: Int
  /// Whether the end was found; false if the text was cut at `limit`.
  public let isComplete: Bool

  /// - Parameter address: Readable up to a zero byte or for `limit` bytes. Nil if it is 0.
  @unsafe public init?(at address: UInt64) {
    guard let start = unsafe UnsafePointer<UInt8>(bitPattern: UInt(address)) else { return nil }
    var count = 0
    // SAFETY: the caller says that all bytes up to the end or `limit` are readable.
    while count < Self.limit, unsafe start[count] != 0 { count += 1 }
    unsafe self.start = start
    byteCount = count
    isComplete = count < Self.limit
  }

  /// The byte at `index`, or 0 outside the text.
  public subscript(index: Int) -> UInt8 {
    guard index >= 0, index < byteCount else { return 0 }
    // SAFETY: within the length that was read when this value was made.
    return unsafe start[index]
  }

  /// Lends the bytes, without the zero at the end.
  public func withBytes<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: `byteCount` bytes were readable when this value was made.
    let bytes = unsafe Span(_unsafeStart: start, count: byteCount)
    return try body(bytes)
  }

  /// Whether the bytes are those of `text`.
  public func equals(_ text: StaticString) -> Bool {
    guard text.utf8CodeUnitCount == byteCount else { return false }
    for index in 0..<byteCount {
      // SAFETY: `index` is within both texts.
      guard unsafe text.utf8Start[index] == start[index] else { return false }
    }
    return true
  }
}
