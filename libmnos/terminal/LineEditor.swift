/// What a key did that concerns more than the line itself.
public enum LineEvent: Equatable, Sendable {
  /// The line was finished: `LineEditor.line` has it until `begin`.
  case finished
  /// Ctrl-C: the line is to be forgotten.
  case abandoned
  /// Ctrl-D on an empty line.
  case endOfInput
  /// Tab: the owner may `insert` what fits.
  case completionWanted
}

/// A line of text being written at a terminal: takes bytes typed, gives bytes to show.
///
/// The line stays on one row, which shows the part around the cursor if it is longer
/// than the terminal is wide. Every character counts as one column.
public struct LineEditor: Sendable {
  /// Ctrl-C, as it is typed.
  public static var interrupt: UInt8 { 0x03 }
  /// Bytes in the longest line; more are refused with the bell.
  public static var maximumByteCount: Int { 16_384 }

  public internal(set) var line: [UInt8] = []
  /// Where the next character goes: an index into `line`, at a character's first byte.
  public internal(set) var cursor = 0
  public var history = LineHistory()
  /// Whether more was typed than the longest line holds, so that the line is not what its
  /// writer meant. Cleared by `begin`.
  public private(set) var isCutOff = false

  private var decoder = KeyDecoder()
  var prompt: [UInt8] = []
  let columns: Int
  /// Whether the row shows something else than it should.
  var isStale = false

  /// - Parameter columns: Width to keep within; at least 20.
  public init(columns: Int = 80) { self.columns = max(columns, 20) }

  /// Starts an empty line and shows `prompt`, which is plain ASCII.
  public mutating func begin(prompt: [UInt8], showing output: inout [UInt8]) {
    self.prompt = prompt
    line.removeAll(keepingCapacity: true)
    cursor = 0
    isStale = false
    isCutOff = false
    output.append(contentsOf: prompt)
  }

  /// Takes one byte from the terminal.
  ///
  /// Appends to `output` what can be shown at once; `refresh` shows the rest, and is
  /// best called once when no more bytes are at hand. After an event the caller decides;
  /// a new line starts with `begin`.
  public mutating func accept(_ byte: UInt8, showing output: inout [UInt8]) -> LineEvent? {
    guard let key = decoder.decode(byte) else { return nil }
    switch key {
    case .text(let bytes, let count): type(bytes, count, showing: &output)
    case .enter: return finish(showing: &output)
    case .interrupt:
      refresh(showing: &output)
      output.append(contentsOf: "^C\r\n".utf8)
      return .abandoned
    case .endOfInput:
      if line.isEmpty { return .endOfInput }
      removeForward(showing: &output)
    case .tab: return .completionWanted
    case .clearScreen:
      output.append(contentsOf: "\u{1b}[H\u{1b}[2J".utf8)
      isStale = true
    case .unknown: output.append(Self.bell)
    default: edit(key, showing: &output)
    }
    return nil
  }

  /// Inserts `text`, which is whole characters, at the cursor.
  public mutating func insert(_ text: [UInt8], showing output: inout [UInt8]) {
    guard line.count + text.count <= Self.maximumByteCount else {
      isCutOff = true
      output.append(Self.bell)
      return
    }
    line.insert(contentsOf: text, at: cursor)
    cursor += text.count
    isStale = true
  }

  /// Shows the prompt and the line again on a new row, after other output.
  public mutating func showAgain(_ output: inout [UInt8]) {
    isStale = true
    refresh(showing: &output)
  }

  private mutating func type(_ bytes: UInt32, _ count: Int, showing output: inout [UInt8]) {
    guard line.count + count <= Self.maximumByteCount else {
      isCutOff = true
      output.append(Self.bell)
      return
    }
    let isAtEnd = cursor == line.count
    for index in 0..<count {
      line.insert(UInt8(truncatingIfNeeded: bytes >> UInt32(8 * index)), at: cursor + index)
    }
    cursor += count
    if isAtEnd, !isStale, fitsOnRow {
      output.append(contentsOf: line[(cursor - count)...])
    } else {
      isStale = true
    }
  }

  private mutating func finish(showing output: inout [UInt8]) -> LineEvent {
    refresh(showing: &output)
    output.append(contentsOf: "\r\n".utf8)
    history.add(line)
    return .finished
  }

  static var bell: UInt8 { 0x07 }
}
