import FuzzHarness
import Libmnos

@testable import ShellService

/// What is typed: the editor of a line, and the shell's reading of one.
enum TerminalTargets {
  static let editor: FuzzTarget = {
    var target = FuzzTarget("line-editor", "keys typed into a line", mostBytes: 2048) {
      (bytes) throws(BrokenPromise) in try edit(bytes)
    }
    target.seeds = { keySeeds }
    return target
  }()

  static let shellLine: FuzzTarget = {
    var target = FuzzTarget("shell-line", "lines that the shell reads", mostBytes: 1024) {
      (bytes) throws(BrokenPromise) in try parse(bytes)
    }
    target.seeds = { lineSeeds }
    return target
  }()

  // MARK: The editor

  static var keySeeds: [FuzzSeed] {
    let typed: [(String, [UInt8])] = [
      ("empty", []), ("line", Array("ls /etc\r".utf8)), ("controls", Array(0...0x1f)),
      ("all-bytes", Array(0...0xff)), ("not-utf8", [0xff, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0x0d]),
      ("text-cut-by-escape", [0xe2, 0x82, 0x1b, 0x5b, 0x44, 0xac]),
      ("long-parameter", Array("\u{1b}[99999999999999999999;9999999999~".utf8)),
      ("escapes", [UInt8](repeating: 0x1b, count: 40)), ("open-sequence", Array("\u{1b}[1;".utf8)),
      ("wide-text", Array(String(repeating: "\u{4e2d}\u{1f600}", count: 60).utf8)),
      ("move-and-kill", Array("a \u{e9}b c\u{1b}[D\u{1b}[D\u{17}\u{1b}[3~\u{15}\u{b}\r".utf8)),
      ("history", Array("a\rb\r\u{1b}[A\u{1b}[A\u{1b}[A\u{1b}[B\u{1b}[B\u{1b}[B\r".utf8)),
      ("interrupts", Array("ab\u{3}cd\u{3}\u{3}\u{4}\u{4}".utf8)), ("tabs", Array("\t\t\t".utf8)),
      ("returns", Array("\r\n\r\r\n\n\r".utf8)),
    ]
    return typed.map { FuzzSeed($0.0, $0.1, "accepted") } + [
      FuzzSeed("line-of-17000", [UInt8](repeating: 0x61, count: 17_000), "accepted: 0 lines, cut"),
    ]
  }

  /// Two columns of width, the narrow one so that every line is wider.
  private static func edit(_ bytes: [UInt8]) throws(BrokenPromise) -> FuzzOutcome {
    _ = try edit(bytes, columns: 0)
    return try edit(bytes, columns: 80)
  }

  private static func edit(
    _ bytes: [UInt8], columns: Int
  ) throws(BrokenPromise) -> FuzzOutcome {
    var editor = LineEditor(columns: columns)
    var shown: [UInt8] = []
    var lines = 0
    editor.begin(prompt: Array("$ ".utf8), showing: &shown)
    for (index, byte) in bytes.enumerated() {
      let event = editor.accept(byte, showing: &shown)
      if event == nil, index % 7 == 0 { editor.refresh(showing: &shown) }
      try check(editor, whole: index % 256 == 255 || index == bytes.count - 1)
      // A row is at most prompt, line and two sequences; an event adds a few bytes.
      try promise(shown.count <= 4 * LineEditor.maximumByteCount, "too much shown for a key")
      try promise(!hasBareControl(shown), "a control character of the line is shown as it is")
      shown.removeAll(keepingCapacity: true)
      switch event {
      case .finished:
        lines += 1
        editor.begin(prompt: Array("$ ".utf8), showing: &shown)
      case .abandoned, .endOfInput: editor.begin(prompt: [], showing: &shown)
      case .completionWanted: editor.insert([0x2e], showing: &shown)
      case nil: break
      }
    }
    return .accepted("\(lines) lines" + (editor.isCutOff ? ", cut" : ""))
  }

  /// - Parameter whole: Whether all of the line is looked at, which takes as long as it is.
  private static func check(_ editor: LineEditor, whole: Bool) throws(BrokenPromise) {
    try promise(editor.line.count <= LineEditor.maximumByteCount, "a line longer than the longest")
    try promise((0...editor.line.count).contains(editor.cursor), "the cursor is outside the line")
    try promise(
      editor.cursor == editor.line.count || editor.line[editor.cursor] & 0xc0 != 0x80,
      "the cursor is inside a character")
    guard whole || editor.line.count < 64 else { return }
    try promise(
      String(validating: editor.line, as: UTF8.self) != nil, "the line is no text")
    try promise(!editor.line.contains { $0 < 0x20 || $0 == 0x7f }, "a control character in it")
  }

  /// Controls that the editor itself shows are bell, return, line feed and escape.
  private static func hasBareControl(_ shown: [UInt8]) -> Bool {
    shown.contains { $0 < 0x20 && ![0x07, 0x0a, 0x0d, 0x1b].contains($0) || $0 == 0x7f }
  }

  // MARK: The shell's line

  private static var lineSeeds: [FuzzSeed] {
    let bad: [(String, String, ParseFailure)] = [
      ("quote-open", "echo 'a", .unfinishedQuote), ("double-quote-open", "\"", .unfinishedQuote),
      ("file-missing", "ls >", .missingFile), ("two-outputs", "ls >a >b", .twoOutputs),
      ("command-missing", "ls &&", .missingCommand), ("or-first", "|| ls", .missingCommand),
      ("pipe", "ls | cat", .pipe), ("input", "cat < a", .input), ("background", "ls &", .background),
      ("other-output", "ls 2> a", .otherOutput), ("output-to-all", "ls >& a", .otherOutput),
      ("pattern", "ls *", .pattern), ("variable", "echo $HOME", .variable),
      ("backquote", "echo `ls`", .variable), ("arrows", "ls > > a", .missingFile),
    ]
    let good = [
      "", "# all", "ls -l /etc; echo 'a b' && cat x || echo $?", "echo \\", "echo a > $?b$?",
      "a 2'>'x", "echo \"$?\"$?", ";;;", "$?", "> $?",
    ]
    return bad.map { FuzzSeed($0.0, Array($0.1.utf8), "refused: \($0.2.text)") }
      + good.enumerated().map { FuzzSeed("good-\($0)", Array($1.utf8), "accepted") }
      + [FuzzSeed("all-bytes", Array(128...255), "accepted: 1 commands")]
  }

  private static func parse(_ bytes: [UInt8]) throws(BrokenPromise) -> FuzzOutcome {
    let commands: [ParsedCommand]
    do throws(ParseFailure) {
      commands = try CommandParser.parse(bytes)
    } catch {
      return .refused("\(error.text)")
    }
    for command in commands {
      try promise(!command.words.isEmpty || command.output != nil, "a command of nothing")
      let total = command.words.reduce(command.output?.path.count ?? 0) { $0 + $1.count }
      try promise(total <= bytes.count, "words longer than the line")
      for mark in command.marks {
        let word = mark.word == command.words.count ? command.output?.path : nil
        guard mark.word < command.words.count || word != nil else {
          throw BrokenPromise("a status in no word")
        }
        let length = (word ?? command.words[mark.word]).count
        try promise((0...length).contains(mark.offset), "a status outside its word")
      }
      for status in [0, 7, 255] as [UInt8] {
        let expanded = command.expanded(with: status)
        let after = expanded.words.reduce(expanded.output?.path.count ?? 0) { $0 + $1.count }
        let digits = "\(status)".utf8.count
        try promise(after == total + digits * command.marks.count, "a status left out or put twice")
      }
    }
    return .accepted("\(commands.count) commands")
  }
}
