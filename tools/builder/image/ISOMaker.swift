import Foundation
import ToolSupport

/// Makes the ISO image of one architecture, with one of the two loaders.
public struct ISOMaker: Sendable {
  /// Which loader starts the kernel.
  public enum Bootloader: Sendable, Equatable {
    case builtIn
    /// Limine's released binaries, in this folder.
    case limine(folder: String)
  }

  /// What starts a finished image.
  public enum Start: Sendable {
    /// UEFI firmware, from whatever drive.
    case uefiOnly
    /// Also a BIOS, from a CD only.
    case uefiAndBIOSCD
    /// Either, from whatever drive.
    case uefiAndBIOS
  }

  let context: BuildContext
  let bootloader: Bootloader
  let inputs: ImageInputs

  public init(_ context: BuildContext, bootloader: Bootloader, inputs: ImageInputs) {
    self.context = context
    self.bootloader = bootloader
    self.inputs = inputs
  }

  /// Writes the image to `output`, in whole or not at all.
  @discardableResult
  public func make(output: String) throws(ToolFailure) -> Start {
    let tree = "\(context.folder)/iso"
    try Files.makeEmptyFolder("\(context.root)/\(tree)")
    let partial = output + ".partial"
    let start: Start
    switch bootloader {
    case .builtIn:
      try makeBuiltIn(tree, partial)
      start = .uefiOnly
    case .limine(let folder):
      start = try LimineTree(context: context, limine: folder, inputs: inputs)
        .make(tree, output: partial)
    }
    try Files.move(partial, to: output)
    return start
  }

  private func makeBuiltIn(_ tree: String, _ output: String) throws(ToolFailure) {
    let configuration = "\(context.folder)/limine.conf"
    try Files.write(inputs.configuration, to: "\(context.root)/\(configuration)")
    let loader = (
      target: "EFI/BOOT/\(context.architecture.efiFileName)", source: context.loaderPath
    )
    let image = FATImage(path: "\(tree)/efi.img", inputs: inputs, root: context.root)
    try image.make(
      [loader, (target: "limine.conf", source: configuration)] + inputs.files)
    try ISOWriter(root: context.root, inputs: inputs).write(
      tree, to: output,
      boot: ["--efi-boot", "efi.img", "-efi-boot-part", "--efi-boot-image"])
  }
}

/// Calls xorriso so that the same tree gives the same bytes.
struct ISOWriter {
  let root: String
  let inputs: ImageInputs

  /// - Parameter boot: How firmware finds the loader, in the words of mkisofs.
  func write(_ tree: String, to output: String, boot: [String]) throws(ToolFailure) {
    let date = Self.xorrisoDate(inputs.timestamp)
    let arguments =
      [
        "-as", "mkisofs", "-quiet", "-R", "-r", "-J", "-V", "MNOS",
        "--modification-date=\(date)", "--set_all_file_dates", date,
      ] + boot + ["--protective-msdos-label", "-o", output, tree]
    try? FileManager.default.removeItem(
      atPath: output.hasPrefix("/") ? output : "\(root)/\(output)")
    try ToolCommand("xorriso", arguments, environment: inputs.environment).run(in: root)
  }

  /// A date as xorriso takes it, YYYYMMDDhhmmsscc.
  static func xorrisoDate(_ seconds: Int) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(identifier: "UTC")
    formatter.dateFormat = "yyyyMMddHHmmss"
    return formatter.string(from: Date(timeIntervalSince1970: TimeInterval(seconds))) + "00"
  }
}
