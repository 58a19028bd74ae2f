/// The word arguments of `create`, which takes a budget (argument 0), an `ObjectType`
/// (argument 1) and a destination slot (argument 2).
///
/// - endpoint, notification: none.
/// - memory: word 0 bytes (a multiple of the page size); word 1 `MemoryOptions`. Of a device: word 2
///   machine handle, word 3 physical address. RAM: word 2 one past the highest physical address,
///   0 for any; word 3 alignment of the first in bytes, 0 for a page.
/// - process: none. - thread: word 0 process handle, word 1 priority.
/// - interrupt: word 0 machine handle, word 1 line.
/// - portRange: word 0 machine handle, word 1 first port, word 2 count.
/// - dmaSpace: word 0 machine handle, word 1 one past the highest device address, 0 for any.
/// - budget: word 0 memory limit in bytes, word 1 object limit, word 2 microseconds of the CPU's
///   time in a period of word 3.
public struct MemoryOptions: Equatable, BitwiseCopyable, Sendable {
  public let bits: UInt64
  @inlinable public init(bits: UInt64) { self.bits = bits }

  /// What is at a physical address: registers of a device, uncached unless told otherwise. It is
  /// not cleared.
  @inlinable public static var device: MemoryOptions { MemoryOptions(bits: 1 << 0) }
  /// RAM of one run of frames, which tells its physical address.
  @inlinable public static var contiguous: MemoryOptions { MemoryOptions(bits: 1 << 1) }
  /// Mapped with this caching, whatever is usual.
  @inlinable public static func cached(_ caching: Caching) -> MemoryOptions {
    MemoryOptions(bits: UInt64(caching.rawValue) << 4)
  }

  @inlinable public func includes(_ other: MemoryOptions) -> Bool {
    bits & other.bits == other.bits
  }
  @inlinable public func union(_ other: MemoryOptions) -> MemoryOptions {
    MemoryOptions(bits: bits | other.bits)
  }

  /// What bits 4 and 5 say, or nil for what is usual: `normal` for RAM, else `device`.
  @inlinable public var caching: Caching? { Caching(rawValue: UInt8(bits >> 4 & 3)) }
  /// Whether no other bits are set.
  @inlinable public var isDefined: Bool { bits & ~0x33 == 0 }
}

/// How the CPU may cache pages.
public enum Caching: UInt8, BitwiseCopyable, Sendable {
  case normal = 1
  /// Not cached; writes may be joined before they reach the memory.
  case writeCombining = 2
  /// Not cached; each access is made as it is written, in order.
  case device = 3
}
