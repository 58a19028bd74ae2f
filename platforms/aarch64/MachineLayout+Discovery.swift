import KernelHAL
import MnosABI
import PlatformCommon

extension MachineLayout {
  /// Reads the device tree if it is there and describes the machine, else the ACPI tables:
  /// firmware that offers both may offer a device tree that is almost empty.
  ///
  /// The report is filled in either way.
  ///
  /// - Parameter processor: MPIDR_EL1's affinity fields of this CPU.
  mutating func discover<Memory: PhysicalMemoryReader>(
    _ boot: BootEnvironment, processor: UInt64, in memory: Memory
  ) throws(BootFailure) {
    var failure = BootFailure.missing(
      StaticReason("the boot loader passed on neither a device tree nor ACPI tables"))
    if boot.deviceTree != 0 {
      do throws(BootFailure) {
        try read(deviceTreeAt: boot.deviceTree, in: memory)
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
    deviceTreeAt address: UInt64, in memory: Memory
  ) throws(BootFailure) {
    let tree: DeviceTree<Memory>
    do throws(DeviceTreeError) {
      tree = try DeviceTree(at: address, in: memory)
    } catch {
      report.note(.deviceTree, error == .notFound ? .unreadable : .malformed)
      throw .malformed(StaticReason("device tree"))
    }
    var found = self
    found.read(tree)
    // Also for the report of a boot that ends here.
    serialPort = found.serialPort
    try found.validate()
    self = found
  }
}
