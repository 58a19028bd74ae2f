import KernelHAL
import MnosABI
import PlatformCommon
import RISCVShims

/// The riscv64 machine, as the portable kernel uses it. Fence: instructions and registers of
/// the CPU.
public struct RISCVPlatform: MachinePlatform, ~Copyable {
  public typealias Registers = RISCVRegisters
  public typealias ExtendedState = RISCVExtendedState
  public typealias Format = RISCVPageTableFormat

  public let physicalWindowBase: UInt64
  public let pageTableFormat: RISCVPageTableFormat
  /// How many address-space identifiers the CPU tells apart.
  public let addressSpaceIdentifierCount: UInt32
  /// One CPU runs; the others stay where the boot loader parked them.
  public var cpuCount: Int { 1 }

  let boot: BootEnvironment
  let firmware: SBI
  let features: CPUFeatures
  /// The mode field of satp, in place.
  let translationMode: UInt64
  /// The time counter when the kernel started.
  let startTicks: UInt64
  var time = TimeScale()
  var layout = MachineLayout()
  var controller: PLIC<DeviceRegisters>

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
    // SAFETY: an empty block: no access happens.
    let none = unsafe DeviceRegisters(base: 0, byteCount: 0)
    controller = PLIC(registers: none, context: 0, sourceCount: 0)
    // User code reads the time itself, but no other counter.
    mnos_riscv_write_scounteren(CPUFeatures.timeCounterBit)
  }

  /// Reads the device tree where it describes the machine, else the ACPI tables.
  public mutating func discover() throws(BootFailure) {
    // SAFETY: the kernel has mapped all RAM and firmware tables there by now.
    let memory = unsafe WindowMemory(
      windowBase: physicalWindowBase, format: pageTableFormat)
    layout = try MachineLayout(boot, in: memory)
    guard let scale = TimeScale(frequency: layout.timeFrequency) else {
      throw .malformed(StaticReason("frequency of the time counter"))
    }
    time = scale
  }

  public mutating func startDevices() throws(BootFailure) {
    // SAFETY: the kernel has mapped `deviceRegion(at: 0)`, which is this, for the platform.
    let registers = unsafe DeviceRegisters(
      base: physicalWindowBase &+ layout.controllerBase, byteCount: layout.controllerByteCount)
    controller = PLIC(
      registers: registers, context: layout.controllerContext,
      sourceCount: layout.controllerSourceCount)
    controller.start()
    setTimer(ticks: .max)
    mnos_riscv_write_sie(InterruptBits.all)
  }

  /// The interrupt controller, and what turns the machine off.
  public func deviceRegion(at index: Int) -> MemoryRegion? {
    layout.region(at: index)
  }

  public func device(at index: Int) -> DeviceDescription? {
    index == 0 && layout.serialPort.kind != .none ? layout.serialPort : nil
  }

  public func entropy() -> UInt64 {
    // A step of splitmix64, so that one seed gives unlike numbers at unlike times.
    var mixed = (layout.entropySeed ^ mnos_riscv_read_time()) &+ 0x9e37_79b9_7f4a_7c15
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
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
    let kept = write.mask == .max ? 0 : registers.read(at: write.offset) & ~write.mask
    registers.write(kept | write.value & write.mask, at: write.offset)
  }

  public func halt() -> Never {
    mnos_riscv_write_sie(0)
    while true { mnos_riscv_wait_for_interrupt() }
  }
}
