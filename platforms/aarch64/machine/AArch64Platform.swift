import AArch64Shims
import KernelHAL
import MnosABI
import PlatformCommon
import ProgramFormat

/// What KernelImage calls every machine.
public typealias KernelPlatform = AArch64Platform

/// The aarch64 machine, as the portable kernel uses it. Fence: instructions and registers of
/// the CPU.
public struct AArch64Platform: LiminePlatform, ~Copyable {
  public static var name: StaticString { "aarch64" }
  public static var programMachine: ProgramMachine { .aarch64 }
  public static var processorLayout: LimineProcessorLayout { .aarch64 }
  public static var lowestLevelCount: Int { 4 }

  public typealias Registers = AArch64Registers
  public typealias ExtendedState = AArch64ExtendedState
  public typealias Format = AArch64PageTableFormat

  public let physicalWindowBase: UInt64
  public let pageTableFormat: AArch64PageTableFormat
  /// How many address-space identifiers the CPU tells apart.
  public var addressSpaceIdentifierCount: UInt32 { features.identifierCount }
  /// One CPU runs; the others stay where the boot loader parked them.
  public var cpuCount: Int { 1 }

  let boot: BootEnvironment
  let features: CPUFeatures
  let caches: CacheType
  /// MPIDR_EL1's affinity fields.
  let affinity: UInt64
  /// The counter when the kernel started.
  let startTicks: UInt64
  /// Physical address of a table in which nothing is mapped.
  let emptyTable: UInt64
  /// The kernel's own tables, once they are in use.
  var kernelRoot = PhysicalAddress(0)
  var time = TimeScale()
  var layout = MachineLayout()
  var controller = InterruptController.none
  var console = DebugConsole<PL011<DeviceRegisters>>()

  public init(boot: BootEnvironment) throws(BootFailure) {
    guard TranslationControl.isUsable(mnos_aarch64_read_tcr()) else {
      throw .missing(StaticReason("page tables of four levels and 4 KiB pages"))
    }
    guard let attributes = MemoryAttributes(loaded: mnos_aarch64_read_mair()) else {
      throw .missing(StaticReason("write-back memory in MAIR_EL1"))
    }
    self.boot = boot
    physicalWindowBase = boot.physicalWindowBase
    pageTableFormat = AArch64PageTableFormat(attributes: attributes)
    features = CPUFeatures.current
    caches = CacheType(register: mnos_aarch64_read_ctr())
    affinity = mnos_aarch64_read_mpidr() & 0xff_00ff_ffff
    startTicks = mnos_aarch64_read_counter()
    emptyTable =
      mnos_aarch64_translate(mnos_aarch64_empty_table_address())
      & AArch64PageTableFormat.Bits.address
    mnos_aarch64_write_mair(attributes.register)
    features.limitUserMode()
  }

  /// Reads the device tree where it describes the machine, else the ACPI tables.
  public mutating func discover() throws(BootFailure) {
    // SAFETY: the kernel's tables are in use, and it has mapped all RAM by now.
    let memory = unsafe FirmwareWindow(
      base: physicalWindowBase, format: pageTableFormat, root: kernelRoot, addressWidth: 48)
    // Whatever becomes of the boot, its report needs a port.
    defer { openConsole(isMapped: false) }
    try layout.discover(boot, processor: affinity, in: memory)
    if layout.timeFrequency == 0 { layout.timeFrequency = mnos_aarch64_read_cntfrq() }
    guard let scale = TimeScale(frequency: layout.timeFrequency) else {
      throw .malformed(StaticReason("frequency of the time counter"))
    }
    time = scale
  }

  public mutating func startDevices() throws(BootFailure) {
    openConsole(isMapped: true)
    // SAFETY: the kernel has mapped the layout's regions for the platform.
    guard
      let controller = unsafe InterruptController(
        layout, windowBase: physicalWindowBase, affinity: affinity)
    else { throw .missing(StaticReason("this CPU's redistributor")) }
    self.controller = controller
    controller.start()
    mnos_aarch64_write_cntv_cval(.max)
    mnos_aarch64_write_cntv_ctl(1)
    controller.setLine(layout.timerInterrupt, isEnabled: true)
  }

  /// The interrupt controller, the serial port, and what turns the machine off.
  public func deviceRegion(at index: Int) -> MemoryRegion? {
    layout.region(at: index)
  }

  public var firmwareReport: FirmwareReport { layout.report }

  public func device(at index: Int) -> DeviceDescription? {
    index == 0 && layout.serialPort.kind != .none ? layout.serialPort : nil
  }

  /// The CPU's own random numbers where it has them and they are not used up.
  public func entropy() -> UInt64 {
    let random = features.hasRandomNumbers ? mnos_aarch64_read_random() : 0
    return random != 0 ? random : layout.entropySeed.number(at: mnos_aarch64_read_counter())
  }

  public var hasPorts: Bool { false }
  /// There are no ports: nothing to do.
  public mutating func activatePorts(_ ports: PortSet) {}

  public mutating func powerOff() {
    call(PowerFunction.off)
    perform(layout.powerOff)
  }

  public mutating func reboot() {
    call(PowerFunction.reset)
    perform(layout.reboot)
  }

  private func call(_ function: UInt64) {
    switch layout.conduit {
    case .none: break
    case .hypervisor: _ = mnos_aarch64_call_by_hvc(function)
    case .secureMonitor: _ = mnos_aarch64_call_by_smc(function)
    }
  }

  private func perform(_ write: RegisterWrite?) {
    guard let write else { return }
    // SAFETY: the block is a `deviceRegion`, which the kernel has mapped for the platform.
    var registers = unsafe DeviceRegisters(
      base: physicalWindowBase &+ write.base, byteCount: write.byteCount)
    write.perform(on: &registers)
  }

  public func halt() -> Never {
    while true { mnos_aarch64_wait_for_interrupt() }
  }
}

extension CPUFeatures {
  /// Those of this CPU.
  static var current: CPUFeatures {
    CPUFeatures(
      memory0: mnos_aarch64_read_memory_features0(),
      memory1: mnos_aarch64_read_memory_features1(),
      memory2: mnos_aarch64_read_memory_features2(),
      instructions0: mnos_aarch64_read_instruction_features0(),
      processor0: mnos_aarch64_read_processor_features0(),
      debug0: mnos_aarch64_read_debug_features0())
  }

  /// Keeps the kernel from user pages, and user mode from all counters but the virtual one,
  /// which tells the time.
  func limitUserMode() {
    // CNTKCTL_EL1.EL0VCTEN
    mnos_aarch64_write_cntkctl(1 << 1)
    if hasPerformanceCounters { mnos_aarch64_write_pmuserenr(0) }
    if hasPrivilegedAccessNever { mnos_aarch64_write_pan(1 << 22) }
    mnos_aarch64_instruction_barrier()
  }
}
