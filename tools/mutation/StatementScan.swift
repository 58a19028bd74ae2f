/// A statement of a source, with its first and last line, from 0.
struct Statement: Equatable {
  let range: Range<Int>
  let lines: ClosedRange<Int>
}

/// Finds where statements begin and end.
struct StatementScan {
  private let source: SourceText
  /// For each line, whether it begins directly in braces or outside of all brackets.
  private let isInBraces: [Bool]

  init(_ source: SourceText) {
    self.source = source
    var open: [UInt8] = []
    var isInBraces: [Bool] = []
    for line in source.lines {
      isInBraces.append(open.isEmpty || open.last == UInt8(ascii: "{"))
      for byte in source.code[line] {
        if Brackets.opening.contains(byte) { open.append(byte) }
        if Brackets.closing.contains(byte) { _ = open.popLast() }
      }
    }
    self.isInBraces = isInBraces
  }

  /// Every statement that begins on a line of its own, also those inside of others.
  func statements() -> [Statement] {
    source.lines.indices.compactMap { statement(beginningOn: $0) }
  }

  private func statement(beginningOn line: Int) -> Statement? {
    let code = source.trimmedCode(ofLine: line)
    guard !code.isEmpty, isInBraces[line], !Self.continues(code), !code.hasPrefix("}") else {
      return nil
    }
    if let before = codeLine(before: line), Self.expectsMore(source.trimmedCode(ofLine: before)) {
      return nil
    }
    var last = line
    var depth = Brackets.balance(source.code[source.lines[line]])
    while depth > 0 || goesOn(after: last) {
      guard let next = codeLine(after: last) else { return nil }
      depth += Brackets.balance(source.code[source.lines[next]])
      last = next
    }
    guard depth == 0 else { return nil }
    let start = source.codeRange(ofLine: line).lowerBound
    return Statement(range: start..<source.codeRange(ofLine: last).upperBound, lines: line...last)
  }

  private func goesOn(after line: Int) -> Bool {
    if Self.expectsMore(source.trimmedCode(ofLine: line)) { return true }
    guard let next = codeLine(after: line) else { return false }
    return Self.continues(source.trimmedCode(ofLine: next))
  }

  private func codeLine(before line: Int) -> Int? {
    source.lines[..<line].indices.last { !source.trimmedCode(ofLine: $0).isEmpty }
  }

  private func codeLine(after line: Int) -> Int? {
    source.lines[(line + 1)...].indices.first { !source.trimmedCode(ofLine: $0).isEmpty }
  }

  /// Whether a line that begins so belongs to the one before.
  private static func continues(_ code: String) -> Bool {
    guard let first = code.utf8.first else { return false }
    return ".?:&|<>=+-*/^%)],".utf8.contains(first) || code.hasPrefix("else ")
      || code.hasPrefix("!= ")
  }

  /// Whether a line that ends so goes on on the next one.
  private static func expectsMore(_ code: String) -> Bool {
    guard let last = code.utf8.last else { return false }
    return ",=+-*/&|<>?:([^%".utf8.contains(last) || code.hasSuffix("return")
      || code == "guard" || code == "if" || code.hasSuffix("->")
  }
}

enum Brackets {
  static let opening = Set("([{".utf8)
  static let closing = Set(")]}".utf8)

  static func balance(_ code: some Sequence<UInt8>) -> Int {
    var depth = 0
    for byte in code {
      if opening.contains(byte) { depth += 1 }
      if closing.contains(byte) { depth -= 1 }
    }
    return depth
  }

  /// The first place of `text` in `range` of `code` that is outside of all brackets there.
  static func first(_ text: String, in range: Range<Int>, of code: [UInt8]) -> Int? {
    let wanted = Array(text.utf8)
    var depth = 0
    var index = range.lowerBound
    while index + wanted.count <= range.upperBound {
      if depth == 0, code[index..<index + wanted.count].elementsEqual(wanted) { return index }
      if opening.contains(code[index]) { depth += 1 }
      if closing.contains(code[index]) { depth -= 1 }
      index += 1
    }
    return nil
  }
}
