import Libmnos

/// A shell at a terminal: takes what is typed, and runs what it says.
struct ShellSession<System: ShellSystem> {
  private(set) var shell: Shell<System>
  private var editor = LineEditor()
  /// A line that a program types, in automatic mode.
  private var line: [UInt8] = []
  private var lastWasReturn = false
  /// Bytes in the longest line that a program types.
  static var longestLine: Int { 64 << 10 }
  private var isLineTooLong = false

  init(_ system: System) { shell = Shell(system) }

  private var system: System { shell.system }

  /// Shows the first prompt.
  mutating func start() {
    system.write(Text.bytes("Type help for the commands.\n"))
    prompt()
  }

  /// Takes bytes in the order in which they were typed. What was typed before a Ctrl-C that ended a
  /// command is forgotten, here as in the console.
  mutating func accept(_ bytes: [UInt8]) {
    var shown: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      // Ctrl-C that came with the line is for what the line would run, and too early to end it.
      if byte == 0x0d, shell.mode == .interactive,
        let interrupt = rest.lastIndex(of: LineEditor.interrupt)
      {
        rest = rest[interrupt...]
        continue
      }
      let wasInterrupted =
        switch shell.mode {
        case .interactive: edit(byte, showing: &shown)
        case .automatic: collect(byte)
        }
      if wasInterrupted { break }
    }
    editor.refresh(showing: &shown)
    show(&shown)
  }

  /// Shows the prompt, and the line as far as it was written, on a terminal that has begun
  /// anew.
  mutating func resume() {
    var shown: [UInt8] = []
    switch shell.mode {
    case .interactive:
      shown.write("\r\n")
      editor.showAgain(&shown)
    case .automatic:
      shown.write("\u{1}ready\u{1}\n")
    }
    show(&shown)
  }

  /// - Returns: Whether a command ran, and Ctrl-C ended it.
  private mutating func edit(_ byte: UInt8, showing shown: inout [UInt8]) -> Bool {
    lastWasReturn = byte == 0x0d
    var wasInterrupted = false
    switch editor.accept(byte, showing: &shown) {
    case .finished:
      show(&shown)
      if editor.isCutOff {
        shell.refuseLine(longerThan: LineEditor.maximumByteCount)
      } else {
        wasInterrupted = shell.run(line: editor.line)
      }
      prompt()
    case .abandoned: prompt(&shown)
    case .endOfInput: shown.append(0x07)
    case .completionWanted: complete(showing: &shown)
    case nil: break
    }
    return wasInterrupted
  }

  private mutating func complete(showing shown: inout [UInt8]) {
    switch shell.complete(Array(editor.line[..<editor.cursor])) {
    case .nothing: shown.append(0x07)
    case .insert(let text): editor.insert(text, showing: &shown)
    case .choose(let names):
      editor.refresh(showing: &shown)
      shown.write("\r\n")
      for name in names.prefix(100) {
        shown.append(contentsOf: name)
        shown.write("  ")
      }
      shown.write("\r\n")
      editor.showAgain(&shown)
    }
  }

  /// - Returns: As `edit` does.
  private mutating func collect(_ byte: UInt8) -> Bool {
    defer { lastWasReturn = byte == 0x0d }
    if byte == 0x0a, lastWasReturn { return false }
    guard byte == 0x0d || byte == 0x0a else {
      if line.count < Self.longestLine { line.append(byte) } else { isLineTooLong = true }
      return false
    }
    let finished = line
    line.removeAll(keepingCapacity: true)
    var wasInterrupted = false
    if isLineTooLong {
      shell.refuseLine(longerThan: Self.longestLine)
    } else {
      wasInterrupted = shell.run(line: finished)
    }
    isLineTooLong = false
    var mark: [UInt8] = []
    mark.write("\u{1}status ")
    mark.write(decimal: UInt64(shell.lastStatus))
    mark.write("\u{1}\n")
    show(&mark)
    prompt()
    return wasInterrupted
  }

  private mutating func prompt() {
    var shown: [UInt8] = []
    prompt(&shown)
    show(&shown)
  }

  private mutating func prompt(_ shown: inout [UInt8]) {
    switch shell.mode {
    case .interactive:
      var prompt = Text.bytes("mnos:")
      prompt.append(contentsOf: shell.directory.absoluteBytes)
      prompt.write("$ ")
      editor.begin(prompt: prompt, showing: &shown)
    case .automatic:
      shown.write("\u{1}ready\u{1}\n")
    }
  }

  private func show(_ shown: inout [UInt8]) {
    guard !shown.isEmpty else { return }
    system.write(shown)
    shown.removeAll(keepingCapacity: true)
  }
}
