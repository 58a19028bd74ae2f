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
    rootPointer: UInt64, in memory: Memory, noting report: inout FirmwareReport
  ) throws(BootFailure) {
    guard rootPointer != 0 else {
      throw .missing(StaticReason("the boot loader gave no ACPI root pointer"))
    }
    guard let root = ACPIRoot(pointerAt: rootPointer, in: memory, noting: &report) else {
      throw .malformed(StaticReason("ACPI root tables"))
    }
    guard let table = root.table(.interruptControllers, noting: &report) else {
      throw .missing(StaticReason("ACPI interrupt controller table (MADT)"))
    }
    let model = ACPIInterruptModel(table, noting: &report)
    guard model.controllerCount > 0 else {
      throw .missing(StaticReason("I/O APIC in the ACPI tables"))
    }
    interruptModel = model
    if let table = root.table(.fixedHardware, noting: &report) {
      fixedHardware = ACPIFixedHardware(table, noting: &report)
      sleepState = root.sleepState(
        offByDefinitionBlockAt: fixedHardware.definitionBlock, noting: &report)
    }
    if let table = root.table(.eventTimer, noting: &report),
      let timer = ACPIEventTimer(table, noting: &report)
    {
      eventTimerAddress = timer.address
    }
    if let table = root.table(.serialConsole, noting: &report) {
      console = ACPISerialConsole(table, noting: &report)
    }
  }

  /// The firmware's console if it names a 16550, else the PC's first port if it answers.
  func serialDevice(hasFirstPort: Bool) -> DeviceDescription? {
    if let console, console.kind == .uart16550, let device = describe(console) { return device }
    guard hasFirstPort else { return nil }
    var device = DeviceDescription()
    device.kind = .serial16550
    device.clockFrequency = FirstSerialPort.clockFrequency
    device.ports = PortRange(first: UInt32(FirstSerialPort.base), count: FirstSerialPort.portCount)
    device.line = interruptModel.route(isa: FirstSerialPort.isaInterrupt).line
    return device
  }

  private func describe(_ console: ACPISerialConsole) -> DeviceDescription? {
    guard var device = console.device else { return nil }
    if device.clockFrequency == 0 { device.clockFrequency = FirstSerialPort.clockFrequency }
    switch console.interrupt {
    case .none: device.line = nil
    case .isa(let number): device.line = interruptModel.route(isa: Int(number)).line
    case .line(let line): device.line = line
    }
    return device
  }
}
