import ToolSetup

extension Board {
  static let riscv64 = Board(
    architecture: "riscv64", firmware: (FirmwareFiles.riscv64, "qemu-efi-riscv64"),
    hasBIOS: false, arguments: ["-device", "ramfb"] + noWaiting, machines: [standard])

  private static let standard = MachineSpec(
    name: "acpi", board: "virt", processor: "rv64", attachment: .virtioMMIO)
}
