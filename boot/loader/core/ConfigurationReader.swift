/// Splits limine.conf into lines and says what each is.
struct ConfigurationReader: ~Escapable {
  enum Line {
    /// An option's name and value, without blanks around them.
    case option(name: Range<Int>, value: Range<Int>)
    /// The beginning of an entry.
    case entry
    /// The beginning of an entry that is in no folder, though its slashes say so.
    case strayEntry
  }

  private let text: Span<UInt8>
  private var position = 0
  /// Number of the line that was read last, from 1.
  private(set) var line = 0
  /// Number of the entry that the line belongs to; 0 before the first.
  private(set) var entry = 0
  /// Slashes that the entry begins with: 1 more than the folders that it is in.
  private(set) var depth = 0
  /// Entries that a menu would show so far: all but those in closed folders.
  private(set) var shownCount = 0
  /// Whether a menu would show the entry.
  private(set) var isShown = false
  /// Depth of the closed entry that hides those below it; `Int.max` for none.
  private var closedDepth = Int.max

  @_lifetime(copy text)
  init(_ text: Span<UInt8>) { self.text = text }

  /// The next line that says anything, or nil at the end.
  mutating func next() -> Line? {
    while position < text.count {
      let range = text.trimmed(nextLine())
      let start = range.lowerBound
      guard !range.isEmpty, text[start] != 0x23 else { continue }
      if text[start] == 0x2f { return beginEntry(range) }
      var colon = start
      while colon < range.upperBound, text[colon] != 0x3a { colon += 1 }
      guard colon < range.upperBound else { continue }
      return .option(
        name: text.trimmed(start..<colon), value: text.trimmed(colon + 1..<range.upperBound))
    }
    return nil
  }

  /// Counts the entry whose title, slashes included, is in `title`.
  ///
  /// An entry is closed unless its title begins with `+`. That says nothing of one that is no
  /// folder, since no deeper entry follows it.
  /// Source: Limine CONFIG.md, "Menu entries and sub-entries".
  private mutating func beginEntry(_ title: Range<Int>) -> Line {
    var start = title.lowerBound
    while start < title.upperBound, text[start] == 0x2f { start += 1 }
    let isStray = start - title.lowerBound > depth + 1
    depth = start - title.lowerBound
    entry += 1
    if depth <= closedDepth { closedDepth = Int.max }
    isShown = closedDepth == Int.max
    if isShown {
      shownCount += 1
      if start == title.upperBound || text[start] != 0x2b { closedDepth = depth }
    }
    return isStray ? .strayEntry : .entry
  }

  /// The rest of the current line, without its end; moves to the next one.
  private mutating func nextLine() -> Range<Int> {
    let start = position
    while position < text.count, text[position] != 0x0a { position += 1 }
    let end = position
    if position < text.count { position += 1 }
    line += 1
    return start..<end
  }

  /// The decimal number in `range`, or nil if it is none or does not fit.
  static func number(_ text: Span<UInt8>, in range: Range<Int>) -> Int? {
    guard !range.isEmpty, range.count <= 9 else { return nil }
    var value = 0
    for index in range {
      guard text[index] >= 0x30, text[index] <= 0x39 else { return nil }
      value = value * 10 + Int(text[index] - 0x30)
    }
    return value
  }
}
