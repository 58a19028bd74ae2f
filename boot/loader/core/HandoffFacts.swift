/// A file in memory.
public struct LoadedFile {
  /// Physical address, on a page boundary.
  public var address: UInt64
  public var byteCount: UInt64
  public init(address: UInt64, byteCount: UInt64) {
    self.address = address
    self.byteCount = byteCount
  }
}

/// A linear framebuffer, with 8 bits a colour.
public struct FramebufferFacts {
  public var address: UInt64 = 0
  public var width: UInt64 = 0
  public var height: UInt64 = 0
  /// Bytes from one line to the next.
  public var pitch: UInt64 = 0
  public var red = ColourMask(mask: 0)
  public var green = ColourMask(mask: 0)
  public var blue = ColourMask(mask: 0)
  public init() {}
  public var byteCount: UInt64 { pitch.multipliedReportingOverflow(by: height).partialValue }
}

/// Where a colour is in a pixel.
public struct ColourMask: Equatable {
  public let bitCount: UInt64
  public let shift: UInt64
  /// - Parameter mask: The colour's bits in a row; 0 for none.
  public init(mask: UInt32) {
    bitCount = UInt64(mask.nonzeroBitCount)
    shift = mask == 0 ? 0 : UInt64(mask.trailingZeroBitCount)
  }
}

/// How the machine's processors are described.
///
/// Source: Limine PROTOCOL.md, "SMP (multiprocessor) Feature".
public enum ProcessorLayout: Sendable {
  /// 32-bit numbers, as on x86_64.
  case narrow
  /// A 32-bit ACPI number and a 64-bit hardware number, as on aarch64.
  case mixed
  /// 64-bit numbers, as on riscv64 and loongarch64.
  case wide
}

/// All that the loader has found out and done, to be told to the kernel.
public struct HandoffFacts {
  public var directMapOffset: UInt64 = 0
  /// Physical address of the kernel's image.
  public var imageAddress: UInt64 = 0
  /// Virtual address of the kernel's image.
  public var imageBase: UInt64 = 0
  public var kernelFile = LoadedFile(address: 0, byteCount: 0)
  public var modules: [16 of LoadedFile] = .init(
    repeating: LoadedFile(address: 0, byteCount: 0))
  /// Physical address of the ACPI root pointer, or 0.
  public var acpiRoot: UInt64 = 0
  /// Physical address of the device tree, or 0.
  public var deviceTree: UInt64 = 0
  public var framebuffer: FramebufferFacts?
  public var pagingMode: UInt64 = 0
  /// Physical address of the firmware's system table.
  public var systemTable: UInt64 = 0
  /// The firmware's own memory map: physical address, bytes, bytes of an entry, version.
  public var firmwareMap = LoadedFile(address: 0, byteCount: 0)
  public var firmwareMapEntryByteCount: UInt64 = 0
  public var firmwareMapVersion: UInt64 = 0
  public var bootTime: Int64?
  public var processorLayout = ProcessorLayout.wide
  /// The hardware's number of the processor that boots, if it is known.
  public var bootProcessor: UInt64?
  /// What ACPI calls it; 0 if no table says so.
  public var bootProcessorACPINumber: UInt64 = 0
  public init() {}
}
