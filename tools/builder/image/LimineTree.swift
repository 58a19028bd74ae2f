import Foundation
import ToolSupport

/// The tree of an ISO that Limine starts, by BIOS where the machine has one, and by UEFI.
struct LimineTree {
  let context: BuildContext
  /// The folder of Limine's released binaries.
  let limine: String
  let inputs: ImageInputs

  private var hasBIOS: Bool { context.architecture.hasBIOS }

  func make(_ tree: String, output: String) throws(ToolFailure) -> ISOMaker.Start {
    let folder = "\(context.root)/\(tree)"
    try Files.makeFolder("\(folder)/boot/limine")
    try Files.makeFolder("\(folder)/EFI/BOOT")
    try copy(context.architecture.efiFileName, to: "\(folder)/EFI/BOOT")
    let names = LimineRelease.commonFiles + (hasBIOS ? LimineRelease.filesForBIOS : [])
    for name in names { try copy(name, to: "\(folder)/boot/limine") }
    try Files.write(inputs.configuration, to: "\(folder)/boot/limine/limine.conf")
    for file in inputs.files {
      try Files.copy("\(context.root)/\(file.source)", to: "\(folder)/\(file.target)")
    }
    try ISOWriter(root: context.root, inputs: inputs).write(tree, to: output, boot: bootArguments)
    guard hasBIOS else { return .uefiOnly }
    return try installForBIOS(output) ? .uefiAndBIOS : .uefiAndBIOSCD
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
    try Files.copy("\(limine)/\(name)", to: "\(folder)/\(name)")
  }

  /// Puts the part into the image that a BIOS starts from a stick or disk.
  ///
  /// - Returns: False if there is no program for it.
  private func installForBIOS(_ output: String) throws(ToolFailure) -> Bool {
    let own = "\(limine)/limine"
    guard let program = ProgramPath.find(own) ?? ProgramPath.find("limine") else { return false }
    try ToolCommand(program, ["bios-install", output]).run(in: context.root)
    return true
  }
}
