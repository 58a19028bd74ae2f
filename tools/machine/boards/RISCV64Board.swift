import ToolSetup

extension Board {
  static let riscv64 = Board(
    architecture: "riscv64", firmware: (FirmwareFiles.riscv64, "qemu-efi-riscv64"),
    hasBIOS: false, arguments: ["-device", "ramfb"] + noWaiting,
    machines: [
      standard,
      // Without Sstc, deadlines go through the firmware.
      standard.named("sv39") {
        $0.board = "virt,acpi=off"
        $0.processor = "rv64,sv48=off,sv57=off,sstc=off"
        $0.attachment = .usb
        $0.memory = "64M"
        $0.memoryForLimine = leastForLimine
        $0.cpuCount = 2
        $0.shows = [
          .describedByDeviceTree, .fewAddressBits, .secondBestTimer, .leastMemoryIsEnough,
        ]
      },
      standard.named("sv48") {
        $0.processor = "rv64,sv57=off,h=on"
        $0.attachment = .nvme
        $0.memory = "16G"
        $0.cpuCount = 8
        $0.shows = [.manyAddressBits, .hypervisorLevelPresent]
      },
      standard.named("device-tree") {
        $0.board = "virt,acpi=off"
        $0.processor = "max"
        $0.attachment = .ahci
        $0.cpuCount = 4
        $0.shows = [.describedByDeviceTree]
      },
      standard.named("cd") {
        $0.attachment = .cd
      },
      standard.named("aplic") {
        $0.board = "virt,aia=aplic"
        $0.shows = [.newInterruptController]
      },
      standard.named("imsic") {
        $0.board = "virt,aia=aplic-imsic"
        $0.shows = [.newInterruptController]
      },
    ],
    inapplicable: [
      .startsByBIOS: "its machines have UEFI",
      .secondBoard: "QEMU has one board that the packaged firmware is for",
    ])

  // With vectors, so that what nobody saves can be seen to be off.
  private static let standard = MachineSpec(
    name: "acpi", board: "virt", processor: "rv64,v=on", attachment: .virtioMMIO,
    shows: [.describedByACPI, .oldInterruptController])
}
