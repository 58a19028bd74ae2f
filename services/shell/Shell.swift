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
  /// Where `cd -` goes.
  var previousDirectory = FilePath()
  /// What the running command has printed and nobody has seen yet.
  private var output: [UInt8] = []
  /// The file that takes the running command's output.
  private var redirection: Redirection?

  init(_ system: System) { self.system = system }

  /// Carries out all commands of a line, or none if something is wrong with one.
  ///
  /// - Returns: Whether Ctrl-C ended them.
  @discardableResult
  mutating func run(line: [UInt8]) -> Bool {
    guard let commands = parse(line), !commands.isEmpty else { return false }
    system.beginCommand()
    for command in commands where command.isRun(after: lastStatus) {
      lastStatus = run(command.expanded(with: lastStatus))
      guard !system.isInterrupted else { break }
    }
    // From here on Ctrl-C is a byte again, and what it did before is seen.
    system.endCommand()
    guard system.isInterrupted else { return false }
    lastStatus = ExitStatus.interrupted
    return true
  }

  /// Says that a line was too long to be kept whole, and was not run.
  mutating func refuseLine(longerThan byteCount: Int) {
    var message: [UInt8] = []
    message.write("shell: the line is longer than ")
    message.write(decimal: UInt64(byteCount))
    message.write(" bytes; nothing of it was run\n")
    system.write(message)
    lastStatus = ExitStatus.usage
  }

  private mutating func parse(_ line: [UInt8]) -> [ParsedCommand]? {
    do throws(ParseFailure) {
      return try CommandParser.parse(line)
    } catch {
      complain("shell", error.text)
      lastStatus = ExitStatus.usage
      return nil
    }
  }

  /// Writes for the user, or into the file behind `>`. Little is kept: output of any length
  /// passes through.
  mutating func print(_ bytes: [UInt8]) {
    output.append(contentsOf: bytes)
    if output.count >= (isRedirected ? Redirection.pieceByteCount : 4096) { passOn() }
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
    try FilePath(resolving: text.span, from: directory)
  }

  /// The path as the file service takes it: absolute, with the slash at its end kept.
  func path(_ text: [UInt8]) throws(FileSystemError) -> [UInt8] {
    let path = try resolve(text)
    let bytes = path.absoluteBytes
    guard path.namesDirectory, !path.isRoot, bytes.count < FilePath.maximumByteCount else {
      return bytes
    }
    return bytes + [UInt8(ascii: "/")]
  }

  /// Shows at once what was printed, for a command that waits or fails.
  mutating func showOutput() {
    guard !isRedirected else { return }
    passOn()
  }

  private mutating func passOn() {
    guard !output.isEmpty else { return }
    if redirection == nil { system.write(output) } else { saveOutput() }
    output.removeAll(keepingCapacity: true)
  }

  private mutating func run(_ command: ParsedCommand) -> UInt8 {
    if let target = command.output, !open(target) { return ExitStatus.failure }
    var status = ExitStatus.success
    if let name = command.words.first {
      status = run(name, Array(command.words.dropFirst()))
    }
    passOn()
    return redirection == nil ? status : close(status)
  }

  private mutating func run(_ name: [UInt8], _ arguments: [[UInt8]]) -> UInt8 {
    for command in ShellCommand.all where Text.equal(name, command.name) {
      guard command.arguments.contains(arguments.count) else {
        return explainUsage(command)
      }
      if command.hasNoOptions, let option = arguments.first(where: { Self.isOption($0) }) {
        return refuseOption(option, of: command)
      }
      return perform(command, arguments)
    }
    // A path is a program: only commands have no slash in their names.
    if name.contains(UInt8(ascii: "/")) { return runProgram([name] + arguments) }
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

  /// Whether `argument` looks like an option of other systems. A lone dash is none.
  static func isOption(_ argument: [UInt8]) -> Bool {
    argument.count > 1 && argument[0] == UInt8(ascii: "-")
  }

  /// Says that there is no such option; the command does nothing then.
  mutating func refuseOption(_ option: [UInt8], of command: ShellCommand) -> UInt8 {
    complain(
      command.name, about: option, "no such option; a name that begins with '-' is written ./-")
    return explainUsage(command)
  }
}

/// A file that takes a command's output, piece by piece.
struct Redirection {
  /// Bytes that are kept until they are written.
  static var pieceByteCount: Int { 16 << 10 }

  let target: OutputTarget
  /// The path in full.
  let path: [UInt8]
  /// Whether the file was made, or emptied: that happens with the first piece.
  var isBegun = false
  /// Whether the file is not to be touched any more, and the command has failed.
  var isGivenUp = false
}

extension Shell {
  var isRedirected: Bool { redirection != nil }

  /// Whether it makes sense to print more.
  var takesOutput: Bool { !system.isInterrupted && redirection?.isGivenUp != true }

  private mutating func open(_ target: OutputTarget) -> Bool {
    do throws(FileSystemError) {
      redirection = Redirection(target: target, path: try path(target.path))
      return true
    } catch {
      complain("shell", about: target.path, error.text)
      return false
    }
  }

  /// Whether `path` is the file that the output goes to; it is left alone then, and the
  /// command has failed.
  mutating func isOutput(_ path: [UInt8]) -> Bool {
    guard redirection?.path == path else { return false }
    redirection?.isGivenUp = true
    return true
  }

  /// Leaves the file alone from now on: the command has failed.
  mutating func giveUpRedirection() { redirection?.isGivenUp = true }

  /// Writes what was printed behind what was written before.
  private mutating func saveOutput() {
    guard let current = redirection, !current.isGivenUp else { return }
    do throws(FileSystemError) {
      try system.save(
        output, to: current.path, appends: current.isBegun || current.target.appends)
      redirection?.isBegun = true
    } catch {
      redirection?.isGivenUp = true
      complain("shell", about: current.target.path, error.text)
    }
  }

  /// Ends the redirection; a command without output leaves an empty file.
  private mutating func close(_ status: UInt8) -> UInt8 {
    if redirection?.isBegun == false { saveOutput() }
    defer { redirection = nil }
    return redirection?.isGivenUp == true && status == ExitStatus.success
      ? ExitStatus.failure : status
  }
}
