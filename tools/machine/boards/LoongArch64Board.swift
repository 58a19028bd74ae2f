import ToolSetup

extension Board {
  static let loongarch64 = Board(
    architecture: "loongarch64", firmware: (FirmwareFiles.loongarch64, "qemu-efi-loongarch64"),
    hasBIOS: false, arguments: ["-device", "ramfb"] + noWaiting, machines: [standard])

  private static let standard = MachineSpec(
    name: "virt", board: "virt", processor: "la464", attachment: .virtioPCI)
}
