/// What the holder of a capability may do with the object it names.
///
/// Rights only ever shrink: a copy's are a subset of its source's.
public struct Rights: Equatable, BitwiseCopyable, Sendable {
  public let bits: UInt16

  @inlinable public init(bits: UInt16) { self.bits = bits }

  @inlinable public static var none: Rights { Rights(bits: 0) }
  /// Receive, wait, map for reading, query.
  @inlinable public static var read: Rights { Rights(bits: 1 << 0) }
  /// Send, signal, map for writing.
  @inlinable public static var write: Rights { Rights(bits: 1 << 1) }
  /// Map for execution.
  @inlinable public static var execute: Rights { Rights(bits: 1 << 2) }
  /// Call, which makes a reply right; needs `write` too.
  @inlinable public static var call: Rights { Rights(bits: 1 << 3) }
  /// Attach capabilities to messages, or accept them.
  @inlinable public static var grant: Rights { Rights(bits: 1 << 4) }
  /// Copy and mint.
  @inlinable public static var copy: Rights { Rights(bits: 1 << 5) }
  /// Be attached to a message.
  @inlinable public static var transfer: Rights { Rights(bits: 1 << 6) }
  /// Control the object: start, suspend, destroy, bind, set priority, registers.
  @inlinable public static var manage: Rights { Rights(bits: 1 << 7) }
  @inlinable public static var all: Rights { Rights(bits: 0xff) }

  @inlinable public func includes(_ needed: Rights) -> Bool {
    bits & needed.bits == needed.bits
  }
  @inlinable public func intersection(_ other: Rights) -> Rights {
    Rights(bits: bits & other.bits)
  }
  @inlinable public func union(_ other: Rights) -> Rights { Rights(bits: bits | other.bits) }
  @inlinable public func subtracting(_ other: Rights) -> Rights {
    Rights(bits: bits & ~other.bits)
  }
}
