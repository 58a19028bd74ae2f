/// The lines of a cache that a range of memory lies in, for instructions that take one at a time.
public struct CacheLines: Equatable, Sendable {
  /// Address of the first.
  public let first: UInt64
  public let count: UInt64
  /// Bytes in one, a power of two.
  public let lineByteCount: UInt64

  /// - Parameters:
  ///   - base: The range may begin and end inside a line, and must not reach beyond the last
  ///     address.
  ///   - lineByteCount: With 0, or what is no power of two, there are no lines.
  @inline(__always)
  public init(of base: UInt64, byteCount: UInt64, lineByteCount: UInt64) {
    self.lineByteCount = lineByteCount
    guard lineByteCount > 0, lineByteCount & (lineByteCount - 1) == 0, byteCount > 0 else {
      first = base
      count = 0
      return
    }
    first = base & ~(lineByteCount - 1)
    count = (base - first + byteCount - 1) / lineByteCount + 1
  }

  /// Calls `body` with an address in each line.
  @inline(__always)
  public func visit(_ body: (UInt64) -> Void) {
    var index: UInt64 = 0
    while index < count {
      body(first &+ index &* lineByteCount)
      index += 1
    }
  }
}
