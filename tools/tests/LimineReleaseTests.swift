import Foundation
import Testing
import ToolSupport

@testable import Builder

@Suite struct LimineReleaseTests {
  private let loader = "BOOTLOONGARCH64.EFI"

  /// A new folder with files of these names, whose loaders say that they are of `version`.
  private func folder(_ names: [String], version: String = "8.2.0") throws -> String {
    let path = NSTemporaryDirectory() + "mnos-limine-\(UUID().uuidString)"
    try Files.makeFolder(path)
    for name in names {
      try Files.write(
        "MZ Limine is what follows\0Limine \(version) (some, UEFI)\0", to: "\(path)/\(name)")
    }
    return path
  }

  private func failure(_ folder: String, _ architecture: String) throws -> String {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let architecture = try Architecture.named(architecture)
    let failure = #expect(throws: ToolFailure.self) {
      _ = try LimineRelease(folder: folder, for: architecture)
    }
    return failure?.message ?? ""
  }

  @Test(arguments: Architecture.all.map(\.name))
  func wholeReleaseIsTaken(name: String) throws {
    let architecture = try Architecture.named(name)
    let folder = try folder(
      [architecture.efiFileName, "limine-uefi-cd.bin", "limine-bios.sys", "limine-bios-cd.bin"])
    defer { try? FileManager.default.removeItem(atPath: folder) }

    let release = try LimineRelease(folder: folder, for: architecture)

    #expect(release.version == Version(8, 2, 0))
  }

  @Test func missingFolderIsNamed() throws {
    #expect(try failure("/nowhere/limine", "x86_64").contains("/nowhere/limine"))
  }

  @Test func folderOfSomethingElseNamesEveryFile() throws {
    let message = try failure(try folder(["README"]), "x86_64")

    for name in ["BOOTX64.EFI", "limine-uefi-cd.bin", "limine-bios.sys", "limine-bios-cd.bin"] {
      #expect(message.contains(name))
    }
    #expect(message.contains("holds no Limine binaries"))
  }

  @Test func releaseWithoutTheArchitectureIsTooOldForIt() throws {
    let message = try failure(
      try folder(["BOOTX64.EFI", "limine-uefi-cd.bin"]), "loongarch64")

    #expect(message.contains(loader))
    #expect(message.contains("too old for loongarch64"))
  }

  @Test(arguments: ["7.13.3", "5.20231207.1", "4.20231024.eol"])
  func releaseThatReadsAnotherConfigurationIsTooOld(version: String) throws {
    let message = try failure(
      try folder(["BOOTRISCV64.EFI", "limine-uefi-cd.bin"], version: version), "riscv64")

    #expect(message.contains("too old"))
    #expect(message.contains("limine.conf"))
  }

  @Test func partOfAReleaseNamesWhatIsMissing() throws {
    let message = try failure(
      try folder(["BOOTX64.EFI", "limine-uefi-cd.bin", "limine-bios.sys"]), "x86_64")

    #expect(message.contains("missing: limine-bios-cd.bin"))
  }

  @Test func folderThatIsNamedMustExist() {
    let failure = #expect(throws: ToolFailure.self) {
      _ = try Limine.folderInPlace(given: "/nowhere/limine", root: "/nowhere")
    }

    #expect(failure?.message.hasPrefix("--limine names /nowhere/limine") == true)
  }
}
