import Libmnos

/// How a command went, as a number.
enum ExitStatus {
  static var success: UInt8 { 0 }
  static var failure: UInt8 { 1 }
  static var usage: UInt8 { 2 }
  static var interrupted: UInt8 { 130 }
  static var killed: UInt8 { 137 }
  static var faulted: UInt8 { 139 }
  static var unknownCommand: UInt8 { 127 }
}

/// Carries out command lines: where the user is, and what the last status was.
struct Shell<System: ShellSystem> {
  /// How a session reads its commands.
  enum Mode {
    /// A person types, with echo and line editing.
    case interactive
    /// A program types: no echo, and marks around each command.
    case automatic
  }

  let system: System
  /// The current directory; always resolved.
  var directory = FilePath()
  private(set) var lastStatus: UInt8 = 0
  var mode = Mode.interactive
  /// What the running command has printed and nobody has seen yet.
  private var output: [UInt8] = []
  private(set) var isRedirected = false

  init(_ system: System) { self.system = system }

  /// Carries out all commands of a line.
  mutating func run(line: [UInt8]) {
    guard let count = parse(line)?.count, count > 0 else { return }
    system.beginCommand()
    for index in 0..<count {
      // Read again, because `$?` is the status of the command before.
      guard let commands = parse(line), index < commands.count else { break }
      lastStatus = run(commands[index])
      guard !system.isInterrupted else {
        lastStatus = ExitStatus.interrupted
        break
      }
    }
    system.endCommand()
  }

  private mutating func parse(_ line: [UInt8]) -> [ParsedCommand]? {
    do throws(ParseFailure) {
      return try CommandParser.parse(line, status: lastStatus)
    } catch {
      complain("shell", error.text)
      lastStatus = ExitStatus.usage
      return nil
    }
  }

  /// Writes for the user, or into the file behind `>`.
  mutating func print(_ bytes: [UInt8]) {
    output.append(contentsOf: bytes)
    if !isRedirected, output.count >= 4096 { showOutput() }
  }

  mutating func print(_ text: StaticString) {
    output.write(text)
  }

  /// Tells what went wrong, at the terminal in any case.
  mutating func complain(
    _ command: StaticString, about thing: [UInt8]? = nil, _ text: StaticString
  ) {
    if !isRedirected { showOutput() }
    var message: [UInt8] = []
    message.write(command)
    message.write(": ")
    if let thing {
      message.append(contentsOf: Text.visible(thing))
      message.write(": ")
    }
    message.write(text)
    message.writeLine()
    system.write(message)
  }

  /// The absolute path that a user means by `text`.
  ///
  /// - Throws: `notFound` if it is empty, and what `FilePath` throws.
  func resolve(_ text: [UInt8]) throws(FileSystemError) -> FilePath {
    guard let first = text.first else { throw .notFound }
    if first == UInt8(ascii: "/") { return try FilePath(resolving: text.span) }
    let joined = directory.absoluteBytes + [UInt8(ascii: "/")] + text
    return try FilePath(resolving: joined.span)
  }

  /// The path as the file service takes it: absolute, with the slash at its end kept.
  func path(_ text: [UInt8]) throws(FileSystemError) -> [UInt8] {
    let path = try resolve(text)
    guard path.namesDirectory, !path.isRoot else { return path.absoluteBytes }
    return path.absoluteBytes + [UInt8(ascii: "/")]
  }

  mutating func showOutput() {
    guard !output.isEmpty else { return }
    system.write(output)
    output.removeAll(keepingCapacity: true)
  }

  private mutating func run(_ command: ParsedCommand) -> UInt8 {
    isRedirected = command.output != nil
    var status = ExitStatus.success
    if let name = command.words.first {
      status = run(name, Array(command.words.dropFirst()))
    }
    if let target = command.output {
      let bytes = output
      output.removeAll(keepingCapacity: true)
      isRedirected = false
      return save(bytes, to: target) ? status : ExitStatus.failure
    }
    showOutput()
    return status
  }

  private mutating func run(_ name: [UInt8], _ arguments: [[UInt8]]) -> UInt8 {
    for command in ShellCommand.all where Text.equal(name, command.name) {
      guard command.arguments.contains(arguments.count) else {
        return explainUsage(command)
      }
      return perform(command, arguments)
    }
    var message: [UInt8] = []
    message.append(contentsOf: Text.visible(name))
    message.write(": unknown command; 'help' lists those there are\n")
    system.write(message)
    return ExitStatus.unknownCommand
  }

  /// Says how a command is used.
  mutating func explainUsage(_ command: ShellCommand) -> UInt8 {
    var message: [UInt8] = []
    message.write("usage: ")
    message.write(command.name)
    message.write(command.usage)
    message.writeLine()
    system.write(message)
    return ExitStatus.usage
  }

  private mutating func save(_ bytes: [UInt8], to target: OutputTarget) -> Bool {
    do throws(FileSystemError) {
      try system.save(bytes, to: try path(target.path), appends: target.appends)
      return true
    } catch {
      complain("shell", about: target.path, error.text)
      return false
    }
  }
}
