import Foundation
import ToolSupport

/// A folder of Limine's released binaries, checked to hold what one architecture's ISO takes.
public struct LimineRelease: Sendable, Equatable {
  public let folder: String
  /// What its loader calls itself; nil if it does not say.
  public let version: Version?

  /// Oldest release that reads `limine.conf`. Source: Limine's ChangeLog, 8.0.
  static let oldest = Version(8, 0)
  private static let advice =
    "--limine or LIMINE_DIR takes the folder of a Limine binary release, 8.2 or newer"

  /// - Throws: A failure that says which files are missing, or that the release is too old.
  public init(folder: String, for architecture: Architecture) throws(ToolFailure) {
    let efiFileName = architecture.efiFileName
    guard Files.isFolder(folder) else {
      throw ToolFailure("\(folder): no such folder of Limine binaries; \(Self.advice)")
    }
    let present = Set(Files.names(in: folder))
    let wanted = [efiFileName] + Self.commonFiles + (architecture.hasBIOS ? Self.filesForBIOS : [])
    let missing = wanted.filter { !present.contains($0) }
    if missing.count == wanted.count {
      throw ToolFailure(
        "\(folder) holds no Limine binaries (missing: \(missing.joined(separator: ", "))); "
          + Self.advice)
    }
    let anyLoader = Self.loaders.first(where: present.contains)
    version = anyLoader.flatMap { Self.version(of: "\(folder)/\($0)") }
    self.folder = folder
    if let version, version < Self.oldest {
      throw ToolFailure(
        "\(folder) is Limine \(version), which is too old: it does not read limine.conf; "
          + Self.advice)
    }
    if missing == [efiFileName], anyLoader != nil {
      throw ToolFailure(
        "\(folder) is a Limine without \(efiFileName), too old for \(architecture.name) or not "
          + "whole; \(Self.advice)")
    }
    guard missing.isEmpty else {
      throw ToolFailure(
        "\(folder) is not a whole Limine release (missing: "
          + "\(missing.joined(separator: ", "))); \(Self.advice)")
    }
  }

  static let commonFiles = ["limine-uefi-cd.bin"]
  static let filesForBIOS = ["limine-bios.sys", "limine-bios-cd.bin"]
  private static let loaders = [
    "BOOTX64.EFI", "BOOTAA64.EFI", "BOOTRISCV64.EFI", "BOOTLOONGARCH64.EFI",
  ]

  /// The number behind the first `Limine ` that a digit follows.
  static func version(of path: String) -> Version? {
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else { return nil }
    let mark = Data("Limine ".utf8)
    var start = data.startIndex
    while let range = data.range(of: mark, in: start..<data.endIndex) {
      let number = data[range.upperBound...].prefix(12).prefix { $0 >= 0x20 && $0 < 0x7f }
      let text = String(decoding: number, as: UTF8.self)
      if text.first?.isNumber == true { return Version(firstIn: text) }
      start = range.upperBound
    }
    return nil
  }
}
