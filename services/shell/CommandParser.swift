import Libmnos

/// One command of a line: its words, and where its output goes.
struct ParsedCommand: Equatable {
  var words: [[UInt8]] = []
  var output: OutputTarget?
}

/// A file that takes a command's output instead of the terminal.
struct OutputTarget: Equatable {
  let path: [UInt8]
  /// Whether the output goes behind what is in the file.
  let appends: Bool
}

/// What is wrong with a line.
enum ParseFailure: Error {
  case unfinishedQuote
  case missingFile

  var text: StaticString {
    switch self {
    case .unfinishedQuote: "a quote has no end: add the closing one"
    case .missingFile: "'>' needs the name of a file behind it"
    }
  }
}

/// Divides a line into commands.
///
/// Blanks part words, `;` parts commands, `>` and `>>` name a file for the output. Quotes of
/// both kinds, and a backslash, take these meanings away. `$?` is the last status, but in
/// single quotes. `#` at the start of a word begins a comment.
struct CommandParser {
  private let line: [UInt8]
  private let status: UInt8
  private var position = 0
  private var commands: [ParsedCommand] = []
  private var current = ParsedCommand()
  private var word: [UInt8]?
  /// Set while the next word is the file behind `>`.
  private var redirects: (isOn: Bool, appends: Bool) = (false, false)

  private init(_ line: [UInt8], status: UInt8) {
    self.line = line
    self.status = status
  }

  /// - Parameter status: What `$?` stands for.
  static func parse(
    _ line: [UInt8], status: UInt8 = 0
  ) throws(ParseFailure) -> [ParsedCommand] {
    var parser = CommandParser(line, status: status)
    return try parser.parse()
  }

  private mutating func parse() throws(ParseFailure) -> [ParsedCommand] {
    while let byte = take() {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"): endWord()
      case UInt8(ascii: ";"): try endCommand()
      case UInt8(ascii: ">"): try beginRedirection()
      case UInt8(ascii: "'"), UInt8(ascii: "\""): try takeQuoted(byte)
      case UInt8(ascii: "\\"): if let next = take() { append(next) }
      case UInt8(ascii: "$") where line[position...].first == UInt8(ascii: "?"):
        takeStatus()
      case UInt8(ascii: "#") where word == nil: position = line.count
      default: append(byte)
      }
    }
    try endCommand()
    return commands
  }

  private mutating func take() -> UInt8? {
    guard position < line.count else { return nil }
    position += 1
    return line[position - 1]
  }

  private mutating func append(_ byte: UInt8) {
    if word == nil { word = [] }
    word?.append(byte)
  }

  private mutating func takeStatus() {
    position += 1
    if word == nil { word = [] }
    word?.write(decimal: UInt64(status))
  }

  private mutating func takeQuoted(_ quote: UInt8) throws(ParseFailure) {
    if word == nil { word = [] }
    while let byte = take() {
      if byte == quote { return }
      if quote == UInt8(ascii: "\""), byte == UInt8(ascii: "\\"), let next = take() {
        append(next)
      } else if quote == UInt8(ascii: "\""), byte == UInt8(ascii: "$"),
        line[position...].first == UInt8(ascii: "?")
      {
        takeStatus()
      } else {
        append(byte)
      }
    }
    throw .unfinishedQuote
  }

  private mutating func beginRedirection() throws(ParseFailure) {
    endWord()
    guard !redirects.isOn else { throw .missingFile }
    redirects = (true, false)
    if position < line.count, line[position] == UInt8(ascii: ">") {
      position += 1
      redirects.appends = true
    }
  }

  private mutating func endWord() {
    guard let word else { return }
    self.word = nil
    if redirects.isOn {
      current.output = OutputTarget(path: word, appends: redirects.appends)
      redirects = (false, false)
    } else {
      current.words.append(word)
    }
  }

  private mutating func endCommand() throws(ParseFailure) {
    endWord()
    guard !redirects.isOn else { throw .missingFile }
    if !current.words.isEmpty || current.output != nil { commands.append(current) }
    current = ParsedCommand()
  }
}
