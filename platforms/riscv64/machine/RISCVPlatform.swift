import KernelHAL
import MnosABI
import PlatformCommon
import ProgramFormat
import RISCVShims

/// What KernelImage calls every machine.
public typealias KernelPlatform = RISCVPlatform

/// The riscv64 machine, as the portable kernel uses it. Fence: instructions and registers of
/// the CPU.
public struct RISCVPlatform: LiminePlatform, ~Copyable {
  public static var name: StaticString { "riscv64" }
  public static var programMachine: ProgramMachine { .riscv64 }
  public static var processorLayout: LimineProcessorLayout { .wide }
  public static var lowestLevelCount: Int { 3 }

  public typealias Registers = RISCVRegisters
  public typealias ExtendedState = RISCVExtendedState
  public typealias Format = RISCVPageTableFormat

  public let physicalWindowBase: UInt64
  public internal(set) var pageTableFormat: RISCVPageTableFormat
  /// How many address-space identifiers the CPU tells apart.
  public let addressSpaceIdentifierCount: UInt32
  /// One CPU runs; the others stay where the boot loader parked them.
  public var cpuCount: Int { 1 }

  let boot: BootEnvironment
  let firmware: SBI
  let features: CPUFeatures
  let fences: FenceRules
  /// The mode field of satp, in place.
  let translationMode: UInt64
  /// The time counter when the kernel started.
  let startTicks: UInt64
  var time = TimeScale()
  var layout = MachineLayout()
  /// Bytes in a block that cache instructions take; 0 if they are not to be used.
  var cacheBlockByteCount: UInt64 = 0
  var controller = InterruptController()

  public init(boot: BootEnvironment) throws(BootFailure) {
    let translation = try TranslationControl.probe()
    self.boot = boot
    physicalWindowBase = boot.physicalWindowBase
    pageTableFormat = RISCVPageTableFormat(levelCount: translation.levelCount)
    addressSpaceIdentifierCount = translation.identifierCount
    translationMode = translation.mode
    startTicks = mnos_riscv_read_time()
    firmware = SBI()
    features = CPUFeatures.probe()
    fences = FenceRules(isPartialFenceBroken: firmware.hartIdentity.hasBrokenPartialFence)
    // User code reads the time itself, but no other counter.
    mnos_riscv_write_scounteren(CPUFeatures.timeCounterBit)
    mnos_riscv_close_user_extensions()
  }

  /// Reads the device tree where it describes the machine, else the ACPI tables.
  public mutating func discover() throws(BootFailure) {
    let root = PhysicalAddress(TranslationControl.root(of: mnos_riscv_read_satp()))
    // SAFETY: the kernel's tables are in use, and it has mapped all RAM by now.
    let memory = unsafe FirmwareWindow(
      base: physicalWindowBase, format: pageTableFormat, root: root, addressWidth: 56)
    try layout.discover(boot, processor: boot.bootCPU, in: memory)
    guard let scale = TimeScale(frequency: layout.timeFrequency) else {
      throw .malformed(StaticReason("frequency of the time counter"))
    }
    time = scale
    useExtensions(root)
  }

  public mutating func startDevices() throws(BootFailure) {
    // SAFETY: the kernel has mapped `deviceRegion(at: 0)`, which is this, for the platform.
    let registers = unsafe DeviceRegisters(
      base: physicalWindowBase &+ layout.controllerBase, byteCount: layout.controllerByteCount)
    controller = InterruptController(
      kind: layout.controllerKind, registers: registers,
      sourceCount: layout.controllerSourceCount)
    controller.start()
    setTimer(ticks: .max)
    mnos_riscv_write_sie(InterruptBits.all)
  }

  /// The interrupt controller, and what turns the machine off.
  public func deviceRegion(at index: Int) -> MemoryRegion? {
    layout.region(at: index)
  }

  public var firmwareReport: FirmwareReport { layout.report }

  public func device(at index: Int) -> DeviceDescription? {
    index == 0 && layout.serialPort.kind != .none ? layout.serialPort : nil
  }

  public func entropy() -> UInt64 {
    layout.entropySeed.number(at: mnos_riscv_read_time())
  }

  public var hasPorts: Bool { false }
  /// There are no ports: nothing to do.
  public mutating func activatePorts(_ ports: PortSet) {}

  public mutating func writeDebug(byte: UInt8) {
    firmware.write(byte)
  }

  public mutating func powerOff() {
    firmware.shutDown()
    perform(layout.powerOff)
    firmware.shutDownByLegacy()
  }

  public mutating func reboot() {
    firmware.restart()
    perform(layout.reboot)
  }

  private func perform(_ write: RegisterWrite?) {
    guard let write else { return }
    // SAFETY: the block is a `deviceRegion`, which the kernel has mapped for the platform.
    var registers = unsafe DeviceRegisters(
      base: physicalWindowBase &+ write.base, byteCount: write.byteCount)
    write.perform(on: &registers)
  }

  public func halt() -> Never {
    mnos_riscv_write_sie(0)
    while true { mnos_riscv_wait_for_interrupt() }
  }
}
