import ToolSetup
import ToolSupport

/// What running an architecture needs to know; a port brings one value of this, with the machines
/// that it is tried on.
public struct Board: Sendable {
  public let architecture: String
  /// Where its UEFI firmware may lie, and the package that brings it.
  let firmware: (paths: [String], package: String)
  /// Whether QEMU has a BIOS for it.
  let hasBIOS: Bool
  /// What every machine of it is given, in QEMU's words.
  let arguments: [String]
  /// The machines that `test` boots; `run` takes the first one unless told otherwise.
  public let machines: [MachineSpec]
  /// What no machine of it can show, and why.
  public let inapplicable: [MachineFact: String]

  /// Every architecture's.
  public static let all: [Board] = [x86_64, aarch64, riscv64, loongarch64]

  /// - Throws: If there is no machine of that architecture.
  public static func of(_ architecture: String) throws(ToolFailure) -> Board {
    guard let board = all.first(where: { $0.architecture == architecture }) else {
      throw ToolFailure("running on \(architecture) is not available")
    }
    return board
  }

  /// The machine of that name.
  public func machine(_ name: String) throws(ToolFailure) -> MachineSpec {
    if let found = machines.first(where: { $0.name == name }) { return found }
    throw .usage(
      "no \(architecture) machine '\(name)'; there are "
        + machines.map(\.name).joined(separator: ", "))
  }

  /// The machine with the least memory that was tried: with half as much, the firmware of
  /// riscv64 and aarch64 does not start, and that of x86_64 finds no room for the image.
  public var smallestMachine: MachineSpec {
    machines.first { $0.shows.contains(.leastMemoryIsEnough) } ?? machines[0]
  }

  /// QEMU's words for firmware of this kind; none for a BIOS, which it brings itself.
  func firmwareArguments(_ kind: Firmware) throws(ToolFailure) -> [String] {
    if kind == .bios {
      if hasBIOS { return [] }
      throw .usage("--firmware bios: \(architecture) machines have no BIOS")
    }
    guard let path = firmware.paths.first(where: Files.exists) else {
      throw ToolFailure(
        "no UEFI firmware at \(firmware.paths[0]): install the package \(firmware.package), or "
          + "run 'tools/mnos setup'")
    }
    return ["-drive", "if=pflash,unit=0,format=raw,readonly=on,file=\(path)"]
  }

  /// Some firmware waits seconds for a key unless the boot menu's time is 0.
  static let noWaiting = ["-boot", "menu=on,splash-time=0"]
}
