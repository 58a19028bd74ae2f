import MnosABI

/// A run of bytes that a program needs in memory. Addresses are relative to its base.
public struct ProgramSegment: Equatable, Sendable {
  /// Where the segment's first byte is in the file, and how many bytes are there.
  public let fileOffset: UInt64
  public let fileByteCount: UInt64
  /// Where that byte belongs; what follows the file's bytes is zero.
  public let address: UInt64
  public let memoryByteCount: UInt64
  /// A subset of read, write and execute, never both of the last two.
  public let rights: Rights
  /// What the address was promised to be a multiple of, at least one page.
  let alignment: UInt64

  /// The pages that the segment lies in; no other segment has bytes there.
  public var pageAddress: UInt64 { address & ~(Limits.pageByteCount - 1) }
  public var pageByteCount: UInt64 {
    let end = address + memoryByteCount + (Limits.pageByteCount - 1)
    return (end & ~(Limits.pageByteCount - 1)) - pageAddress
  }
  /// Where the file's bytes begin inside those pages.
  public var offsetInPages: UInt64 { address - pageAddress }

  /// Fills the unused places of a fixed array.
  static var empty: ProgramSegment {
    ProgramSegment(
      fileOffset: 0, fileByteCount: 0, address: 0, memoryByteCount: 0, rights: .none,
      alignment: Limits.pageByteCount)
  }
}
