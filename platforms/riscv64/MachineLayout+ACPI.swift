import KernelHAL
import MnosABI
import PlatformCommon

extension MachineLayout {
  /// What the ACPI tables say; parts that they do not name stay empty.
  ///
  /// - Parameter processor: The hart whose supervisor mode is to get interrupts.
  mutating func read<Memory: PhysicalMemoryReader>(
    _ root: ACPIRoot<Memory>, processor bootHart: UInt64
  ) {
    if let table = root.table(.hartCapabilities, noting: &report),
      let capabilities = ACPIHartCapabilities(table, noting: &report)
    {
      timeFrequency = capabilities.timeFrequency
      extensions = capabilities.extensions
      cacheBlockByteCount = capabilities.cacheBlockByteCount
    }
    var firstLine: UInt32? = nil
    if let table = root.table(.interruptControllers, noting: &report),
      let model = ACPIPlatformInterrupts(table, hart: bootHart, noting: &report)
    {
      switch model.delivery {
      case .contexts(let context): controllerKind = .plic(context: context)
      case .wires(let context): controllerKind = .aplic(.direct(context: context))
      case .messages(let file, let identityCount):
        controllerKind = .aplic(.messages(file: file, identityCount: identityCount))
      }
      controllerBase = model.base
      controllerByteCount = model.byteCount
      controllerSourceCount = UInt32(min(UInt32(model.sourceCount), PLICLayout.highestSource))
      firstLine = model.firstLine
    }
    readSerialPort(root, firstLine: firstLine)
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
    if let firstLine, let line = port.line, line > firstLine,
      line - firstLine <= controllerSourceCount
    {
      serialPort.line = line - firstLine
    }
  }
}
