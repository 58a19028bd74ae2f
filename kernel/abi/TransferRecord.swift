/// One capability to attach to a message: which, with which rights, copied or moved.
///
/// Bits 0-31 are the handle, 32-47 the mask of rights to pass on, bit 48 says moved
/// rather than copied. Other bits must be 0.
public struct CapabilityTransfer: BitwiseCopyable, Sendable {
  public let rawValue: UInt64

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  @inlinable public init(_ handle: Handle, rights: Rights, isMove: Bool) {
    rawValue =
      UInt64(handle.rawValue) | UInt64(rights.bits) << 32 | (isMove ? 1 << 48 : 0)
  }

  @inlinable public var handle: Handle { Handle(rawValue: UInt32(truncatingIfNeeded: rawValue)) }
  @inlinable public var rights: Rights {
    Rights(bits: UInt16(truncatingIfNeeded: rawValue >> 32))
  }
  @inlinable public var isMove: Bool { rawValue & (1 << 48) != 0 }
  @inlinable public var hasUndefinedBits: Bool { rawValue >> 49 != 0 }
}

/// What a message call gives and takes in capabilities: 48 bytes of user memory, 8-byte
/// aligned, read by the kernel once, when the call is made.
///
/// Capabilities are not accepted unless a slot is named for them: the first one received
/// goes to `accepts` bits 0-15, the second to bits 16-31 and so on, each a slot number,
/// `SlotChoice.any` or `SlotChoice.none`.
public struct TransferRecord: BitwiseCopyable, Sendable {
  /// Capabilities to attach, 0 to 4.
  public var count: UInt64
  /// Slots for up to 4 received capabilities.
  public var accepts: UInt64
  public var transfers:
    (
      CapabilityTransfer, CapabilityTransfer, CapabilityTransfer, CapabilityTransfer
    )

  @inlinable public init(count: UInt64 = 0, accepts: UInt64 = 0) {
    self.count = count
    self.accepts = accepts
    let empty = CapabilityTransfer(rawValue: 0)
    transfers = (empty, empty, empty, empty)
  }

  /// Accepts up to four capabilities, each into any free slot.
  @inlinable public static var acceptsAny: UInt64 { .max }
  /// Bytes that the kernel reads.
  @inlinable public static var byteCount: Int { 48 }
}
