import KernelHAL
import LoongArchShims
import MnosABI
import PlatformCommon
import ProgramFormat

/// What KernelImage calls every machine.
public typealias KernelPlatform = LoongArchPlatform

/// The loongarch64 machine, as the portable kernel uses it. Fence: instructions and registers
/// of the CPU.
public struct LoongArchPlatform: LiminePlatform, ~Copyable {
  public static var name: StaticString { "loongarch64" }
  public static var programMachine: ProgramMachine { .loongarch64 }
  public static var processorLayout: LimineProcessorLayout { .wide }
  public static var lowestLevelCount: Int { 4 }

  public typealias Registers = LoongArchRegisters
  public typealias ExtendedState = LoongArchExtendedState
  public typealias Format = LoongArchPageTableFormat

  public let physicalWindowBase: UInt64
  public let pageTableFormat: LoongArchPageTableFormat
  /// How many address-space identifiers the CPU tells apart.
  public let addressSpaceIdentifierCount: UInt32
  /// One CPU runs; the others stay where the boot loader parked them.
  public var cpuCount: Int { 1 }

  let boot: BootEnvironment
  let features: CPUFeatures
  let caches: DataCaches
  /// This CPU's number among the cores of the machine.
  let core: UInt64
  let timer: ConstantTimer
  /// The stable counter when the kernel started.
  let startTicks: UInt64
  let time: TimeScale
  var layout = MachineLayout()
  /// The input pin that devices interrupt this CPU by.
  var devicePin = InterruptBits(rawValue: 0)
  /// What the tables lack, kept until the console can say so.
  var deferredFailure: BootFailure? = nil
  var lines = PlatformInterrupts(registers: DeviceRegisters())
  var vectors = ExtendedInterrupts(registers: CoreRegisters(), vectorCount: 0)
  /// Physical addresses of the kernel's root table and of an empty one.
  var kernelRoot = PhysicalAddress(0)
  var emptyRoot = PhysicalAddress(0)
  var console = DebugConsole<SerialWriter16550<DeviceRegisters>>()

  public init(boot: BootEnvironment) throws(BootFailure) {
    self.boot = boot
    physicalWindowBase = boot.physicalWindowBase
    features = CPUFeatures { mnos_loongarch_cpucfg($0) & 0xffff_ffff }
    caches = DataCaches { mnos_loongarch_cpucfg($0) & 0xffff_ffff }
    pageTableFormat = LoongArchPageTableFormat(protection: features.protection)
    addressSpaceIdentifierCount = SpaceIdentifiers.count(
      configuration: mnos_loongarch_read_asid())
    core = mnos_loongarch_read_cpuid() & 0x1ff
    timer = ConstantTimer(configuration: mnos_loongarch_read_prcfg1())
    startTicks = mnos_loongarch_read_time()
    time = TimeScale(frequency: features.timeFrequency) ?? TimeScale()
  }

  /// Reads the firmware's tables. If these lack what the kernel needs but name a console, that
  /// is told by `startDevices`, by when the console can be used.
  public mutating func discover() throws(BootFailure) {
    // SAFETY: the kernel's tables are in use, and it has mapped all RAM by now.
    let memory = unsafe FirmwareWindow(
      base: physicalWindowBase, format: pageTableFormat, root: kernelRoot, addressWidth: 48)
    do throws(BootFailure) {
      try layout.discover(boot, processor: core, in: memory)
      try features.validate()
    } catch {
      guard layout.serialPort.kind != .none else { throw error }
      deferredFailure = error
    }
  }

  public mutating func startDevices() throws(BootFailure) {
    // The TLB may hold the new mappings' pages as invalid ones.
    mnos_loongarch_forget_all()
    startConsole()
    if let deferredFailure { throw deferredFailure }
    lines = PlatformInterrupts(
      registers: deviceRegisters(at: layout.controllerBase, layout.controllerByteCount))
    guard lines.lineCount > 0 else {
      throw .malformed(StaticReason("platform interrupt controller: it has no lines"))
    }
    vectors = ExtendedInterrupts(registers: CoreRegisters(), vectorCount: lines.lineCount)
    let pin = layout.interruptPin ?? 0
    devicePin = .pin(pin)
    vectors.start(core: UInt32(core), pin: pin)
    lines.start()
    InterprocessorInterrupt.start()
    stopTimer()
    EnabledInterrupts.write(devicePin.union(.timer).union(.interprocessor))
  }

  private mutating func startConsole() {
    guard layout.serialPort.kind != .none else { return }
    console.open(
      SerialWriter16550(
        registers: deviceRegisters(
          at: layout.serialPort.registers, layout.serialPort.registerByteCount),
        shift: layout.serialPort.registerShift))
  }

  /// - Parameter address: Of a `deviceRegion`.
  func deviceRegisters(at address: UInt64, _ byteCount: UInt64) -> DeviceRegisters {
    // SAFETY: the kernel has mapped each `deviceRegion` for the platform.
    unsafe DeviceRegisters(base: physicalWindowBase &+ address, byteCount: byteCount)
  }

  public func deviceRegion(at index: Int) -> MemoryRegion? { layout.region(at: index) }

  public var firmwareReport: FirmwareReport { layout.report }

  public func device(at index: Int) -> DeviceDescription? {
    index == 0 && layout.serialPort.kind != .none ? layout.serialPort : nil
  }

  public func entropy() -> UInt64 { layout.entropySeed.number(at: mnos_loongarch_read_time()) }

  public var hasPorts: Bool { false }
  /// There are no ports: nothing to do.
  public mutating func activatePorts(_ ports: PortSet) {}

  public mutating func writeDebug(byte: UInt8) { console.write(byte) }

  public mutating func powerOff() { perform(layout.powerOff) }

  public mutating func reboot() { perform(layout.reboot) }

  private func perform(_ control: PowerControl?) {
    guard let control else { return }
    mnos_loongarch_barrier()
    var registers = deviceRegisters(at: control.address, control.byteCount)
    control.perform(on: &registers)
    // It takes a while.
    let start = now()
    while now() &- start < 1_000_000_000 {}
  }

  public func halt() -> Never {
    mnos_loongarch_write_ecfg(0)
    while true { mnos_loongarch_wait_for_interrupt() }
  }
}
