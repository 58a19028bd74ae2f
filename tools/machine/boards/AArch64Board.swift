import ToolSetup

extension Board {
  static let aarch64 = Board(
    architecture: "aarch64", firmware: (FirmwareFiles.aarch64, "qemu-efi-aarch64"),
    hasBIOS: false, arguments: ["-device", "ramfb"] + noWaiting,
    machines: [
      standard,
      standard.named("gicv2") {
        $0.board = "virt,gic-version=2"
        $0.attachment = .usb
        $0.cpuCount = 4
        $0.shows = [.describedByACPI, .oldInterruptController]
      },
      // 40 address bits in hardware.
      standard.named("cortex-a53") {
        $0.board = "virt,gic-version=2,acpi=off"
        $0.processor = "cortex-a53"
        $0.attachment = .scsiCD
        $0.memory = "128M"
        $0.cpuCount = 2
        $0.shows = [
          .describedByDeviceTree, .oldInterruptController, .fewAddressBits, .leastMemoryIsEnough,
        ]
      },
      standard.named("max") {
        $0.board = "virt,gic-version=3"
        $0.processor = "max"
        $0.attachment = .nvme
        $0.memory = "16G"
        $0.cpuCount = 8
        $0.shows = [.manyAddressBits]
      },
      standard.named("max-el2") {
        $0.board = "virt,gic-version=3,virtualization=on"
        $0.processor = "max"
        $0.attachment = .usb
        $0.memory = "16G"
        // Limine 8.2 runs above 4 GiB when it clears HCR_EL2.E2H, which the firmware had set: TCR_EL2
        // then means 32 address bits, and its next instruction is out of reach.
        $0.memoryForLimine = "3G"
        $0.shows = [.manyAddressBits, .hypervisorLevelPresent]
      },
      standard.named("gicv3-device-tree") {
        $0.board = "virt,gic-version=3,acpi=off,virtualization=on"
        $0.shows = [.describedByDeviceTree, .hypervisorLevelPresent]
      },
    ],
    inapplicable: [
      .startsFromAHCIDisk: "the packaged firmware has no driver for AHCI",
      .startsByBIOS: "its machines have UEFI",
      .secondBestTimer: "the generic timer is the only one, and a part of the CPU",
      .secondBoard: "QEMU has one board that the packaged firmware is for",
    ])

  private static let standard = MachineSpec(
    name: "gicv3", board: "virt,gic-version=3", processor: "cortex-a72",
    attachment: .virtioMMIO, shows: [.describedByACPI, .newInterruptController])
}
