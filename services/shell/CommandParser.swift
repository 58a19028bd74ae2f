import Libmnos

/// One command of a line: its words, where its output goes, and whether it is run at all.
struct ParsedCommand: Equatable {
  /// When a command is run, by the status of the one before it.
  enum Condition: Equatable {
    case always
    /// Behind `&&`.
    case ifSuccess
    /// Behind `||`.
    case ifFailure
  }

  /// A `$?`: the status is known only when the command before has ended.
  struct StatusMark: Equatable {
    /// The word's place; that of the output's path is `words.count`.
    let word: Int
    /// The byte in front of which the status goes.
    let offset: Int
  }

  var words: [[UInt8]] = []
  var output: OutputTarget?
  var condition = Condition.always
  var marks: [StatusMark] = []

  /// The command with `status` in the places of `$?`.
  func expanded(with status: UInt8) -> ParsedCommand {
    guard !marks.isEmpty else { return self }
    var digits: [UInt8] = []
    digits.write(decimal: UInt64(status))
    var command = self
    // From the last to the first, so that offsets stay true.
    for mark in marks.reversed() {
      if mark.word == words.count {
        command.output?.path.insert(contentsOf: digits, at: mark.offset)
      } else {
        command.words[mark.word].insert(contentsOf: digits, at: mark.offset)
      }
    }
    command.marks = []
    return command
  }

  func isRun(after status: UInt8) -> Bool {
    switch condition {
    case .always: true
    case .ifSuccess: status == ExitStatus.success
    case .ifFailure: status != ExitStatus.success
    }
  }
}

/// A file that takes a command's output instead of the terminal.
struct OutputTarget: Equatable {
  var path: [UInt8]
  /// Whether the output goes behind what is in the file.
  let appends: Bool
}

/// What is wrong with a line. Nothing of it is run then: a line that means something else than
/// its writer thinks is worse than one that fails.
enum ParseFailure: Error {
  case unfinishedQuote
  case missingFile
  case twoOutputs
  case missingCommand
  case pipe
  case input
  case background
  case otherOutput
  case pattern
  case variable

  var text: StaticString {
    switch self {
    case .unfinishedQuote: "a quote has no end: add the closing one"
    case .missingFile: "'>' needs the name of a file behind it"
    case .twoOutputs: "output can go to one file only"
    case .missingCommand: "a command is missing beside '&&' or '||'"
    case .pipe: "there are no pipes; quote '|' to have it as text"
    case .input: "'<' is not known: commands take files as arguments; quote it as text"
    case .background: "programs run one at a time: '&' is not known; quote it as text"
    case .otherOutput: "only '>' and '>>' with a file are known, for all that a command prints"
    case .pattern: "names are not filled in for '*'; quote it as text"
    case .variable: "'$?' is the only variable; quote '$' with '' as text"
    }
  }
}

/// Divides a line into commands.
///
/// Blanks part words, `;`, `&&` and `||` part commands, `>` and `>>` name a file for the
/// output. Quotes of both kinds, and a backslash, take these meanings away. `$?` is the last
/// status, but in single quotes. `#` at the start of a word begins a comment. What other shells
/// give a meaning and this one does not is refused.
///
/// Cost: O(bytes of the line).
struct CommandParser {
  private let line: [UInt8]
  private var position = 0
  private var commands: [ParsedCommand] = []
  private var current = ParsedCommand()
  private var word: [UInt8]?
  /// Set while the next word is the file behind `>`.
  private var redirects: (isOn: Bool, appends: Bool) = (false, false)
  /// Whether the word being read has a quoted part: `2'>'` is text.
  private var isQuoted = false

  private init(_ line: [UInt8]) { self.line = line }

  static func parse(_ line: [UInt8]) throws(ParseFailure) -> [ParsedCommand] {
    var parser = CommandParser(line)
    return try parser.parse()
  }

  private mutating func parse() throws(ParseFailure) -> [ParsedCommand] {
    while let byte = take() {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"): endWord()
      case UInt8(ascii: ";"): try endCommand(next: .always)
      case UInt8(ascii: "&"):
        guard takes(byte) else { throw .background }
        try endCommand(next: .ifSuccess)
      case UInt8(ascii: "|"):
        guard takes(byte) else { throw .pipe }
        try endCommand(next: .ifFailure)
      case UInt8(ascii: "<"): throw .input
      case UInt8(ascii: "*"): throw .pattern
      case UInt8(ascii: "`"): throw .variable
      case UInt8(ascii: ">"): try beginRedirection()
      case UInt8(ascii: "'"), UInt8(ascii: "\""): try takeQuoted(byte)
      case UInt8(ascii: "\\"):
        if let next = take() { append(next) }
        isQuoted = true
      case UInt8(ascii: "$"): try takeVariable()
      case UInt8(ascii: "#") where word == nil: position = line.count
      default: append(byte)
      }
    }
    try endCommand(next: .always)
    return commands
  }

  private mutating func take() -> UInt8? {
    guard position < line.count else { return nil }
    position += 1
    return line[position - 1]
  }

  private var next: UInt8? { position < line.count ? line[position] : nil }

  /// Goes past the next byte if it is `byte`.
  private mutating func takes(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private mutating func append(_ byte: UInt8) {
    if word == nil { word = [] }
    word?.append(byte)
  }

  /// Behind a dollar sign: a question mark makes it the status; a name is refused.
  private mutating func takeVariable() throws(ParseFailure) {
    switch next ?? 0 {
    case UInt8(ascii: "?"):
      position += 1
      if word == nil { word = [] }
      // The place is that which the word will have when it ends.
      let place = redirects.isOn ? -1 : current.words.count
      current.marks.append(.init(word: place, offset: word?.count ?? 0))
    case 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"), UInt8(ascii: "{"), UInt8(ascii: "("):
      throw .variable
    default: append(UInt8(ascii: "$"))
    }
  }

  private mutating func takeQuoted(_ quote: UInt8) throws(ParseFailure) {
    if word == nil { word = [] }
    isQuoted = true
    let isDouble = quote == UInt8(ascii: "\"")
    while let byte = take() {
      if byte == quote { return }
      if isDouble, byte == UInt8(ascii: "\\"), let escaped = take() {
        append(escaped)
      } else if isDouble, byte == UInt8(ascii: "$") {
        try takeVariable()
      } else {
        append(byte)
      }
    }
    throw .unfinishedQuote
  }

  private mutating func beginRedirection() throws(ParseFailure) {
    // `2> f` means another output, not the word 2.
    if let word, !isQuoted, word.allSatisfy({ (0x30...0x39).contains($0) }) {
      throw .otherOutput
    }
    endWord()
    guard !redirects.isOn else { throw .missingFile }
    guard current.output == nil else { throw .twoOutputs }
    redirects = (true, takes(UInt8(ascii: ">")))
    if next == UInt8(ascii: "&") || next == UInt8(ascii: "|") { throw .otherOutput }
  }

  private mutating func endWord() {
    isQuoted = false
    guard let word else { return }
    self.word = nil
    if redirects.isOn {
      current.output = OutputTarget(path: word, appends: redirects.appends)
      redirects = (false, false)
    } else {
      current.words.append(word)
    }
  }

  /// - Parameter next: When the command behind this one is run.
  private mutating func endCommand(next: ParsedCommand.Condition) throws(ParseFailure) {
    endWord()
    guard !redirects.isOn else { throw .missingFile }
    let isEmpty = current.words.isEmpty && current.output == nil
    if isEmpty, next != .always || current.condition != .always { throw .missingCommand }
    if !isEmpty {
      let count = current.words.count
      current.marks = current.marks.map { mark in
        mark.word < 0 ? .init(word: count, offset: mark.offset) : mark
      }
      commands.append(current)
    }
    current = ParsedCommand(condition: next)
  }
}
