import KernelHAL
import MnosABI
import PlatformCommon

/// What the ACPI tables say of this machine.
struct FirmwareTables {
  var interruptModel: ACPIInterruptModel
  var fixedHardware = ACPIFixedHardware()
  /// nil where no table tells how to turn the machine off.
  var sleepState: ACPISleepState?
  /// Physical address of the event timer, or 0.
  var eventTimerAddress: UInt64 = 0
  var console: ACPISerialConsole?

  /// - Throws: what is missing or wrong, of the things that the kernel cannot run without.
  init<Memory: PhysicalMemoryReader>(
    rootPointer: UInt64, in memory: Memory
  ) throws(BootFailure) {
    guard rootPointer != 0 else {
      throw .missing(StaticReason("the boot loader gave no ACPI root pointer"))
    }
    guard let root = ACPIRoot(pointerAt: rootPointer, in: memory) else {
      throw .malformed(StaticReason("ACPI root tables"))
    }
    guard let table = root.table(.interruptControllers) else {
      throw .missing(StaticReason("ACPI interrupt controller table (MADT)"))
    }
    guard let model = ACPIInterruptModel(table) else {
      throw .malformed(StaticReason("ACPI interrupt controller table (MADT)"))
    }
    guard model.controllerCount > 0 else {
      throw .missing(StaticReason("I/O APIC in the ACPI tables"))
    }
    interruptModel = model
    if let table = root.table(.fixedHardware) {
      fixedHardware = ACPIFixedHardware(table)
      sleepState = Self.sleepState(root, definitionBlock: fixedHardware.definitionBlock)
    }
    if let table = root.table(.eventTimer), let timer = ACPIEventTimer(table) {
      eventTimerAddress = timer.address
    }
    if let table = root.table(.serialConsole) { console = ACPISerialConsole(table) }
  }

  /// Looks in the DSDT first, then in each SSDT.
  private static func sleepState<Memory: PhysicalMemoryReader>(
    _ root: ACPIRoot<Memory>, definitionBlock: UInt64
  ) -> ACPISleepState? {
    if let block = root.table(.definitionBlock, at: definitionBlock),
      let state = ACPISleepState(off: block)
    {
      return state
    }
    var skip: UInt64 = 0
    while let block = root.table(.secondaryDefinitionBlock, skip: skip) {
      if let state = ACPISleepState(off: block) { return state }
      skip += 1
    }
    return nil
  }

  /// The firmware's console if it names a 16550, else the PC's first port if it answers.
  func serialDevice(hasFirstPort: Bool) -> DeviceDescription? {
    if let console, console.kind == .uart16550, let device = describe(console) { return device }
    guard hasFirstPort else { return nil }
    var device = Self.serial16550
    device.ports = PortRange(first: UInt32(DebugPort.base), count: DebugPort.portCount)
    device.line = interruptModel.route(isa: DebugPort.isaInterrupt).line
    return device
  }

  private static var serial16550: DeviceDescription {
    var device = DeviceDescription()
    device.kind = .serial16550
    device.clockFrequency = DebugPort.clockFrequency
    return device
  }

  private func describe(_ console: ACPISerialConsole) -> DeviceDescription? {
    var device = Self.serial16550
    if let port = console.register.port {
      device.ports = PortRange(first: UInt32(port), count: DebugPort.portCount)
    } else if let address = console.register.memoryAddress {
      device.registers = address
      device.registerByteCount = UInt64(DebugPort.portCount) << UInt64(console.registerShift)
      device.registerShift = console.registerShift
      device.accessWidth = console.accessWidth
    } else {
      return nil
    }
    if console.clockFrequency != 0 { device.clockFrequency = console.clockFrequency }
    switch console.interrupt {
    case .none: device.line = nil
    case .isa(let number): device.line = interruptModel.route(isa: Int(number)).line
    case .line(let line): device.line = line
    }
    return device
  }
}
