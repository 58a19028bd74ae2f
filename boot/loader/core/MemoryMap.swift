/// What a range of physical memory is, in the order of the boot protocol's numbers.
///
/// Source: Limine PROTOCOL.md, "Memory Map Feature".
public enum MemoryKind: UInt64, Sendable, BitwiseCopyable {
  case usable = 0
  case reserved = 1
  case acpiReclaimable = 2
  case acpiStorage = 3
  case badMemory = 4
  case loaderReclaimable = 5
  case kernelAndModules = 6
  case framebuffer = 7
  /// Reserved memory that the firmware uses after boot: the protocol has no number for it.
  case runtimeServices = 256

  /// The number that the kernel is told.
  public var protocolNumber: UInt64 {
    self == .runtimeServices ? Self.reserved.rawValue : rawValue
  }

  /// Where ranges overlap, the higher one decides.
  var precedence: Int {
    switch self {
    case .usable: 0
    case .loaderReclaimable: 1
    case .acpiReclaimable: 2
    case .acpiStorage: 3
    case .kernelAndModules: 4
    case .runtimeServices: 5
    case .reserved: 6
    case .framebuffer: 7
    case .badMemory: 8
    }
  }

  /// Whether the kernel may hand it out sooner or later, so that it must be whole pages.
  var isPaged: Bool { self == .usable || self == .loaderReclaimable }

  /// Whether the direct map covers it above 4 GiB.
  ///
  /// Reserved memory is left out, since it may be a device's. That of run-time services is not:
  /// the system table, of which the kernel is told an address in the direct map, lies there,
  /// and with it what is valid of the table after boot. Source: UEFI 2.10 §4.3.
  public var isInDirectMap: Bool { self != .reserved && self != .badMemory }

  /// What a UEFI memory type becomes once boot services have ended.
  ///
  /// Memory of boot services is free then; the loader's own is in use until the kernel has
  /// its own tables and stack. Source: UEFI 2.10 §7.2.3, table 7.10.
  public init(firmwareType: UInt32) {
    switch firmwareType {
    case 1, 2: self = .loaderReclaimable
    case 3, 4, 7: self = .usable
    case 5, 6: self = .runtimeServices
    case 8: self = .badMemory
    case 9: self = .acpiReclaimable
    case 10: self = .acpiStorage
    default: self = .reserved
    }
  }
}

/// A range of physical memory.
public struct MemoryRange: Equatable, Sendable, BitwiseCopyable {
  public var base: UInt64
  /// One past the last byte; never below `base`.
  public var end: UInt64
  public var kind: MemoryKind

  /// A range of `byteCount` bytes, cut off where the address space ends.
  public init(base: UInt64, byteCount: UInt64, kind: MemoryKind) {
    self.base = base
    end = base &+ byteCount < base ? UInt64.max : base + byteCount
    self.kind = kind
  }

  public var byteCount: UInt64 { end - base }
}
