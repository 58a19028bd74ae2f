import KernelHAL
import MnosABI
import PlatformCommon

extension MachineLayout {
  /// What the ACPI tables say; parts that they do not name stay empty.
  ///
  /// - Parameter bootHart: The hart whose supervisor mode is to get interrupts.
  init<Memory: PhysicalMemoryReader>(_ root: ACPIRoot<Memory>, bootHart: UInt64) {
    if let table = root.table(.hartCapabilities) {
      timeFrequency = ACPIHartCapabilities(table)?.timeFrequency ?? 0
    }
    if let table = root.table(.interruptControllers),
      let model = ACPIPlatformInterrupts(table, hart: bootHart)
    {
      controllerBase = model.base
      controllerByteCount = model.byteCount
      controllerSourceCount = UInt32(min(UInt32(model.sourceCount), PLICLayout.highestSource))
      controllerContext = model.context
      readSerialPort(root, firstLine: model.firstLine)
    }
  }

  private mutating func readSerialPort<M>(_ root: ACPIRoot<M>, firstLine: UInt32) {
    guard
      let table = root.table(.serialConsole), let port = ACPISerialConsole(table),
      port.kind == .uart16550, let address = port.register.memoryAddress
    else { return }
    serialPort.kind = .serial16550
    serialPort.registers = address
    serialPort.registerByteCount = 8 << UInt64(port.registerShift)
    serialPort.registerShift = port.registerShift
    serialPort.accessWidth = port.accessWidth
    serialPort.clockFrequency = port.clockFrequency
    if case .line(let line) = port.interrupt, line > firstLine,
      line - firstLine <= controllerSourceCount
    {
      serialPort.line = line - firstLine
    }
  }
}
