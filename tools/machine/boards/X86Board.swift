import ToolSetup

extension Board {
  // The name is the architecture's.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  static let x86_64 = Board(
    architecture: "x86_64", firmware: (FirmwareFiles.x86_64, "ovmf"), hasBIOS: true,
    arguments: [],
    machines: [
      standard,
      // QEMU's oldest board that this firmware starts on, and a CPU without SMEP, SMAP, RDRAND.
      standard.named("pc") {
        $0.board = "pc,hpet=off"
        $0.processor = "qemu64,x2apic=off"
        $0.attachment = .usb
        $0.cpuCount = 4
        $0.memory = "5G"
        $0.shows = [.secondBoard, .oldInterruptController, .secondBestTimer]
      },
      standard.named("q35-small") {
        $0.board = "q35,hpet=off"
        $0.processor = "max,la57=off,invtsc=off,tsc-deadline=off"
        $0.attachment = .ahci
        $0.memory = "64M"
        $0.memoryForLimine = leastForLimine
        $0.cpuCount = 2
        $0.shows = [.leastMemoryIsEnough]
      },
      standard.named("q35-large") {
        $0.processor = "max,la57=on"
        $0.attachment = .nvme
        $0.memory = "16G"
        $0.cpuCount = 8
        $0.shows = [.manyAddressBits]
      },
      standard.named("q35-bios") { $0.firmware = .bios },
      standard.named("pc-bios") {
        $0.board = "pc,hpet=off"
        $0.processor = "qemu64,x2apic=off"
        $0.firmware = .bios
        $0.cpuCount = 2
        $0.shows = [.secondBoard]
      },
    ],
    inapplicable: [
      .describedByDeviceTree: "PCs have ACPI",
      .hypervisorLevelPresent: "no level of privilege lies between firmware and kernel",
    ])

  private static let standard = MachineSpec(
    name: "q35", board: "q35", processor: "max,la57=off", attachment: .cd,
    shows: [.describedByACPI, .newInterruptController, .fewAddressBits])
}
