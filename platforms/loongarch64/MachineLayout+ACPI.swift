import KernelHAL
import MnosABI
import PlatformCommon

extension MachineLayout {
  /// What the ACPI tables say; parts that they do not name stay as they are. They name no part
  /// that would differ by processor.
  mutating func read<Memory: PhysicalMemoryReader>(
    _ root: ACPIRoot<Memory>, processor: UInt64
  ) {
    var firstLine: UInt32? = nil
    if let table = root.table(.interruptControllers, noting: &report) {
      let controllers = ACPIInterruptControllers(table, noting: &report)
      interruptPin = controllers.pin
      controllerBase = controllers.bridgeBase
      controllerByteCount = controllers.bridgeByteCount
      firstLine = controllers.firstLine
    }
    readSerialPort(root, firstLine: firstLine)
    readPower(root)
  }

  private mutating func readSerialPort<M>(_ root: ACPIRoot<M>, firstLine: UInt32?) {
    guard
      let table = root.table(.serialConsole, noting: &report),
      let port = ACPISerialConsole(table, noting: &report)
    else { return }
    guard let device = port.device, device.kind == .serial16550, device.registers != 0 else {
      report.note(table.name, .unknownConsole)
      return
    }
    serialPort = device
    guard let firstLine, let line = Self.line(of: port, in: table), line >= firstLine,
      line - firstLine < PlatformInterruptLayout.lineLimit
    else { return }
    serialPort.line = line - firstLine
  }

  /// The table has no interrupt type for these controllers. Firmware leaves the type at none,
  /// and puts the line where other types have it: 0 if there really is none.
  ///
  /// Source: Serial Port Console Redirection Table, revision 4, "Interrupt Type", "Global
  /// System Interrupt".
  private static func line<M>(of port: ACPISerialConsole, in table: ACPITable<M>) -> UInt32? {
    if let line = port.line { return line }
    guard port.isaInterrupt == nil else { return nil }
    return table.word32(at: 54).flatMap { $0 == 0 ? nil : $0 }
  }

  /// Source: ACPI Specification 6.5 §4.8.3.7, sleep control register; §4.8.3.6, reset register.
  private mutating func readPower<M>(_ root: ACPIRoot<M>) {
    guard let table = root.table(.fixedHardware, noting: &report) else { return }
    let hardware = ACPIFixedHardware(table, noting: &report)
    if let address = hardware.resetRegister?.memoryAddress {
      reboot = PowerControl(address: address, value: UInt32(hardware.resetValue), byteCount: 1)
    }
    guard hardware.isHardwareReduced, let address = hardware.sleepControl?.memoryAddress,
      let state = root.sleepState(
        offByDefinitionBlockAt: hardware.definitionBlock, noting: &report)
    else { return }
    let enable: UInt32 = 1 << 5
    powerOff = PowerControl(
      address: address, value: UInt32(state.typeA) << 2 | enable, byteCount: 1)
  }
}
