import ToolSetup

extension Board {
  static let loongarch64 = Board(
    architecture: "loongarch64", firmware: (FirmwareFiles.loongarch64, "qemu-efi-loongarch64"),
    hasBIOS: false, arguments: ["-device", "ramfb"] + noWaiting,
    machines: [
      standard,
      standard.named("usb") {
        $0.attachment = .usb
        $0.memory = "256M"
        $0.cpuCount = 2
        $0.shows = [.leastMemoryIsEnough]
      },
      standard.named("nvme") {
        $0.attachment = .nvme
        $0.memory = "16G"
        $0.cpuCount = 8
      },
      standard.named("cd") {
        $0.attachment = .scsiCD
        $0.processor = "max"
        $0.memory = "5G"
        $0.cpuCount = 4
        $0.shows = [.manyAddressBits]
      },
    ],
    inapplicable: [
      .startsFromAHCIDisk: "the packaged firmware has no driver for AHCI",
      .startsByBIOS: "its machines have UEFI",
      .describedByDeviceTree: "its firmware hands over ACPI",
      .oldInterruptController: "QEMU's CPUs all have the extended I/O controller",
      .secondBestTimer: "the constant timer is the only one, and a part of the CPU",
      .hypervisorLevelPresent: "QEMU's CPUs have none",
      .secondBoard: "QEMU has one board that the packaged firmware is for",
    ])

  private static let standard = MachineSpec(
    name: "virt", board: "virt", processor: "la464", memory: "1G", attachment: .virtioPCI,
    shows: [.describedByACPI, .newInterruptController, .fewAddressBits])
}
