import KernelHAL
import MnosABI
import PlatformCommon

extension MachineLayout {
  /// What the ACPI tables say; parts that they do not name stay empty.
  ///
  /// - Parameter processor: MPIDR_EL1's affinity fields of this CPU.
  mutating func read<Memory: PhysicalMemoryReader>(
    _ root: ACPIRoot<Memory>, processor: UInt64
  ) {
    if let table = root.table(.genericTimer, noting: &report) {
      timerInterrupt = ACPIGenericTimer(table, noting: &report)?.virtualInterrupt ?? 0
    }
    if let table = root.table(.interruptControllers, noting: &report),
      let model = ACPIGenericInterrupts(table, processor: processor, noting: &report)
    {
      read(model)
    }
    if let table = root.table(.fixedHardware, noting: &report),
      let firmware = ACPIArmFirmware(table, noting: &report), firmware.hasPowerInterface
    {
      conduit = firmware.usesHypervisorCall ? .hypervisor : .secureMonitor
    }
    readSerialPort(root)
  }

  private mutating func read(_ model: ACPIGenericInterrupts) {
    // A table that does not name the version names what only version 3 has.
    let isVersion3 = model.version >= 3 || model.version == 0 && model.redistributors.count > 0
    controller = isVersion3 ? .version3 : .version2
    distributor = MemoryRegion(
      base: model.distributor,
      byteCount: isVersion3
        ? GICLayout.routingDistributorByteCount : GICLayout.distributorByteCount,
      kind: .device)
    if isVersion3 {
      redistributors = model.redistributors
    } else {
      interface = MemoryRegion(
        base: model.processorInterface, byteCount: GICLayout.interfaceByteCount, kind: .device)
    }
  }

  private mutating func readSerialPort<M>(_ root: ACPIRoot<M>) {
    guard
      let table = root.table(.serialConsole, noting: &report),
      let port = ACPISerialConsole(table, noting: &report)
    else { return }
    guard let device = port.device, device.registers != 0 else {
      report.note(table.name, .unknownConsole)
      return
    }
    serialPort = device
    if let line = port.line, Self.isLine(line) { serialPort.line = line }
  }

  /// Whether a device can have the interrupt.
  static func isLine(_ interrupt: UInt32) -> Bool {
    (GICLayout.firstShared..<GICLayout.interruptLimit).contains(interrupt)
  }
}
