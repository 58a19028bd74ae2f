/// The talk with the shell that `run --exec` is: what to type when, and which of the shell's output
/// belongs to the commands. Pure, so that it is tested without a machine.
///
/// The first thing typed is `session exec`. From then on the shell echoes nothing, ends the output
/// of each command by the line `SOH status N SOH`, and asks for the next one by the line
/// `SOH ready SOH` (SOH is the byte 1). A shell that was started anew, or that a command made
/// interactive, is asked for `session exec` again; the command that a shell ended in has failed.
public struct ExecDialogue: Sendable {
  /// What the caller has to do.
  public enum Action: Equatable, Sendable {
    /// Type these bytes.
    case type(String)
    /// Print these as a command's output.
    case answer([UInt8])
    /// Print these as boot log.
    case log([UInt8])
  }

  private enum Stage: Equatable {
    case waitingForPrompt
    case waitingForReady
    case inCommand
    case shuttingDown
  }

  private var stage = Stage.waitingForPrompt
  private var commands: [String]
  private var line: [UInt8] = []
  private var promptFilter = ControlSequenceFilter()
  private var visibleLine: [UInt8] = []
  /// The first line of a shell, until what follows says whether it is that or a command's output.
  private var greeting: [UInt8]?

  /// What a shell prints when it starts.
  static let greetingText = "Type help for the commands."
  /// The status of a command that its shell did not outlive.
  static let shellEnded = 137

  /// The last command's status; nil until one has ended.
  public private(set) var status: Int?
  /// How many commands have ended.
  public private(set) var finishedCount = 0
  /// How many commands there are.
  public let commandCount: Int
  /// Whether the shell has ever asked for a command.
  public private(set) var hasReachedShell = false
  /// The command that is being carried out.
  public private(set) var running: String?

  public init(commands: [String]) {
    self.commands = commands
    commandCount = commands.count
  }

  /// Splits the argument of `--exec` at semicolons and line ends, as the shell would: not inside
  /// quotes, nor behind a backslash.
  public static func commands(in text: String) -> [String] {
    var commands: [String] = []
    var current = ""
    var quote: Character?
    var isEscaped = false
    for character in text {
      let isPlain = !isEscaped
      isEscaped = isPlain && quote != "'" && character == "\\"
      if isPlain, character == quote {
        quote = nil
      } else if isPlain, quote == nil, character == "\"" || character == "'" {
        quote = character
      }
      if isPlain, quote == nil, character == ";" || character.isNewline {
        commands.append(current)
        current = ""
      } else {
        current.append(character)
      }
    }
    commands.append(current)
    return commands.map { $0.drop { $0 == " " } }
      .map { String($0.reversed().drop { $0 == " " }.reversed()) }.filter { !$0.isEmpty }
  }

  /// Takes in what the machine sent.
  public mutating func receive(_ bytes: [UInt8]) -> [Action] {
    var actions: [Action] = []
    for byte in bytes {
      line.append(byte)
      if let kept = promptFilter.keep(byte) { visibleLine.append(kept) }
      if byte == UInt8(ascii: "\n") {
        endLine(&actions)
      } else if byte == UInt8(ascii: " "), isPrompt, isPromptExpected {
        beginSession(&actions)
      }
    }
    return actions
  }

  /// Whether a prompt may come now: at the start, between two commands, and behind a greeting.
  private var isPromptExpected: Bool {
    switch stage {
    case .waitingForPrompt, .waitingForReady: true
    case .inCommand: greeting != nil
    case .shuttingDown: false
    }
  }

  private mutating func beginSession(_ actions: inout [Action]) {
    hasReachedShell = true
    if stage == .inCommand {
      status = Self.shellEnded
      finishedCount += 1
      running = nil
    }
    if let greeting { actions.append(.log(greeting)) }
    greeting = nil
    stage = .waitingForReady
    actions.append(.log(line + [UInt8(ascii: "\n")]))
    line = []
    visibleLine = []
    actions.append(.type("session exec\r"))
  }

  /// What has come of a line that never ended, as the machine's last words.
  public mutating func flush() -> [Action] {
    defer { line = [] }
    guard !line.isEmpty else { return [] }
    return [stage == .inCommand ? .answer(Self.text(line)) : .log(line)]
  }

  private var isPrompt: Bool {
    let text = String(decoding: visibleLine, as: UTF8.self)
    return text.drop { $0 == "\r" }.hasPrefix("mnos:") && text.hasSuffix("$ ")
  }

  private mutating func endLine(_ actions: inout [Action]) {
    defer {
      line = []
      visibleLine = []
    }
    if let held = greeting {
      actions.append(.answer(held))
      greeting = nil
    }
    let text = String(decoding: visibleLine, as: UTF8.self)
    if stage == .inCommand, text.filter({ !$0.isNewline }) == Self.greetingText {
      greeting = Self.text(line)
      return
    }
    guard let mark = Self.mark(in: line) else {
      actions.append(stage == .inCommand ? .answer(Self.text(line)) : .log(line))
      return
    }
    if !mark.before.isEmpty, stage == .inCommand { actions.append(.answer(mark.before)) }
    if mark.word == "ready" {
      typeNext(&actions)
    } else if let number = Int(mark.word.dropFirst("status ".count)), stage == .inCommand {
      status = number
      finishedCount += 1
      running = nil
      stage = .waitingForReady
    }
  }

  private mutating func typeNext(_ actions: inout [Action]) {
    guard stage == .waitingForReady else { return }
    if commands.isEmpty {
      stage = .shuttingDown
      actions.append(.type("shutdown\r"))
    } else {
      stage = .inCommand
      let command = commands.removeFirst()
      running = command
      actions.append(.type(command + "\r"))
    }
  }

  /// The framed word at the end of `line`, and what a command printed before it without a line
  /// end of its own.
  private static func mark(in line: [UInt8]) -> (before: [UInt8], word: String)? {
    let text = Self.text(line).dropLast()
    guard text.last == 1, let start = text.dropLast().lastIndex(of: 1) else { return nil }
    let word = String(decoding: text[(start + 1)..<(text.endIndex - 1)], as: UTF8.self)
    guard word == "ready" || word.hasPrefix("status ") else { return nil }
    return (Array(text[..<start]), word)
  }

  /// A line as the command printed it: the console's CR before LF taken away.
  private static func text(_ line: [UInt8]) -> [UInt8] {
    guard line.suffix(2) == [13, 10] else { return line }
    return line.dropLast(2) + [10]
  }
}
