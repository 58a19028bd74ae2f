import ToolSetup

extension Board {
  static let aarch64 = Board(
    architecture: "aarch64", firmware: (FirmwareFiles.aarch64, "qemu-efi-aarch64"),
    hasBIOS: false, arguments: ["-device", "ramfb"] + noWaiting, machines: [standard])

  private static let standard = MachineSpec(
    name: "gicv3", board: "virt,gic-version=3", processor: "cortex-a72",
    attachment: .virtioMMIO)
}
