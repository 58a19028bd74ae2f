import KernelHAL
import PlatformCommon

extension MachineLayout {
  /// Reads the device tree if it is there and describes the machine, else the ACPI tables:
  /// firmware that offers both may offer a device tree that is almost empty.
  init<Memory: PhysicalMemoryReader>(
    _ boot: BootEnvironment, in memory: Memory
  ) throws(BootFailure) {
    var failure = BootFailure.missing(StaticReason("device tree or ACPI tables"))
    if boot.deviceTree != 0 {
      do throws(BootFailure) {
        try self.init(deviceTreeAt: boot.deviceTree, in: memory, bootHart: boot.bootCPU)
        return
      } catch {
        failure = error
      }
    }
    guard boot.acpiRoot != 0 else { throw failure }
    guard let root = ACPIRoot(pointerAt: boot.acpiRoot, in: memory) else {
      throw .malformed(StaticReason("ACPI root tables"))
    }
    self.init(root, bootHart: boot.bootCPU)
    try validate()
  }

  private init<Memory: PhysicalMemoryReader>(
    deviceTreeAt address: UInt64, in memory: Memory, bootHart: UInt64
  ) throws(BootFailure) {
    let tree: DeviceTree<Memory>
    do throws(DeviceTreeError) {
      tree = try DeviceTree(at: address, in: memory)
    } catch {
      throw .malformed(StaticReason("device tree"))
    }
    self.init(tree, bootHart: bootHart)
    try validate()
  }
}
