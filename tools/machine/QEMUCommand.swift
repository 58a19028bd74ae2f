import Foundation
import ToolSupport

/// What a user may choose about the machine that is booted.
public struct MachineOptions: Sendable {
  /// The machine; nil for the architecture's first.
  public var machine: MachineSpec?
  /// QEMU's own notation, such as `256M`; nil for as much as the machine has.
  public var memory: String?
  /// nil for as many as the machine has.
  public var cpuCount: Int?
  /// nil for the machine's own.
  public var firmware: Firmware?
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

/// The QEMU command line of one machine.
public struct QEMUCommand: Sendable {
  public let program: String
  public let arguments: [String]

  /// - Throws: If the architecture's emulator or firmware is not there, or cannot do what
  ///   `options` ask.
  public init(
    architecture: String, image: String, options: MachineOptions
  ) throws(ToolFailure) {
    program = "qemu-system-\(architecture)"
    guard Files.exists(image) else {
      throw ToolFailure("\(image): no such image; 'tools/mnos iso' makes one")
    }
    let board = try Board.of(architecture)
    let machine = options.machine ?? board.machines[0]
    var arguments = ["-M", machine.board, "-cpu", machine.processor]
    arguments += machine.attachment.arguments(image: image) + board.arguments
    arguments += try board.firmwareArguments(options.firmware ?? machine.firmware)
    arguments += [
      "-m", options.memory ?? machine.memory, "-smp", "\(options.cpuCount ?? machine.cpuCount)",
      "-display", "none", "-nic", "none", "-rtc", "base=utc",
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
}
