import Libmnos

/// Lets the user of a simple program edit a line before the program reads it.
struct LineReader {
  private var editor = LineEditor()
  private var echo: [UInt8] = []
  /// A finished line with its line feed, and how much of it was read.
  private var line: [UInt8]?
  private var position = 0

  /// Feeds what was typed to the editor until a line is finished.
  ///
  /// - Returns: Whether Ctrl-C was typed.
  mutating func edit(_ input: inout ByteRing) -> Bool {
    var isInterrupted = false
    while line == nil, !input.isEmpty {
      let byte = input[0]
      input.removeFirst(1)
      switch editor.accept(byte, showing: &echo) {
      case .finished:
        finish(editor.line + [0x0a])
      case .endOfInput:
        finish([])
      case .abandoned:
        isInterrupted = true
        editor.begin(prompt: [], showing: &echo)
      case .completionWanted:
        editor.insert([0x09], showing: &echo)
      case nil: break
      }
    }
    editor.refresh(showing: &echo)
    return isInterrupted
  }

  mutating func takeEcho() -> [UInt8] {
    defer { echo.removeAll(keepingCapacity: true) }
    return echo
  }

  /// The next piece of a finished line, of so many bytes at most, and an answer that says what it is.
  func nextPiece(of capacity: Int) -> ([UInt8], ConsoleProtocol.Reply)? {
    guard let line else { return nil }
    let end = min(line.count, position + capacity)
    var reply = ConsoleProtocol.Reply()
    reply.isEndOfLine = end == line.count
    reply.isEndOfInput = line.isEmpty
    return (Array(line[position..<end]), reply)
  }

  /// Goes on behind a piece of `count` bytes that was read.
  mutating func removePiece(_ count: Int) {
    position += count
    if let line, position >= line.count { (self.line, position) = (nil, 0) }
  }

  /// Forgets a line that was begun, and what was not read of a finished one.
  mutating func forget() {
    (line, position) = (nil, 0)
    var shown: [UInt8] = []
    editor.begin(prompt: [], showing: &shown)
  }

  private mutating func finish(_ bytes: [UInt8]) {
    line = bytes
    position = 0
    editor.begin(prompt: [], showing: &echo)
  }
}
