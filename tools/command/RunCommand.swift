import Builder
import Foundation
import Machine
import ToolSetup
import ToolSupport

/// `mnos run`.
enum RunCommand {
  private static let grammar = Options.Grammar(
    flags: ["--gdb", "--yes"],
    values: [
      "--arch", "--exec", "--timeout", "--memory", "--cpus", "--bootloader", "--limine",
      "--firmware", "--iso", "--machine", "--options",
    ],
    later: ["--add": "programs outside this tree"], passesOn: true)

  static func run(_ arguments: [String]) throws(ToolFailure) {
    let options = try Options(arguments, grammar: grammar)
    if options.value("--arch") == "all" { throw .usage("run takes one architecture, not 'all'") }
    let architecture = try Workspace.architectures(options.value("--arch"))[0]
    let machine = try machineOptions(options, architecture)
    let request = try imageRequest(options, machine)
    let commands = options.value("--exec").map(ExecDialogue.commands(in:))
    if let commands, commands.isEmpty { throw .usage("--exec holds no command") }
    if let broken = commands?.first(where: { $0.contains(where: \.isNewline) }) {
      throw .usage("--exec holds a line end inside quotes, which cannot be typed: \(broken)")
    }
    let timeout = try options.count("--timeout")
    try Doctor.ensure(
      architectures: [architecture.name], emulator: true,
      consent: Consent(saidYes: options.has("--yes")))
    let image: String
    if let given = options.value("--iso") {
      try ImageMachine.check(given, isFor: architecture)
      image = given
    } else {
      image = try build(request, architecture)
    }
    let command = try QEMUCommand(
      architecture: architecture.name, image: image, options: machine)
    exit(try boot(command, commands: commands, timeout: timeout, machine: machine))
  }

  private static func boot(
    _ command: QEMUCommand, commands: [String]?, timeout: Int?, machine: MachineOptions
  ) throws(ToolFailure) -> Int32 {
    if machine.waitsForDebugger {
      Report.progress(
        "waiting for a debugger: gdb -ex 'target remote :1234' (symbols: build/ARCH/kernel.elf)")
    }
    let run = BootedRun(command, timeout: timeout)
    if let commands { return try run.execute(commands) }
    Report.progress("booting; Ctrl-A X ends QEMU")
    return try run.interactive()
  }

  private static func build(
    _ request: ImageRequest, _ architecture: Architecture
  ) throws(ToolFailure) -> String {
    let path = "\(Workspace.root)/build/mnos-\(architecture.name).iso"
    try request.make(architecture, at: path)
    return path
  }

  private static func machineOptions(
    _ options: Options, _ architecture: Architecture
  ) throws(ToolFailure) -> MachineOptions {
    var machine = MachineOptions()
    if let name = options.value("--machine") {
      machine.machine = try Board.of(architecture.name).machine(name)
    }
    let least = byteCount(of: try Board.of(architecture.name).smallestMachine.memory)
    machine.memory = try options.value("--memory").map { (text) throws(ToolFailure) in
      try memorySize(text, least: least ?? 0)
    }
    machine.cpuCount = try options.count("--cpus")
    machine.firmware = try options.choice("--firmware", of: ["uefi", "bios"])
      .flatMap(Firmware.init)
    machine.waitsForDebugger = options.has("--gdb")
    machine.hasMonitor = options.value("--exec") == nil
    machine.endsOnReset = options.value("--exec") != nil
    machine.further = options.rest
    return machine
  }

  /// A size in QEMU's notation: a number of MiB, or one with K, M or G.
  ///
  /// - Parameter least: Bytes with which firmware and system were seen to start.
  static func memorySize(_ text: String, least: Int) throws(ToolFailure) -> String {
    guard let byteCount = byteCount(of: text) else {
      throw .usage("--memory takes a size such as 256M or 1G, not '\(text)'")
    }
    guard byteCount >= least else {
      throw .usage(
        "--memory \(text) is too small: firmware and mnos need \(least >> 20)M to reach the shell")
    }
    return text
  }

  private static func byteCount(of text: String) -> Int? {
    let digits = text.last.map { "kKmMgG".contains($0) } == true ? text.dropLast() : text[...]
    guard let number = Int(digits), number > 0, number < 1 << 32 else { return nil }
    return number * (["k": 1 << 10, "g": 1 << 30][text.suffix(1).lowercased()] ?? 1 << 20)
  }

  /// BIOS machines can be started by Limine only.
  private static func imageRequest(
    _ options: Options, _ machine: MachineOptions
  ) throws(ToolFailure) -> ImageRequest {
    let request = try ImageRequest(options)
    let firmware = machine.firmware ?? machine.machine?.firmware
    if firmware == .bios, options.value("--iso") == nil,
      request.bootloader != "limine"
    {
      throw .usage("--firmware bios needs --bootloader limine: the built-in loader is for UEFI")
    }
    return request
  }
}
