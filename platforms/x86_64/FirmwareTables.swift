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
  /// The console that the firmware names, if it is a 16550; without a line if it has none.
  var console: DeviceDescription?

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
    if let table = root.table(.serialConsole, noting: &report),
      let named = ACPISerialConsole(table, noting: &report)
    {
      console = device(named)
      if console == nil { report.note(table.name, .unknownConsole) }
      if let console, console.line == nil { report.note(table.name, .consoleWithoutInterrupt) }
    }
  }

  /// Register blocks of the platform's own, nil past the last: the event timer, what restarts the
  /// machine and turns it off, the I/O APICs. Those that are not there, or not in memory, are
  /// left out.
  func deviceRegion(at index: Int) -> MemoryRegion? {
    var position = index
    var optional: [3 of UInt64] = [eventTimerAddress, 0, 0]
    optional[1] = fixedHardware.resetRegister?.memoryAddress ?? 0
    optional[2] = fixedHardware.sleepControl?.memoryAddress ?? 0
    for entry in optional.indices where optional[entry] != 0 {
      if position == 0 { return Self.page(at: optional[entry]) }
      position -= 1
    }
    guard position < interruptModel.controllerCount else { return nil }
    return Self.page(at: interruptModel.controller(at: position).address)
  }

  static func page(at address: UInt64) -> MemoryRegion {
    let mask = Limits.pageByteCount - 1
    return MemoryRegion(base: address & ~mask, byteCount: Limits.pageByteCount, kind: .device)
  }

  /// The firmware's console if it can interrupt, else the PC's first port if it answers: one
  /// that cannot has to be polled.
  func serialDevice(hasFirstPort: Bool) -> DeviceDescription? {
    if let console, console.line != nil { return console }
    guard hasFirstPort else { return console }
    var device = DeviceDescription()
    device.kind = .serial16550
    device.clockFrequency = FirstSerialPort.clockFrequency
    device.ports = PortRange(first: UInt32(FirstSerialPort.base), count: FirstSerialPort.portCount)
    device.line = interruptModel.route(isa: FirstSerialPort.isaInterrupt).line
    return device
  }

  private func device(_ console: ACPISerialConsole) -> DeviceDescription? {
    guard console.kind == .uart16550, var device = console.device else { return nil }
    // A port in memory may have any clock: there 0 stays, and its speed is left as it is.
    if device.clockFrequency == 0, console.register.port != nil {
      device.clockFrequency = FirstSerialPort.clockFrequency
    }
    device.line = line(of: console)
    return device
  }

  /// The line that the table names, the one that its ISA interrupt is routed to, or that of the
  /// interrupt that a PC's port at this address has.
  ///
  /// Firmware writes line 0 where it means none: that is the timer's, or nobody's.
  private func line(of console: ACPISerialConsole) -> UInt32? {
    if let line = console.line, line != 0, interruptModel.isWired(line: line) { return line }
    let interrupt =
      console.isaInterrupt.map { Int($0) }
      ?? console.register.port.flatMap { FirstSerialPort.isaInterrupt(ofPortAt: $0) }
    return interrupt.map { interruptModel.route(isa: $0).line }
  }
}
