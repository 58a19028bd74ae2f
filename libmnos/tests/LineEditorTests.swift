import Testing

@testable import Libmnos

@Suite struct LineEditorTests {
  @Test func typedTextIsEchoedAsItIs() {
    var terminal = Terminal()

    terminal.type("ls /etc")

    #expect(terminal.output == "$ ls /etc")
    #expect(terminal.text == "ls /etc")
  }

  @Test(arguments: ["\r", "\n", "\r\n"]) func enterFinishesOnce(enter: String) {
    var terminal = Terminal()

    terminal.type("ls" + enter)

    #expect(terminal.events == [.finished])
    #expect(terminal.lines == ["ls"])
    #expect(terminal.output == "$ ls\r\n$ ")
  }

  @Test(
    arguments: [
      ("ab\u{7f}", "a"), ("ab\u{8}", "a"), ("ab\u{1b}[D\u{1b}[3~", "a"),
      ("bc\u{1}a", "abc"), ("ac\u{1b}[Db", "abc"), ("bc\u{1b}[Ha\u{1b}[Fd", "abcd"),
      ("bc\u{1b}OHa\u{1b}OFd", "abcd"), ("bc\u{1b}[1~a\u{1b}[4~d", "abcd"),
      ("abcd\u{1b}[D\u{1b}[D\u{b}", "ab"), ("abcd\u{1b}[D\u{1b}[D\u{15}", "cd"),
      ("one two  \u{17}x", "one x"), ("a b\u{1b}[1;5Dx", "a xb"), ("abc\u{2}\u{2}\u{6}x", "abxc"),
      ("a-b\u{1b}b\u{1b}bx", "xa-b"), ("a-b\u{1}\u{1b}fx", "ax-b"), ("ab\u{2}\u{4}", "a"),
      ("ab\u{1}\u{5}c", "abc"), ("a\u{1b}[99zb", "ab"), ("a\u{1b}\u{1b}[Db", "ba"),
    ] as [(String, String)])
  func keysEditTheLine(typed: String, text: String) {
    var terminal = Terminal()

    terminal.type(typed)

    #expect(terminal.text == text)
    #expect(terminal.row == "$ " + text)
  }

  @Test(arguments: ["\u{7f}", "\u{1b}[D", "\u{1b}[C", "\u{1b}[A", "\u{1b}[B", "\u{1b}[3~"])
  func keyWithoutEffectRingsTheBell(key: String) {
    var terminal = Terminal()

    terminal.type(key)

    #expect(terminal.output == "$ \u{7}")
  }

  @Test(arguments: ["é", "漢", "🙂"]) func charactersStayWhole(character: String) {
    var terminal = Terminal()

    terminal.type("a\(character)b\u{1b}[D\u{7f}")
    #expect(terminal.text == "ab")

    terminal.type(character + "\u{1b}[D\u{1b}[3~")
    #expect(terminal.text == "ab")
    #expect(terminal.row == "$ ab")
  }

  @Test func bytesThatAreNotUTF8AreRefusedVisibly() {
    var terminal = Terminal()

    terminal.type(bytes: [0x61, 0xff, 0xc3, 0x28, 0x62])

    #expect(terminal.text == "ab")
    #expect(terminal.bells == 2)
  }

  @Test func historyGoesUpAndDownAndKeepsTheDraft() {
    var terminal = Terminal()
    terminal.type("one\rtwo\rtwo\r\rdraft")

    terminal.type("\u{1b}[A")
    #expect(terminal.text == "two")
    terminal.type("\u{10}")
    #expect(terminal.text == "one")
    terminal.type("\u{1b}[B\u{e}")
    #expect(terminal.text == "draft")
  }

  @Test func historyKeepsTheNewestLines() {
    var terminal = Terminal()
    for number in 0..<LineHistory.capacity + 5 { terminal.type("line \(number)\r") }

    for _ in 0..<LineHistory.capacity + 5 { terminal.type("\u{1b}[A") }

    #expect(terminal.text == "line 5")
  }

  @Test func controlCAbandonsTheLine() {
    var terminal = Terminal()

    terminal.type("rm -r\u{3}ls\r")

    #expect(terminal.events == [.abandoned, .finished])
    #expect(terminal.lines == ["ls"])
    #expect(terminal.output == "$ rm -r^C\r\n$ ls\r\n$ ")
  }

  @Test func controlDEndsInputOnlyOnAnEmptyLine() {
    var terminal = Terminal()

    terminal.type("a\u{4}\u{7f}\u{4}")

    #expect(terminal.events == [.endOfInput])
  }

  @Test func controlLClearsAndDrawsTheLineAgain() {
    var terminal = Terminal()

    terminal.type("ab\u{1b}[D\u{c}")

    #expect(terminal.output.hasSuffix("\u{1b}[H\u{1b}[2J\r$ ab\u{1b}[K\r\u{1b}[3C"))
  }

  @Test func tabAsksForCompletionAndTakesIt() {
    var terminal = Terminal()

    terminal.type("cat /e\t")
    terminal.editor.insert(Array("tc/".utf8), showing: &terminal.shown)
    terminal.type("motd\r")

    #expect(terminal.events == [.completionWanted, .finished])
    #expect(terminal.lines == ["cat /etc/motd"])
  }

  @Test func rowOfALongLineStaysWithinTheColumns() {
    var terminal = Terminal()
    terminal.type(String(repeating: "0123456789", count: 30))

    #expect(terminal.row.count < 80)
    #expect(terminal.row.hasSuffix("789"))

    terminal.type("\u{1}")
    #expect(terminal.row.hasPrefix("$ 0123"))
    #expect(terminal.column == 2)
    #expect(terminal.text.count == 300)
  }

  @Test(arguments: [4_096, LineEditor.maximumByteCount]) func pasteLosesNoByte(count: Int) {
    var terminal = Terminal()
    let pasted = String((0..<count).map { Character(Unicode.Scalar(UInt8(33 + $0 % 90))) })

    terminal.type(pasted + "\r")

    #expect(terminal.lines == [pasted])
    #expect(terminal.bells == 0)
    #expect(terminal.shown.count < 4 * count)
  }

  @Test func lineThatIsTooLongRingsAndKeepsItsStart() {
    var terminal = Terminal()

    terminal.type(String(repeating: "x", count: LineEditor.maximumByteCount + 3))

    #expect(terminal.text.count == LineEditor.maximumByteCount)
    #expect(terminal.bells == 3)
  }

  /// Any keys: the row on the terminal is the line, and the cursor stands in it.
  @Test func randomKeysKeepTerminalAndLineTogether() {
    let seed = UInt64.random(in: 1...UInt64.max)
    print("seed \(seed)")
    var random = Xorshift(state: seed)
    let keys = [
      "a", "é", " ", "\u{7f}", "\u{1b}[D", "\u{1b}[C", "\u{1b}[A", "\u{1b}[B", "\u{1}", "\u{5}",
      "\u{b}", "\u{15}", "\u{17}", "\r", "\u{1b}[3~", "\u{1b}b", "\u{1b}f", "word ",
    ]
    var terminal = Terminal()

    for step in 0..<2_000 {
      terminal.type(keys[Int(random.next() % UInt64(keys.count))])

      guard terminal.editor.line.count < 70 else {
        terminal.type("\r")
        continue
      }
      #expect(terminal.row == "$ " + terminal.text, "seed \(seed), step \(step)")
      let before = terminal.editor.line[..<terminal.editor.cursor]
      let column = 2 + String(decoding: before, as: UTF8.self).count
      #expect(terminal.column == column, "seed \(seed), step \(step)")
    }
  }
}

/// A terminal of one row with an editor at it.
struct Terminal {
  var editor = LineEditor()
  var shown: [UInt8] = []
  var events: [LineEvent] = []
  var lines: [String] = []

  init() { editor.begin(prompt: Array("$ ".utf8), showing: &shown) }

  var text: String { String(decoding: editor.line, as: UTF8.self) }
  var output: String { String(decoding: shown, as: UTF8.self) }
  var bells: Int { shown.count { $0 == 7 } }

  mutating func type(_ text: String) { type(bytes: Array(text.utf8)) }

  mutating func type(bytes: [UInt8]) {
    for (index, byte) in bytes.enumerated() {
      if let event = editor.accept(byte, showing: &shown) {
        events.append(event)
        if event == .finished { lines.append(text) }
        if event != .completionWanted {
          editor.begin(prompt: Array("$ ".utf8), showing: &shown)
        }
      }
      if index % 48 == 47 { editor.refresh(showing: &shown) }
    }
    editor.refresh(showing: &shown)
  }

  /// What the last row shows, and where its cursor is.
  var row: String { screen.row }
  var column: Int { screen.column }

  /// Plays the output on a row that understands what the editor sends.
  private var screen: (row: String, column: Int) {
    var row: [Character] = []
    var column = 0
    let start = shown.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
    let text = String(decoding: shown[start...], as: UTF8.self)
    var rest = text.unicodeScalars.map(Character.init)[...]
    while let character = rest.popFirst() {
      switch character {
      case "\r": column = 0
      case "\u{7}": break
      case "\u{1b}":
        let sequence = rest.prefix { !$0.isLetter }
        rest = rest.dropFirst(sequence.count)
        switch rest.popFirst() {
        case "K": row = Array(row.prefix(column))
        case "C": column += Int(String(sequence.dropFirst()))!
        case "J": row = []
        default: column = 0
        }
      default:
        if column < row.count { row[column] = character } else { row.append(character) }
        column += 1
      }
    }
    return (String(row), column)
  }
}
