import ToolSupport

/// One thing that must be on the machine, and how to tell whether it is.
public struct Requirement: Sendable {
  /// How the tool finds out whether the thing is there.
  public enum Probe: Sendable {
    /// A program that `--version` makes print a version of at least `minimum`.
    case program(String, minimum: Version)
    /// A file at one of these paths.
    case file(anyOf: [String])
  }

  /// What the user calls it.
  public let name: String
  public let probe: Probe
  /// What cannot be done without it.
  public let neededFor: String
  /// The architectures whose machines need it; empty if the host itself does.
  public let architectures: [String]
  /// The Debian package that holds it.
  public let package: String
  /// The later Debian suite that has it new enough, where Debian 12 has not.
  public let suiteOnDebian12: String?
  /// False for what no package holds, so that `setup` leaves it out.
  public let isInstalledBySetup: Bool
  /// True if building for its architectures takes it, false if only booting does.
  public let isNeededToBuild: Bool

  init(
    _ name: String, _ probe: Probe, for neededFor: String, on architectures: [String] = [],
    package: String, from suiteOnDebian12: String? = nil, isInstalledBySetup: Bool = true,
    isNeededToBuild: Bool = false
  ) {
    self.name = name
    self.probe = probe
    self.neededFor = neededFor
    self.architectures = architectures
    self.package = package
    self.suiteOnDebian12 = suiteOnDebian12
    self.isInstalledBySetup = isInstalledBySetup
    self.isNeededToBuild = isNeededToBuild
  }
}

extension Requirement {
  /// All that any command of the tool may need, Swift itself included.
  public static let all: [Requirement] = host + emulators + firmware + loongarchBackEnd

  /// Oldest emulator that starts every machine here: earlier ones do not take riscv64's
  /// firmware from flash.
  static let oldestEmulator = Version(8, 1)

  /// Where Debian 12 finds an emulator that is new enough.
  static let emulatorSuite = "bookworm-backports"
  /// Where Debian 12 finds firmware; these packages hold no code for the host.
  static let firmwareSuite = "trixie"

  private static let host: [Requirement] = [
    Requirement(
      "Swift", .program("swiftc", minimum: Version(6, 3)), for: "building everything",
      package: "(from swift.org/install)", isInstalledBySetup: false),
    Requirement(
      "git", .program("git", minimum: Version(2)), for: "fetching Limine", package: "git"),
    Requirement(
      "ld.lld", .program("ld.lld", minimum: Version(15)), for: "linking; part of Swift",
      package: "(part of Swift)", isInstalledBySetup: false),
    Requirement(
      "GNU tar", .program("tar", minimum: Version(1, 28)), for: "initramfs", package: "tar"),
    Requirement(
      "xorriso", .program("xorriso", minimum: Version(1, 5)), for: "ISO images",
      package: "xorriso"),
    Requirement(
      "mtools", .program("mformat", minimum: Version(4)), for: "the EFI part of ISO images",
      package: "mtools"),
  ]

  private static let emulators: [Requirement] = [
    emulator("x86_64", package: "qemu-system-x86"),
    emulator("riscv64", package: "qemu-system-riscv"),
    emulator("aarch64", package: "qemu-system-arm"),
    emulator("loongarch64", package: "qemu-system-misc"),
  ]

  private static func emulator(_ architecture: String, package: String) -> Requirement {
    Requirement(
      "QEMU for \(architecture)",
      .program("qemu-system-\(architecture)", minimum: oldestEmulator),
      for: "run and test on \(architecture)", on: [architecture], package: package,
      from: emulatorSuite)
  }

  private static let firmware: [Requirement] = [
    firmware("x86_64", FirmwareFiles.x86_64, package: "ovmf"),
    firmware("riscv64", FirmwareFiles.riscv64, package: "qemu-efi-riscv64"),
    firmware("aarch64", FirmwareFiles.aarch64, package: "qemu-efi-aarch64"),
    firmware("loongarch64", FirmwareFiles.loongarch64, package: "qemu-efi-loongarch64"),
  ]

  private static func firmware(
    _ architecture: String, _ paths: [String], package: String
  ) -> Requirement {
    Requirement(
      "UEFI firmware for \(architecture)", .file(anyOf: paths),
      for: "run and test on \(architecture)", on: [architecture], package: package,
      from: firmwareSuite)
  }

  private static let loongarchBackEnd: [Requirement] = [
    laterLLVM("clang-22", package: "clang-22"),
    laterLLVM("ld.lld-22", package: "lld-22"),
  ]

  private static func laterLLVM(_ program: String, package: String) -> Requirement {
    Requirement(
      program, .program(program, minimum: Version(22)),
      for: "building for loongarch64, which Swift itself cannot", on: ["loongarch64"],
      package: package, isNeededToBuild: true)
  }
}
