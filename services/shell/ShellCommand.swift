import Libmnos

/// A command: what it is called, what it takes and what it is for.
struct ShellCommand {
  enum Action {
    case help, ls, cd, pwd, cat, echo, write, mkdir, rm, mv, ps, caps, services, mem, run, kill
    case uptime, clear, session, shutdown, reboot
  }

  let name: StaticString
  let action: Action
  /// How many arguments it takes.
  let arguments: ClosedRange<Int>
  /// Its arguments, with a blank in front.
  let usage: StaticString
  let summary: StaticString

  private init(
    _ name: StaticString, _ action: Action, _ arguments: ClosedRange<Int>,
    _ usage: StaticString, _ summary: StaticString
  ) {
    self.name = name
    self.action = action
    self.arguments = arguments
    self.usage = usage
    self.summary = summary
  }

  /// Whether an argument that begins with a dash is a mistake: all but those that take options
  /// or text.
  var hasNoOptions: Bool {
    switch action {
    case .cd, .cat, .mkdir, .rm, .mv, .kill, .help, .session, .ps, .caps: true
    default: false
    }
  }

  /// All commands, in the order in which `help` lists them.
  static var all: [ShellCommand] {
    let any = 0...1024
    return [
      ShellCommand("help", .help, 0...1, " [COMMAND]", "list the commands, or explain one"),
      ShellCommand("ls", .ls, any, " [-l] [PATH]...", "list directories; -l adds kind and size"),
      ShellCommand("cd", .cd, 0...1, " [PATH]", "go to a directory; to / without one"),
      ShellCommand("pwd", .pwd, 0...0, "", "print the current directory"),
      ShellCommand("cat", .cat, 1...1024, " FILE...", "print files"),
      ShellCommand("echo", .echo, any, " [TEXT]...", "print text; > FILE writes it to a file"),
      ShellCommand("write", .write, 2...1024, " FILE TEXT...", "write a line of text to a file"),
      ShellCommand("mkdir", .mkdir, 1...1024, " PATH...", "make directories (under /tmp)"),
      ShellCommand("rm", .rm, 1...1024, " PATH...", "remove files and empty directories"),
      ShellCommand("mv", .mv, 2...2, " PATH NEWPATH", "rename a file or directory"),
      ShellCommand("ps", .ps, 0...1, " [NAME|NUMBER]", "list all processes, or one's threads"),
      ShellCommand("caps", .caps, 0...1, " [NAME|NUMBER]", "list what the shell or another holds"),
      ShellCommand(
        "services", .services, 0...0, "", "list the services: restarts, CPU share, kept queues"),
      ShellCommand("mem", .mem, 0...0, "", "show memory of the machine and of the shell"),
      ShellCommand("run", .run, 1...64, " PATH [ARG]...", "run a program; Ctrl-C ends it"),
      ShellCommand("kill", .kill, 1...64, " NAME|NUMBER...", "end processes; services restart"),
      ShellCommand("uptime", .uptime, 0...0, "", "print the time since boot"),
      ShellCommand("clear", .clear, 0...0, "", "clear the screen"),
      ShellCommand(
        "session", .session, 1...1, " exec|interactive", "who types: a program or a person"),
      ShellCommand("shutdown", .shutdown, 0...0, "", "turn the machine off"),
      ShellCommand("reboot", .reboot, 0...0, "", "start the machine anew"),
    ]
  }
}

extension Shell {
  mutating func perform(_ command: ShellCommand, _ arguments: [[UInt8]]) -> UInt8 {
    switch command.action {
    case .help: help(arguments)
    case .ls: list(arguments, command)
    case .cd: changeDirectory(arguments)
    case .pwd: printDirectory()
    case .cat: printFiles(arguments)
    case .echo: echo(arguments)
    case .write: write(arguments)
    case .mkdir: makeDirectories(arguments)
    case .rm: remove(arguments)
    case .mv: rename(arguments)
    case .ps: arguments.isEmpty ? listProcesses() : listThreads(of: arguments[0])
    case .caps: arguments.isEmpty ? listCapabilities() : listCapabilities(of: arguments[0])
    case .services: listServices()
    case .mem: showMemory()
    case .run: runProgram(arguments)
    case .kill: kill(arguments)
    case .uptime: showUptime()
    case .clear: clear()
    case .session: changeSession(arguments, command)
    case .shutdown: power(.off, "shutdown")
    case .reboot: power(.reboot, "reboot")
    }
  }

  private mutating func help(_ arguments: [[UInt8]]) -> UInt8 {
    var isFound = false
    for command in ShellCommand.all {
      if let wanted = arguments.first, !Text.equal(wanted, command.name) { continue }
      isFound = true
      let width = StaticText(command.name).byteCount + StaticText(command.usage).byteCount
      var line: [UInt8] = []
      line.write(command.name)
      line.write(command.usage)
      for _ in width..<max(width + 1, 26) { line.append(UInt8(ascii: " ")) }
      line.write(command.summary)
      line.writeLine()
      print(line)
    }
    if !isFound {
      complain("help", about: arguments[0], "no such command; 'help' alone lists them")
      return ExitStatus.failure
    }
    return ExitStatus.success
  }
}
