/// An address in the machine's physical memory, in bytes.
public struct PhysicalAddress: Equatable, Comparable, BitwiseCopyable, Sendable {
  public let rawValue: UInt64
  @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
  @inlinable public static func < (left: Self, right: Self) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// An address as a program or the kernel uses it, in bytes.
public struct VirtualAddress: Equatable, Comparable, BitwiseCopyable, Sendable {
  public let rawValue: UInt64
  @inlinable public init(_ rawValue: UInt64) { self.rawValue = rawValue }
  @inlinable public static func < (left: Self, right: Self) -> Bool {
    left.rawValue < right.rawValue
  }
  @inlinable public var isPageAligned: Bool { rawValue & (Limits.pageByteCount - 1) == 0 }
}
