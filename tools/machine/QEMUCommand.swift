import Foundation
import ToolSetup
import ToolSupport

/// What a user may choose about the machine that is booted.
public struct MachineOptions: Sendable {
  /// The firmware that starts the image.
  public enum Firmware: String, Sendable {
    case uefi, bios
  }

  /// QEMU's own notation, such as `256M`.
  public var memory = "256M"
  public var cpuCount = 1
  public var firmware = Firmware.uefi
  /// Waits for a debugger before the first instruction.
  public var waitsForDebugger = false
  /// Ends QEMU instead of starting over when the machine resets.
  public var endsOnReset = false
  /// Lets keys such as Ctrl-A X control QEMU itself.
  public var hasMonitor = false
  /// Passed on as they are.
  public var further: [String] = []

  public init() {}
}

/// The QEMU command line of one architecture's machine.
public struct QEMUCommand: Sendable {
  public let program: String
  public let arguments: [String]

  /// Bytes of memory that every machine here needs, firmware included, as tried: with half as much
  /// the firmware of riscv64 does not start, and that of x86_64 finds no room for the image.
  public static let leastMemory = 64 << 20

  /// - Throws: If the architecture's emulator or firmware is not there, or cannot do what
  ///   `options` ask.
  public init(
    architecture: String, image: String, options: MachineOptions
  ) throws(ToolFailure) {
    program = "qemu-system-\(architecture)"
    guard Files.exists(image) else {
      throw ToolFailure("\(image): no such image; 'tools/mnos iso' makes one")
    }
    var arguments = try Self.board(architecture, image: image, options: options)
    arguments += [
      "-m", options.memory, "-smp", "\(options.cpuCount)", "-display", "none", "-nic", "none",
      "-rtc", "base=utc",
    ]
    if options.hasMonitor {
      arguments += ["-serial", "mon:stdio"]
    } else {
      arguments += [
        "-chardev", "stdio,id=line,signal=off", "-serial", "chardev:line", "-monitor", "none",
      ]
    }
    if options.endsOnReset { arguments.append("-no-reboot") }
    if options.waitsForDebugger { arguments += ["-s", "-S"] }
    self.arguments = arguments + options.further
  }

  private static func board(
    _ architecture: String, image: String, options: MachineOptions
  ) throws(ToolFailure) -> [String] {
    switch architecture {
    case "x86_64":
      let firmware =
        options.firmware == .bios
        ? [] : try flash(FirmwareFiles.x86_64, package: "ovmf")
      return [
        "-M", "q35", "-cpu", "max,la57=off", "-boot", "d", "-cdrom", image,
      ] + firmware
    case "aarch64":
      try refuseBIOS(options, architecture)
      return [
        "-M", "virt,gic-version=3", "-cpu", "cortex-a72", "-device", "ramfb",
        // Its firmware would wait for a key.
        "-boot", "menu=on,splash-time=0",
        "-drive", "if=none,id=image,format=raw,readonly=on,file=\(image)",
        "-device", "virtio-blk-device,drive=image",
      ] + (try flash(FirmwareFiles.aarch64, package: "qemu-efi-aarch64"))
    case "riscv64":
      try refuseBIOS(options, architecture)
      return [
        "-M", "virt", "-cpu", "rv64", "-device", "ramfb",
        // Its firmware would wait five seconds for a key.
        "-boot", "menu=on,splash-time=0",
        "-drive", "if=none,id=image,format=raw,readonly=on,file=\(image)",
        "-device", "virtio-blk-device,drive=image",
      ] + (try flash(FirmwareFiles.riscv64, package: "qemu-efi-riscv64"))
    default:
      throw ToolFailure("running on \(architecture) is not available yet")
    }
  }

  private static func refuseBIOS(
    _ options: MachineOptions, _ architecture: String
  ) throws(ToolFailure) {
    guard options.firmware == .bios else { return }
    throw ToolFailure.usage("--firmware bios: \(architecture) machines have no BIOS")
  }

  private static func flash(_ paths: [String], package: String) throws(ToolFailure) -> [String] {
    guard let path = paths.first(where: Files.exists) else {
      throw ToolFailure(
        "no UEFI firmware at \(paths[0]): install the package \(package), or run "
          + "'tools/mnos setup'")
    }
    return ["-drive", "if=pflash,unit=0,format=raw,readonly=on,file=\(path)"]
  }
}
