import MnosABI
import ProgramFormat

/// A platform that boots: the stages between the boot loader and the first thread.
///
/// KernelImage calls, in this order: `init`, builds and activates its own page tables over
/// all RAM and firmware tables, `discover`, maps `deviceRegion`s into the physical window,
/// `startDevices`, then user code. Interrupts stay masked until the first thread runs.
public protocol MachinePlatform: Platform, ~Copyable {
  /// The architecture's name, as command lines and folders have it.
  static var name: StaticString { get }
  /// The CPU that user programs must be for.
  static var programMachine: ProgramMachine { get }

  /// Reads the CPU's features and sets up what traps need: descriptor tables, vectors.
  /// Uses no device but the debug console. Runs in the loader's page tables: the one place
  /// to read firmware tables that only those are sure to show.
  init(boot: BootEnvironment) throws(BootFailure)
  /// Reads the firmware's tables (ACPI or device tree) through the physical window, or
  /// reports what `init` found in them.
  mutating func discover() throws(BootFailure)
  /// What was wrong with the firmware's tables, as far as they were read. Meaningful after
  /// `discover`, also after one that failed.
  var firmwareReport: FirmwareReport { get }
  /// Register blocks that the platform itself uses; nil past the last. Valid after
  /// `discover`.
  func deviceRegion(at index: Int) -> MemoryRegion?
  /// Starts interrupt controller and timer; all lines disabled.
  mutating func startDevices() throws(BootFailure)
  /// Devices to offer to user space; nil past the last. Valid after `discover`.
  func device(at index: Int) -> DeviceDescription?
  /// 64 bits from the CPU's or firmware's entropy source, or the counter without one.
  func entropy() -> UInt64

  /// Makes the kernel's own tables the ones in use; the stack and code stay mapped.
  mutating func activateKernelTables(root: PhysicalAddress)
  /// What the entry code's raw words mean. Claims an interrupt from its controller.
  mutating func decodeTrap(cause: UInt64, detail: UInt64, address: UInt64) -> TrapCause
  /// Sleeps until an interrupt is pending, and claims it. Returns at once if one is, also
  /// one that came after the caller last looked.
  mutating func waitForInterrupt() -> TrapCause
  /// Claims an interrupt if one is pending, between two batches of kernel work; returns
  /// `spurious` at once if none is.
  mutating func pollInterrupt() -> TrapCause
  /// The caller's frame pointer and the return address that a function with this frame
  /// pointer saved, for back-traces.
  ///
  /// - Precondition: `frame` is 8-byte aligned, with its neighbours in the kernel's stack.
  static func frameLink(at frame: UInt64) -> (caller: UInt64, returnAddress: UInt64)
  /// Stops this CPU for ever.
  func halt() -> Never
}

/// What the boot loader told, as far as a platform needs it.
public struct BootEnvironment: Sendable {
  /// Virtual address of physical 0 in the loader's direct map, kept by the kernel.
  public var physicalWindowBase: UInt64 = 0
  /// Physical address of the ACPI root pointer, or 0.
  public var acpiRoot: UInt64 = 0
  /// Physical address of the flattened device tree, or 0.
  public var deviceTree: UInt64 = 0
  /// The hardware's number of the CPU that boots: APIC id, hart id, MPIDR, core id.
  public var bootCPU: UInt64 = 0
  /// Levels of the page tables that the loader set up, 3 to 5; 0 if it did not say.
  public var pageTableLevels: Int = 0
  public init() {}
}

/// A range of physical addresses and what is there.
public struct MemoryRegion: Equatable, BitwiseCopyable, Sendable {
  public enum Kind: UInt8, BitwiseCopyable, Sendable {
    case usable, bootReclaimable, kernelAndModules, firmwareTables, framebuffer, reserved, device
  }
  public let base: UInt64
  public let byteCount: UInt64
  public let kind: Kind
  @inlinable public init(base: UInt64, byteCount: UInt64, kind: Kind) {
    self.base = base
    self.byteCount = byteCount
    self.kind = kind
  }

  /// The whole pages that the range touches; nil if it is empty, wraps around, or does not
  /// end below `limit`, which is page aligned.
  public func pages(below limit: UInt64) -> Range<UInt64>? {
    let (end, isWrapped) = base.addingReportingOverflow(byteCount)
    guard byteCount > 0, !isWrapped, end <= limit else { return nil }
    return base & ~4095..<(end + 4095) & ~4095
  }
}

/// A device found in the machine's tables, for a user-space driver.
public struct DeviceDescription: Equatable, Sendable {
  public var kind: DeviceKind = .none
  /// Physical address of the registers, or 0 if they are I/O ports.
  public var registers: UInt64 = 0
  public var registerByteCount: UInt64 = 0
  /// Distance between registers as a power of two, in bytes.
  public var registerShift: UInt8 = 0
  /// Bytes in one register access.
  public var accessWidth: UInt8 = 1
  public var ports = PortRange(first: 0, count: 0)
  /// Interrupt line, or nil if the tables name none.
  public var line: UInt32? = nil
  /// Input clock in hertz, or 0 if the tables do not say.
  public var clockFrequency: UInt32 = 0
  /// The registers in memory; empty if they are I/O ports.
  public var region: MemoryRegion {
    MemoryRegion(base: registers, byteCount: registerByteCount, kind: .device)
  }
  public init() {}
}

/// Why the machine cannot boot: a stage, and what to do about it.
public enum BootFailure: Error, Equatable, Sendable {
  /// A table or device that the kernel cannot run without is missing.
  case missing(StaticReason)
  /// A table says something impossible.
  case malformed(StaticReason)
  /// Physical memory ran out while starting.
  case outOfMemory
}

/// A constant text, comparable so that tests can name the reason they expect.
public struct StaticReason: Equatable, Sendable {
  public let text: StaticString
  @inlinable public init(_ text: StaticString) { self.text = text }
  public static func == (left: Self, right: Self) -> Bool {
    // SAFETY: the two addresses are compared, not read.
    let isSameAddress = unsafe left.text.utf8Start == right.text.utf8Start
    return isSameAddress && left.text.utf8CodeUnitCount == right.text.utf8CodeUnitCount
  }
}
