import ToolSetup

extension Board {
  // The name is the architecture's.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  static let x86_64 = Board(
    architecture: "x86_64", firmware: (FirmwareFiles.x86_64, "ovmf"), hasBIOS: true,
    arguments: [], machines: [standard])

  private static let standard = MachineSpec(
    name: "q35", board: "q35", processor: "max,la57=off", attachment: .cd)
}
