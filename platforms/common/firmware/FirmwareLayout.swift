import KernelHAL

/// What a platform keeps of the firmware's tables, whichever they are, on machines that have
/// a device tree or ACPI tables.
public protocol FirmwareLayout {
  /// What was wrong with the tables.
  var report: FirmwareReport { get set }
  /// The serial port, or kind `none`.
  var serialPort: DeviceDescription { get set }

  /// What a device tree says; parts that it does not name stay as they are.
  ///
  /// - Parameter processor: The hardware's number of the CPU that boots.
  mutating func read<Memory: PhysicalMemoryReader>(
    _ tree: DeviceTree<Memory>, processor: UInt64)
  /// What the ACPI tables say; parts that they do not name stay as they are.
  mutating func read<Memory: PhysicalMemoryReader>(_ root: ACPIRoot<Memory>, processor: UInt64)
  /// Whether the kernel can run with it.
  func validate() throws(BootFailure)
}

extension FirmwareLayout {
  /// Reads the device tree if it is there and describes the machine, else the ACPI tables:
  /// firmware that offers both may offer a device tree that is almost empty.
  ///
  /// The report is filled in either way.
  public mutating func discover<Memory: PhysicalMemoryReader>(
    _ boot: BootEnvironment, processor: UInt64, in memory: Memory
  ) throws(BootFailure) {
    var failure = BootFailure.missing(
      StaticReason("the boot loader passed on neither a device tree nor ACPI tables"))
    if boot.deviceTree != 0 {
      do throws(BootFailure) {
        try read(deviceTreeAt: boot.deviceTree, processor: processor, in: memory)
        return
      } catch {
        failure = error
      }
    }
    guard boot.acpiRoot != 0 else { throw failure }
    guard let root = ACPIRoot(pointerAt: boot.acpiRoot, in: memory, noting: &report) else {
      throw .malformed(StaticReason("ACPI root tables"))
    }
    read(root, processor: processor)
    try validate()
  }

  private mutating func read<Memory: PhysicalMemoryReader>(
    deviceTreeAt address: UInt64, processor: UInt64, in memory: Memory
  ) throws(BootFailure) {
    let tree: DeviceTree<Memory>
    do throws(DeviceTreeError) {
      tree = try DeviceTree(at: address, in: memory)
    } catch {
      report.note(.deviceTree, error == .notFound ? .unreadable : .malformed)
      throw .malformed(StaticReason("device tree"))
    }
    var found = self
    found.read(tree, processor: processor)
    // Also for the report of a boot that ends here.
    serialPort = found.serialPort
    try found.validate()
    self = found
  }
}
