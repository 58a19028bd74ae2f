/// (F) The bytes of a string literal.
public struct StaticText {
  private let text: StaticString

  /// - Precondition: a literal that is not a single Unicode scalar.
  public init(_ text: StaticString) { self.text = text }

  public var byteCount: Int { text.utf8CodeUnitCount }

  /// Calls `body` with each byte and its place, first to last.
  public func copy(_ body: (Int, UInt8) -> Void) {
    withBytes { (bytes) in
      for index in 0..<bytes.count { body(index, bytes[index]) }
    }
  }

  public func withBytes<R: ~Copyable, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R
  {
    precondition(text.hasPointerRepresentation)
    // SAFETY: a literal's bytes are constant and live as long as the program.
    let buffer = unsafe UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    return try body(unsafe buffer.span)
  }
}
