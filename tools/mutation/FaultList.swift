import ToolSupport

/// The reviewed faults: text files, a paragraph for each fault.
///
///     fault: sender-stays-queued
///     kind: queue
///     breaks: A sender that timed out is still received from.
///     file: kernel/core/threads/Wait.swift
///     -     case .receiving: leaveEndpoint(thread)
///     +     case .receiving: break
///
/// Lines after `-` are whole lines of the file, which must occur there exactly once, whatever
/// their indentation; those after `+` replace them, and lines that stay are only there to say
/// where. `@{` and `}@` in the lines after `-` mark an expression, and then the lines after `+`
/// replace only that. A paragraph that begins with
/// `equivalent:` and a reason, and goes on with `file:` and the lines of a `change:`, says of
/// a fault made by rule that no test can find it.
public struct FaultList: Sendable {
  /// A paragraph, before it was looked up in its file.
  public struct Entry: Sendable, Equatable {
    public var fields: [String: String] = [:]
    public var was: [String] = []
    public var now: [String] = []
    /// Where it stands, as `file:line`.
    public var place = ""
  }

  public private(set) var entries: [Entry] = []

  public init() {}

  /// Adds the paragraphs of `text`.
  ///
  /// - Parameter path: For messages.
  public mutating func read(_ text: String, path: String) throws(ToolFailure) {
    var entry = Entry()
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      if line.hasPrefix("#") { continue }
      if line.allSatisfy(\.isWhitespace) {
        finish(&entry)
        continue
      }
      if entry == Entry() { entry.place = "\(path):\(index + 1)" }
      if line.hasPrefix("-") {
        entry.was.append(String(line.dropFirst()).trimmed)
      } else if line.hasPrefix("+") {
        entry.now.append(String(line.dropFirst()).trimmed)
      } else if let colon = line.firstIndex(of: ":") {
        entry.fields[String(line[..<colon])] = String(line[line.index(after: colon)...]).trimmed
      } else {
        throw ToolFailure("\(path):\(index + 1): neither a field nor a line of source: \(line)")
      }
    }
    finish(&entry)
  }

  private mutating func finish(_ entry: inout Entry) {
    if entry != Entry() { entries.append(entry) }
    entry = Entry()
  }

  /// Names and changes of faults made by rule that no test can find, with the reasons.
  public var equivalents: [String: String] {
    var reasons: [String: String] = [:]
    for entry in entries {
      guard let reason = entry.fields["equivalent"], let file = entry.fields["file"],
        let change = entry.fields["change"]
      else { continue }
      reasons["\(file): \(change)"] = reason
    }
    return reasons
  }

  /// Looks the faults up in their files.
  ///
  /// - Parameter source: The text of a file of the project, nil if there is none.
  /// - Throws: A failure with a line for each that cannot be planted.
  public func faults(in source: (String) -> String?) throws(ToolFailure) -> [Fault] {
    var found: [Fault] = []
    var refusals: [String] = []
    for entry in entries where entry.fields["equivalent"] == nil || entry.fields["fault"] != nil {
      do throws(ToolFailure) {
        found.append(try Self.fault(entry, source))
      } catch {
        refusals.append(error.message)
      }
    }
    for name in Self.repeated(found.map(\.name)) { refusals.append("two faults are named \(name)") }
    guard refusals.isEmpty else { throw ToolFailure(refusals.joined(separator: "\n")) }
    return found
  }

  private static func repeated(_ names: [String]) -> [String] {
    var seen: Set<String> = []
    return names.filter { !seen.insert($0).inserted }
  }

  private static func fault(
    _ entry: Entry, _ source: (String) -> String?
  ) throws(ToolFailure) -> Fault {
    guard let name = entry.fields["fault"], let kind = entry.fields["kind"],
      let breaks = entry.fields["breaks"], let file = entry.fields["file"], !entry.was.isEmpty
    else {
      throw ToolFailure(
        "\(entry.place): a fault needs 'fault', 'kind', 'breaks', 'file' and lines after '-'")
    }
    guard let text = source(file) else { throw ToolFailure("\(entry.place): no file \(file)") }
    var now = entry.now
    let marked = MarkedLines(entry.was, changedTo: &now)
    for lines in [marked.changed, now] where Brackets.balance(lines.joined().utf8) != 0 {
      throw ToolFailure("\(entry.place): '\(name)' cuts through brackets: \(lines)")
    }
    let places = marked.places(in: SourceText(text))
    guard let place = places.first, places.count == 1 else {
      throw ToolFailure(
        "\(entry.place): the lines of '\(name)' occur \(places.count) times in \(file): "
          + "copy them from there again, with a neighbouring line if they are not alone, or "
          + "take the fault out if the code is gone")
    }
    return Fault(
      name: name, file: file, range: place.range, line: place.line,
      form: marked.hasMarks ? .expression : .statements, original: place.text,
      changed: now.joined(separator: "\n"), kind: kind, breaks: breaks,
      equivalent: entry.fields["equivalent"])
  }
}

/// Lines to be found in a source, and the part of them that is changed: what is marked in them,
/// or else the lines that differ from what replaces them.
struct MarkedLines {
  private let lines: [String]
  /// What is before and after the changed part, on its first and last line.
  private let before: String
  private let after: String
  /// The lines with the changed part.
  private let part: Range<Int>
  let hasMarks: Bool
  /// The text that is changed.
  let changed: [String]

  /// - Parameter now: What replaces the lines; loses those at its ends that stay.
  init(_ marked: [String], changedTo now: inout [String]) {
    let text = marked.joined(separator: "\n")
    let halves = text.split(separator: "@{", maxSplits: 1, omittingEmptySubsequences: false)
    let ends =
      halves.count == 2 ? halves[1].split(separator: "}@", omittingEmptySubsequences: false) : []
    hasMarks = ends.count == 2
    if hasMarks {
      lines = Self.lines(halves[0] + ends[0] + ends[1])
      let (head, middle) = (Self.lines(halves[0]), Self.lines(ends[0]))
      part = head.count - 1..<head.count + middle.count - 1
      before = head.last ?? ""
      after = Self.lines(ends[1]).first ?? ""
      changed = middle
      return
    }
    lines = marked
    if now == [""] { now = [] }
    var (first, last) = (0, 0)
    while first < min(marked.count, now.count), marked[first] == now[first] { first += 1 }
    while last < min(marked.count, now.count) - first,
      marked[marked.count - 1 - last] == now[now.count - 1 - last]
    {
      last += 1
    }
    part = first..<marked.count - last
    now = Array(now[first..<now.count - last])
    (before, after) = ("", "")
    changed = Array(marked[part])
  }

  private static func lines(_ text: some StringProtocol) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).map { String($0) }
  }

  /// Where the changed part stands in `source`.
  func places(in source: SourceText) -> [(range: Range<Int>, line: Int, text: String)] {
    guard source.lines.count >= lines.count, !part.isEmpty else { return [] }
    return (0...(source.lines.count - lines.count)).compactMap { first in
      let isHere = lines.indices.allSatisfy {
        source.trimmedText(ofLine: first + $0) == lines[$0]
      }
      guard isHere else { return nil }
      let line = first + part.lowerBound
      let start = source.trimmedRange(ofLine: line).lowerBound + before.utf8.count
      let end =
        source.trimmedRange(ofLine: first + part.upperBound - 1).upperBound - after.utf8.count
      return (start..<end, line + 1, source.text(start..<end))
    }
  }
}

extension String {
  /// Without spaces at either end.
  var trimmed: String {
    var text = self[...]
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
