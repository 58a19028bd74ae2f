import Foundation
import ToolSupport

/// The tree of an ISO that Limine starts, by BIOS where the machine has one, and by UEFI.
struct LimineTree {
  let context: BuildContext
  /// The folder of Limine's released binaries.
  let limine: String
  let inputs: ImageInputs

  private var hasBIOS: Bool { context.architecture.name == "x86_64" }

  func make(_ tree: String, output: String) throws(ToolFailure) {
    let folder = "\(context.root)/\(tree)"
    try Files.makeFolder("\(folder)/boot/limine")
    try Files.makeFolder("\(folder)/EFI/BOOT")
    try copy(context.architecture.efiFileName, to: "\(folder)/EFI/BOOT")
    var names = ["limine-uefi-cd.bin"]
    if hasBIOS { names += ["limine-bios.sys", "limine-bios-cd.bin"] }
    for name in names { try copy(name, to: "\(folder)/boot/limine") }
    try Files.write(inputs.configuration, to: "\(folder)/boot/limine/limine.conf")
    for file in inputs.files {
      try Files.copy("\(context.root)/\(file.source)", to: "\(folder)/\(file.target)")
    }
    try ISOWriter(root: context.root, inputs: inputs).write(tree, to: output, boot: bootArguments)
    try installForBIOS(output)
  }

  private var bootArguments: [String] {
    let bios = [
      "-b", "boot/limine/limine-bios-cd.bin", "-no-emul-boot", "-boot-load-size", "4",
      "-boot-info-table",
    ]
    let uefi = [
      "--efi-boot", "boot/limine/limine-uefi-cd.bin", "-efi-boot-part", "--efi-boot-image",
    ]
    return (hasBIOS ? bios : []) + uefi
  }

  private func copy(_ name: String, to folder: String) throws(ToolFailure) {
    guard Files.exists("\(limine)/\(name)") else {
      throw ToolFailure(
        "\(limine)/\(name) is missing: --limine takes the folder of a Limine binary release")
    }
    try Files.copy("\(limine)/\(name)", to: "\(folder)/\(name)")
  }

  private func installForBIOS(_ output: String) throws(ToolFailure) {
    guard hasBIOS else { return }
    let own = "\(limine)/limine"
    guard let program = ProgramPath.find(own) ?? ProgramPath.find("limine") else {
      Report.notice(
        "no 'limine' program: the ISO boots as a CD and by UEFI; for a BIOS stick, run "
          + "'limine bios-install' on it")
      return
    }
    try ToolCommand(program, ["bios-install", output]).run(in: context.root)
  }
}
