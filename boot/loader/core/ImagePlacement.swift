/// Which physical addresses a kernel's image may begin at.
public struct ImagePlacement: Equatable, Sendable {
  /// Bytes of the image, in whole pages.
  public let byteCount: UInt64
  /// A power of two, of a page at least.
  public let alignment: UInt64
  /// Distance from a multiple of the alignment, in whole pages.
  public let offset: UInt64

  public init(byteCount: UInt64, alignment: UInt64, offset: UInt64) {
    self.byteCount = byteCount
    self.alignment = alignment
    self.offset = offset
  }

  /// Bytes that hold the image wherever they begin, on a page boundary.
  public var roomByteCount: UInt64 { byteCount + alignment - ELFLoadPlan.pageByteCount }

  /// The first fitting address from `start` on, which is on a page boundary.
  public func address(from start: UInt64) -> UInt64 {
    start + ((offset &- start) & (alignment - 1))
  }
}
