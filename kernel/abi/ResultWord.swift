/// What a receive delivered.
public enum DeliveryKind: UInt8, BitwiseCopyable, Sendable {
  /// A message from `send` or `call`.
  case message = 0
  /// The word of the notification bound to the receiving thread.
  case notification = 1
  /// The kernel's report of a thread's fault; see `FaultMessage`.
  case fault = 2
}

/// The first result register of every system call.
///
/// Bits 0-15 are the status, 16-19 the count of message words written, 20-22 the count
/// of capabilities received, 24-25 the kind of delivery, 26-29 what the caller lends (`Leases`),
/// 32-63 the handle of the reply right that came with a call (0 if none). Everything but the
/// status is 0 on error.
public struct ResultWord: Equatable, BitwiseCopyable, Sendable {
  public let rawValue: UInt64

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  @inlinable public init(_ status: SyscallStatus) { rawValue = UInt64(status.rawValue) }

  @inlinable public init(
    delivered kind: DeliveryKind, wordCount: UInt64, capabilityCount: UInt64 = 0,
    leases: Leases = .none, reply: Handle = .none
  ) {
    rawValue =
      wordCount << 16 | capabilityCount << 20 | UInt64(kind.rawValue) << 24
      | UInt64(leases.bits) << 26 | UInt64(reply.rawValue) << 32
  }

  @inlinable public var statusCode: UInt16 { UInt16(truncatingIfNeeded: rawValue) }
  @inlinable public var status: SyscallStatus { SyscallStatus(rawValue: statusCode) ?? .failed }
  @inlinable public var wordCount: UInt64 { (rawValue >> 16) & 0xf }
  @inlinable public var capabilityCount: UInt64 { (rawValue >> 20) & 0x7 }
  @inlinable public var kind: DeliveryKind {
    DeliveryKind(rawValue: UInt8(truncatingIfNeeded: (rawValue >> 24) & 3)) ?? .message
  }
  @inlinable public var leases: Leases { Leases(bits: UInt8(rawValue >> 26 & 0xf)) }
  @inlinable public var reply: Handle {
    Handle(rawValue: UInt32(truncatingIfNeeded: rawValue >> 32))
  }
}
