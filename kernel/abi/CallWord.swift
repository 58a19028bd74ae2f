/// The first register of every system call: which call, and the shape of its message.
///
/// Bits 0-7 are the number, 8-11 the word count, 15 says that the third argument is the
/// address of a `TransferRecord`, 16-19 what the caller lends (`Leases`; call only), 32-63 the
/// handle of a reply right (reply and replyAndReceive only). All other bits must be 0.
public struct CallWord: BitwiseCopyable, Sendable {
  public let rawValue: UInt64

  @inlinable public init(rawValue: UInt64) { self.rawValue = rawValue }

  @inlinable public init(
    _ number: SyscallNumber, wordCount: UInt64 = 0, hasTransfers: Bool = false,
    leases: Leases = .none, reply: Handle = .none
  ) {
    rawValue =
      UInt64(number.rawValue) | wordCount << 8 | (hasTransfers ? 1 << 15 : 0)
      | UInt64(leases.bits) << 16 | UInt64(reply.rawValue) << 32
  }

  @inlinable public var number: UInt64 { rawValue & 0xff }
  @inlinable public var wordCount: UInt64 { (rawValue >> 8) & 0xf }
  @inlinable public var hasTransfers: Bool { rawValue & (1 << 15) != 0 }
  @inlinable public var leases: Leases { Leases(bits: UInt8(rawValue >> 16 & 0xf)) }
  @inlinable public var reply: Handle {
    Handle(rawValue: UInt32(truncatingIfNeeded: rawValue >> 32))
  }
  /// Whether a bit is set that no call defines.
  @inlinable public var hasUndefinedBits: Bool { rawValue & 0xfff0_7000 != 0 }
}
