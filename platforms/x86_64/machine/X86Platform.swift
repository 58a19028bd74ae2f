import KernelHAL
import MnosABI
import PlatformCommon
import X86Shims

/// The machine that x86_64 PCs are, with local and I/O APICs and ACPI tables.
public struct X86Platform: ~Copyable {
  public typealias Registers = X86Registers
  public typealias ExtendedState = X86ExtendedState
  public typealias Format = X86PageTableFormat

  public let physicalWindowBase: UInt64
  public let pageTableFormat: X86PageTableFormat

  let features: CPUFeatures
  let debugPort: DebugPort
  let localAPIC: LocalAPIC

  /// What the firmware's tables say, or why the machine cannot run with them.
  let firmware: FirmwareTables?
  let firmwareFailure: BootFailure?
  public let firmwareReport: FirmwareReport

  /// Filled by `startDevices`.
  var ioAPICs: [8 of IOAPIC] = .init(repeating: IOAPIC())
  var lines = InterruptLineStates()
  public internal(set) var interruptLineCount: UInt32 = 0
  var bootIdentifier: UInt32 = 0
  var clock = Clock()

  var ports: [1 of PortState] = .init(repeating: PortState())

  /// Bits of a physical address at most. Source: Intel SDM vol. 3A §4.1.4.
  static var addressWidth: UInt64 { 52 }

  public init(boot: BootEnvironment) throws(BootFailure) {
    let features = CPUFeatures.current
    guard features.hasNoExecute else {
      throw .missing(StaticReason("this CPU has no no-execute pages"))
    }
    guard features.hasSystemCall else {
      throw .missing(StaticReason("this CPU has no SYSCALL instruction"))
    }
    guard features.hasPageAttributes else {
      throw .missing(StaticReason("this CPU has no page attribute table"))
    }
    self.features = features
    physicalWindowBase = boot.physicalWindowBase
    pageTableFormat = X86PageTableFormat(
      levelCount: ControlRegisters.hasFiveLevels ? 5 : 4,
      hasGiantPages: features.hasGiantPages)
    InterruptTable.fill()
    CPUData(index: 0).load(kernelStack: x86_boot_stack_top_address())
    SyscallMSRs.enable()
    ControlRegisters.enableExtendedState()
    x86_clear_debug_registers()
    debugPort = DebugPort()
    localAPIC = LocalAPIC(physicalWindowBase: boot.physicalWindowBase)
    // SAFETY: the loader's direct map has all RAM, and so every page table.
    let reader = unsafe FirmwareWindow(
      base: physicalWindowBase, format: pageTableFormat,
      root: PhysicalAddress(ControlRegisters.rootTable), addressWidth: Self.addressWidth)
    var report = FirmwareReport()
    do throws(BootFailure) {
      firmware = try FirmwareTables(rootPointer: boot.acpiRoot, in: reader, noting: &report)
      firmwareFailure = nil
    } catch {
      firmware = nil
      firmwareFailure = error
    }
    firmwareReport = report
  }
}

extension X86Platform: Platform {
  public var cpuCount: Int { 1 }

  /// With one CPU there is nobody to wake.
  public mutating func wake(cpu: Int) {}

  public mutating func writeDebug(byte: UInt8) { debugPort.write(byte) }
}

/// What this CPU's port bitmap holds.
struct PortState {
  /// The ports whose bits are clear.
  var loaded = PortSet()
  /// Whether the CPU looks at the bitmap.
  var isActive = false
}

/// How the time stamp and the timer are read and set.
struct Clock {
  var start: UInt64 = 0
  var timeStamp = TimeScale()
  var localTimer = TimeScale()
  var usesDeadline = false
}
