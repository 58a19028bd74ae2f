/// Makes faults by rule: conditions dropped, comparisons off by one, statements removed or
/// swapped.
///
/// Whether a changed line compiles is for the compiler to say; see `MutatedTree`.
public struct FaultRules {
  private let file: String
  private let source: SourceText
  private let statements: [Statement]
  private var found: [Fault] = []
  private var occurrences: [String: Int] = [:]

  /// Every fault that the rules make of the source `text`, in order.
  public static func faults(of file: String, _ text: String) -> [Fault] {
    var rules = FaultRules(file, text)
    for statement in rules.statements { rules.visit(statement) }
    rules.swapNeighbours()
    return rules.found
  }

  private init(_ file: String, _ text: String) {
    self.file = file
    source = SourceText(text)
    statements = StatementScan(source).statements()
  }

  private mutating func visit(_ statement: Statement) {
    let code = source.codeText(statement.range)
    let word = String(code.prefix { $0.isLetter })
    switch word {
    case "guard": visitConditions(of: statement, skipping: 6, upTo: " else", isGuard: true)
    case "if": visitConditions(of: statement, skipping: 3, upTo: " {", isGuard: false)
    case "while": visitConditions(of: statement, skipping: 6, upTo: " {", isGuard: nil)
    case "return": visitExpression(statement.range.dropFirst(7), "result")
    case "let": visitInitialValue(of: statement)
    case "var":
      visitInitialValue(of: statement)
      visitShortBody(of: statement)
    case "func", "static", "public", "private", "mutating": visitShortBody(of: statement)
    default:
      if Self.isRemovable(code) {
        add(statement.range, .statements, "", "removed")
        visitInitialValue(of: statement)
      }
    }
  }

  // MARK: Conditions

  private mutating func visitConditions(
    of statement: Statement, skipping length: Int, upTo end: String, isGuard: Bool?
  ) {
    let start = statement.range.lowerBound + length
    guard start < statement.range.upperBound,
      let limit = Brackets.first(end, in: start..<statement.range.upperBound, of: source.code)
        ?? Brackets.first(
          end.replacing(" ", with: "\n"), in: start..<statement.range.upperBound, of: source.code)
    else { return }
    let clauses = self.clauses(of: start..<limit)
    for clause in clauses where isPlain(clause) {
      if let isGuard {
        let isOnly = clauses.count == 1
        add(clause, .expression, isGuard || !isOnly ? "true" : "false", "condition")
      }
      visitExpression(clause, "comparison")
    }
  }

  private func clauses(of range: Range<Int>) -> [Range<Int>] {
    var clauses: [Range<Int>] = []
    var start = range.lowerBound
    while let comma = Brackets.first(",", in: start..<range.upperBound, of: source.code) {
      clauses.append(trimmed(start..<comma))
      start = comma + 1
    }
    return clauses + [trimmed(start..<range.upperBound)]
  }

  /// Whether a clause is a value that a `?:` can stand for.
  private func isPlain(_ range: Range<Int>) -> Bool {
    let code = source.codeText(range)
    let words = code.split { !$0.isLetter }
    return !range.isEmpty && !code.contains("{") && !code.contains("\n")
      && !words.contains { ["let", "var", "case", "try", "consume"].contains($0) }
  }

  private func trimmed(_ range: Range<Int>) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    let isSpace: (UInt8) -> Bool = { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\n") }
    while start < end, isSpace(source.code[start]) { start += 1 }
    while end > start, isSpace(source.code[end - 1]) { end -= 1 }
    return start..<end
  }

  // MARK: Expressions

  private static let replacements = [
    (" < ", " <= "), (" <= ", " < "), (" > ", " >= "), (" >= ", " > "), (" && ", " || "),
    (" || ", " && "), (" + 1", ""), (" - 1", ""),
  ]

  private mutating func visitExpression(_ range: Range<Int>, _ kind: String) {
    let range = trimmed(range)
    guard isPlain(range) else { return }
    for (was, now) in Self.replacements {
      var start = range.lowerBound
      while let place = find(was, in: start..<range.upperBound) {
        start = place + was.utf8.count
        let goesOn = start < range.upperBound && Self.isPartOfNumber(source.code[start])
        if now.isEmpty, goesOn { continue }
        let changed =
          source.text(range.lowerBound..<place) + now + source.text(start..<range.upperBound)
        add(range, .expression, changed, now.isEmpty ? "count" : kind)
      }
    }
  }

  private func find(_ text: String, in range: Range<Int>) -> Int? {
    let wanted = Array(text.utf8)
    guard range.count >= wanted.count else { return nil }
    return (range.lowerBound...(range.upperBound - wanted.count)).first {
      source.code[$0..<$0 + wanted.count].elementsEqual(wanted)
    }
  }

  private static func isPartOfNumber(_ byte: UInt8) -> Bool {
    "0123456789_.xb".utf8.contains(byte)
  }

  private mutating func visitInitialValue(of statement: Statement) {
    guard let equals = Brackets.first(" = ", in: statement.range, of: source.code) else { return }
    visitExpression(equals + 3..<statement.range.upperBound, "result")
  }

  /// `var isX: Bool { a < b }` on one line.
  private mutating func visitShortBody(of statement: Statement) {
    guard statement.lines.count == 1,
      let open = Brackets.first(" { ", in: statement.range, of: source.code),
      source.code[statement.range.upperBound - 1] == UInt8(ascii: "}")
    else { return }
    visitExpression(open + 3..<statement.range.upperBound - 1, "result")
  }

  // MARK: Statements

  private static let keywords: Set<String> = [
    "let", "var", "func", "return", "if", "guard", "while", "for", "switch", "throw", "case",
    "default", "defer", "do", "repeat", "init", "struct", "enum", "extension", "import", "discard",
    "break", "continue", "deinit", "protocol", "typealias", "subscript", "get", "set", "class",
    "fileprivate", "internal", "borrowing", "consuming", "associatedtype", "package", "final",
    "indirect", "nonmutating",
  ]

  /// Whether `code` is a call or an assignment, as a whole.
  private static func isRemovable(_ code: String) -> Bool {
    let word = String(code.prefix { $0.isLetter })
    guard let first = code.first, first.isLetter || first == "_", !keywords.contains(word),
      !code.contains("{"), !code.hasPrefix("self."), !code.hasPrefix("kernelBug")
    else { return false }
    return isAssignment(code) && !code.hasPrefix("_ =") || code.hasSuffix(")")
  }

  private static func isAssignment(_ code: String) -> Bool {
    [" = ", " += ", " -= ", " |= ", " &= ", " &+= ", " &-= "]
      .contains { code.contains($0) || code.contains($0.dropLast() + "\n") }
  }

  /// Two neighbouring calls in the other order, for every other pair. Assignments mostly do not
  /// depend on each other.
  private mutating func swapNeighbours() {
    var before: Statement?
    for statement in statements {
      let code = source.codeText(statement.range)
      guard Self.isRemovable(code), !Self.isAssignment(code), statement.lines.count == 1 else {
        before = nil
        continue
      }
      guard let first = before, first.lines.upperBound + 1 == statement.lines.lowerBound else {
        before = statement
        continue
      }
      let changed = source.text(statement.range) + "\n" + source.text(first.range)
      add(first.range.lowerBound..<statement.range.upperBound, .statements, changed, "order")
      before = nil
    }
  }

  // MARK: Names

  private mutating func add(
    _ range: Range<Int>, _ form: Fault.Form, _ changed: String, _ kind: String
  ) {
    let original = source.text(range)
    let now = changed.isEmpty ? "nothing" : Fault.oneLine(changed)
    let change = "\(Fault.oneLine(original)) -> \(now)"
    let count = occurrences[change, default: 0] + 1
    occurrences[change] = count
    found.append(
      Fault(
        name: count == 1 ? change : "\(change) #\(count)", file: file, range: range,
        line: source.line(at: range.lowerBound) + 1, form: form, original: original,
        changed: changed, kind: kind, breaks: nil))
  }
}

extension Fault {
  /// A number that depends on file and change alone: which faults are in a sample does not
  /// change when code elsewhere does.
  var rank: UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in "\(file): \(name)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return (hash ^ hash >> 31) &* 0x9e37_79b9_7f4a_7c15
  }
}
