import ToolSetup
import ToolSupport

/// The commands of `tools/mnos`.
enum Command {
  static let help = """
    usage: tools/mnos COMMAND

      doctor                what is installed, what is missing, and what for
      setup [--yes]         install what is missing
      build                 kernel, user programs, initramfs; sizes and time
          [--arch A|all] [--configuration debug|release] [--only NAME,NAME]
      iso                   build, and write build/mnos-A.iso
          [--arch A|all] [--bootloader builtin|limine] [--limine DIR] [--output DIR]
      run                   build, and boot in QEMU; interactive unless --exec is given
          [--arch A] [--exec 'CMD; CMD'] [--timeout SECONDS] [--memory SIZE] [--cpus N]
          [--bootloader builtin|limine] [--limine DIR] [--firmware uefi|bios]
          [--machine NAME] [--iso FILE] [--options 'KERNEL OPTIONS'] [--gdb]
          [-- QEMU OPTIONS]
      machines              the machines that --machine names, and what they are
          [--arch A|all]
      test [host|A|all]     host tests, kernel self-tests, user-land and session tests
          [--filter NAME] [--selftests] [--conformance] [--limine DIR]
      fuzz [TARGET ...]     parsers given bytes that nobody meant, 60 seconds each; or files of others
          [--list] [--seconds N] [--seed S] [--keep DIR] [--corpus DIR [--target TARGET]]
      mutate                do the tests notice faults in the kernel and the platforms?
          [--list] [--filter TEXT] [--only N,N] [--sample N|all] [--json FILE]
      help [COMMAND]        this text; with a command, or after one as --help, what it takes

    architectures: x86_64 (the default), aarch64, riscv64, loongarch64
    """

  static func run(_ arguments: [String]) throws(ToolFailure) {
    let rest = Array(arguments.dropFirst())
    if let command = arguments.first, asksForHelp(rest), let lines = help(for: command) {
      return print(lines)
    }
    switch arguments.first {
    case "doctor": try doctor(rest)
    case "setup": try setup(rest)
    case "build": try BuildCommand.run(rest)
    case "iso": try ISOCommand.run(rest)
    case "run": try RunCommand.run(rest)
    case "machines": try MachinesCommand.run(rest)
    case "test": try TestCommand.run(rest)
    case "fuzz": try FuzzCommand.run(rest)
    case "mutate": try MutateCommand.run(rest)
    case "help", "--help", "-h":
      guard let command = rest.first else { return print(help) }
      guard let lines = help(for: command) else {
        throw .usage("unknown command '\(command)'")
      }
      print(lines)
    case "bench", "new": throw ToolFailure("'\(arguments[0])' is not available yet")
    case nil: throw .usage("which command?")
    case let other?: throw .usage("unknown command '\(other)'")
    }
  }

  /// Whether a command's arguments ask what it takes; what comes after `--` is QEMU's.
  private static func asksForHelp(_ arguments: [String]) -> Bool {
    arguments.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
  }

  /// The lines of the help that are about one command, or nil if there is none of that name.
  static func help(for command: String) -> String? {
    let lines = help.split(separator: "\n", omittingEmptySubsequences: false)
    guard
      let first = lines.firstIndex(where: {
        $0.hasPrefix("  ") && $0.split(separator: " ").first == Substring(command)
          && !$0.hasPrefix("   ")
      })
    else { return nil }
    let rest = lines[(first + 1)...].prefix { $0.hasPrefix("      ") }
    return ([lines[first]] + rest).joined(separator: "\n")
  }

  private static func doctor(_ arguments: [String]) throws(ToolFailure) {
    _ = try Options(arguments, grammar: Options.Grammar())
    let inspections = Doctor.inspections()
    for line in Doctor.lines(for: inspections) { print(line) }
    let bad = inspections.filter { !$0.isSatisfied && $0.requirement.isInstalledBySetup }
    guard bad.isEmpty else {
      throw ToolFailure("\(bad.count) missing or too old: run 'tools/mnos setup'")
    }
  }

  private static func setup(_ arguments: [String]) throws(ToolFailure) {
    let options = try Options(arguments, grammar: Options.Grammar(flags: ["--yes"]))
    try Installer.installEverything(consent: Consent(saidYes: options.has("--yes")))
  }
}
