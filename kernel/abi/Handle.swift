/// The number by which user code names a capability in its own table.
///
/// Bits 0-15 are the slot, bits 16-31 the slot's generation. A generation starts at 1
/// and grows by one whenever the slot is emptied, skipping 0, so a stale handle stays
/// invalid for the next 65,534 uses of its slot. Slot 0 is never used: `none` names
/// nothing, in every process, for ever.
public struct Handle: Equatable, BitwiseCopyable, Sendable {
  public let rawValue: UInt32

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  @inlinable public init(slot: UInt16, generation: UInt16) {
    rawValue = UInt32(slot) | UInt32(generation) << 16
  }

  @inlinable public static var none: Handle { Handle(rawValue: 0) }

  @inlinable public var slot: UInt16 { UInt16(truncatingIfNeeded: rawValue) }
  @inlinable public var generation: UInt16 { UInt16(truncatingIfNeeded: rawValue >> 16) }
}

/// Where a call that makes a capability puts it.
///
/// A 16-bit slot number with two special values.
public enum SlotChoice {
  /// Nowhere: in a receive, the capability is not accepted.
  @inlinable public static var none: UInt16 { 0 }
  /// Any free slot; the call's result says which.
  @inlinable public static var any: UInt16 { 0xffff }

  /// Where a receive wants a capability of the message that comes.
  ///
  /// - Parameters:
  ///   - index: Which capability, 0 to 3.
  ///   - accepts: See `TransferRecord.accepts`.
  @inlinable public static func of(_ index: Int, in accepts: UInt64) -> UInt16 {
    UInt16(truncatingIfNeeded: accepts >> UInt64(index * 16))
  }
}
