import KernelHAL

/// Where the loader put its answers: a virtual address for each request, 0 for no answer.
public struct LimineResponses: Sendable {
  public var isBaseRevisionSupported = false
  public var areMarkersIntact = false
  public var loaderInfo: UInt64 = 0
  public var directMap: UInt64 = 0
  public var memoryMap: UInt64 = 0
  public var kernelAddress: UInt64 = 0
  public var kernelFile: UInt64 = 0
  public var modules: UInt64 = 0
  public var acpiRoot: UInt64 = 0
  public var deviceTree: UInt64 = 0
  public var framebuffers: UInt64 = 0
  public var bootTime: UInt64 = 0
  public var bootHart: UInt64 = 0
  public var pagingMode: UInt64 = 0
  public var processors: UInt64 = 0
  public init() {}
}

/// A range of physical memory and what the loader says is in it.
public struct LimineMemoryEntry: Equatable, Sendable {
  /// Source: Limine PROTOCOL.md, "Memory Map Feature".
  public enum Kind: UInt64, Sendable {
    case usable = 0
    case reserved = 1
    case acpiReclaimable = 2
    case acpiStorage = 3
    case badMemory = 4
    /// The loader's page tables, stack and answers; free once the kernel needs none of them.
    case loaderReclaimable = 5
    case kernelAndModules = 6
    case framebuffer = 7
    /// Firmware data that the direct map covers; only with base revision 4 and later.
    case reservedMapped = 8

    /// Whether devices may have their registers or memory in such a range. All else is RAM,
    /// whole or broken, also where the kernel cannot use it.
    public var mayHoldDevices: Bool {
      switch self {
      case .reserved, .framebuffer: true
      case .usable, .loaderReclaimable, .kernelAndModules, .acpiReclaimable, .acpiStorage,
        .badMemory, .reservedMapped:
        false
      }
    }
  }
  public let base: UInt64
  public let byteCount: UInt64
  /// `reserved` for any kind that is not known here.
  public let kind: Kind
  public init(base: UInt64, byteCount: UInt64, kind: Kind) {
    self.base = base
    self.byteCount = byteCount
    self.kind = kind
  }

  /// How the kernel's window shows the range: RAM for writing, the firmware's tables for reading,
  /// nil for not at all.
  ///
  /// Reserved ranges are not shown, for what is there need not be memory: a CPU that reads ahead
  /// in a cacheable mapping of a device, or of memory that only secure software may read, gets a
  /// bus error at a time of its own choosing. The exception is a range that holds the tables that
  /// the loader named: some firmware has these in memory that it calls reserved.
  /// Source: Arm ARM (DDI 0487) §B2.7, "Memory types and attributes", on speculative accesses.
  ///
  /// - Parameters: Physical addresses of the ACPI root pointer and the device tree, if any.
  public func windowRights(_ acpiRoot: UInt64?, _ deviceTree: UInt64?) -> PageRights? {
    let reading = PageRights.global.union(.read)
    switch kind {
    case .usable, .loaderReclaimable, .kernelAndModules: return reading.union(.write)
    case .acpiReclaimable, .acpiStorage, .reservedMapped: return reading
    case .reserved: return contains(acpiRoot) || contains(deviceTree) ? reading : nil
    case .badMemory, .framebuffer: return nil
    }
  }

  private func contains(_ address: UInt64?) -> Bool {
    guard let address else { return false }
    return address >= base && address - base < byteCount
  }
}

/// A file that the loader read: the kernel itself or a module.
@safe public struct LimineFile {
  /// Virtual address of the first byte, in the direct map and on a page boundary.
  public let address: UInt64
  /// Physical address of the first byte.
  public let physicalAddress: UInt64
  public let byteCount: UInt64
  /// The path on its volume, with a leading slash; nil if the loader gave none.
  public let path: LimineText?
  /// The text from the loader's configuration that goes with it; nil if none.
  public let commandLine: LimineText?
}

/// A linear framebuffer.
public struct LimineFramebuffer: Equatable, Sendable {
  public let physicalAddress: UInt64
  public let width: UInt64
  public let height: UInt64
  /// Bytes from one line to the next.
  public let pitch: UInt64
  public let bitsPerPixel: UInt16
  public let redMaskSize: UInt8
  public let redMaskShift: UInt8
  public let greenMaskSize: UInt8
  public let greenMaskShift: UInt8
  public let blueMaskSize: UInt8
  public let blueMaskShift: UInt8
}

/// How a loader lays out what it says about processors: it differs by architecture.
///
/// Source: Limine PROTOCOL.md, "SMP (multiprocessor) Feature".
public enum LimineProcessorLayout: Sendable {
  /// Both numbers are 32 bits wide, and so are flags and boot processor in the response.
  case x86
  /// A 32-bit ACPI number, then a 64-bit MPIDR.
  case aarch64
  /// Two 64-bit numbers: ACPI number, and hart or core id.
  case wide
}

/// A processor that the loader found.
public struct LimineProcessor: Equatable, Sendable {
  /// The ACPI processor number; 0 on machines without ACPI.
  public let acpiNumber: UInt64
  /// The hardware's number: local APIC id, MPIDR, hart id or core id.
  public let hardwareNumber: UInt64
  /// Virtual address of the word that starts this processor when the address of code is
  /// written to it. Means nothing for the boot processor.
  public let startWord: UInt64
}
