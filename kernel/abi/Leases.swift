/// What a call lets its server do with memory of the caller's, until it is answered: up to two
/// ranges, each to be read, written or both.
///
/// Bits 0 and 1 say that the first range may be read and written, bits 2 and 3 the second. A range
/// without a bit is not lent.
public struct Leases: Equatable, BitwiseCopyable, Sendable {
  public let bits: UInt8

  @inlinable public init(bits: UInt8) { self.bits = bits }

  /// - Parameters:
  ///   - first: What the server may do with the first range; bits 0 and 1.
  ///   - second: Likewise.
  @inlinable public init(_ first: LeaseAccess, _ second: LeaseAccess = .none) {
    bits = first.rawValue | second.rawValue << 2
  }

  @inlinable public static var none: Leases { Leases(bits: 0) }

  /// What the server may do with a range.
  ///
  /// - Parameter index: 0 or 1.
  @inlinable public subscript(index: Int) -> LeaseAccess {
    LeaseAccess(rawValue: (bits >> UInt8(index * 2)) & 3) ?? .none
  }
}

/// What a server may do with a range that its caller lends.
public enum LeaseAccess: UInt8, BitwiseCopyable, Sendable {
  case none = 0
  case read = 1
  case write = 2
  case readWrite = 3

  /// Whether all of the other is allowed too.
  @inlinable public func includes(_ other: LeaseAccess) -> Bool {
    rawValue & other.rawValue == other.rawValue
  }
}
