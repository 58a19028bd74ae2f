import Foundation
import ToolSupport

/// The trap instructions that the kernel may have, each with the reason why no system call
/// reaches it: kernel/traps, whose format docs/design/traps.md tells.
struct TrapList {
  /// What the list says of one place.
  struct Entry {
    let reason: String
    /// Words of `Self.word(for:)`; nil allows any.
    let checks: Set<String>?
    /// How many lines of the file may have this text.
    let lineCount: Int
  }

  /// The compiler that the counts were taken with.
  private(set) var compiler: Version?
  private(set) var counts: [String: Int] = [:]
  private(set) var reasons: Set<String> = []
  private(set) var entries: [TrapPlace: Entry] = [:]

  private static let folder = "kernel/traps"
  /// The text of an entry for a whole file.
  private static let everything = "*"

  /// The files of the list, relative to the root.
  static func files(root: String) -> [String] {
    Files.paths(under: folder, endingIn: [".txt"], root: root)
  }

  init(root: String) throws(ToolFailure) {
    for path in Self.files(root: root) {
      try read(try Files.text(of: "\(root)/\(path)"), name: path)
    }
    for (place, entry) in entries where !reasons.contains(entry.reason) {
      throw ToolFailure(
        "\(place.file): \(place.text): no file of \(Self.folder) says what the reason "
          + "'\(entry.reason)' is")
    }
  }

  init(_ texts: [String]) throws(ToolFailure) {
    for text in texts { try read(text, name: "list") }
  }

  /// What the list does not allow, in its own format, and what it allows too much.
  func complaints(about sites: [TrapSite], architecture: String) -> [String] {
    var found: [String] = []
    for (place, group) in Dictionary(grouping: sites, by: \.place).sorted(by: { $0.key < $1.key }) {
      let checks = Set(group.map { Self.word(for: $0.check) })
      let lineCount = Set(group.map(\.line)).count
      let entry = entries[place] ?? entries[TrapPlace(file: place.file, text: Self.everything)]
      if let entry, entry.lineCount >= lineCount, entry.checks?.isSuperset(of: checks) ?? true {
        continue
      }
      let times = lineCount > 1 ? " x\(lineCount)" : ""
      found.append(
        "\(place.file)\n  \(entry == nil ? "?" : "more") "
          + "\(checks.sorted().joined(separator: ","))\(times) | \(place.text)")
    }
    let counted = counts[architecture] ?? 0
    if sites.count != counted {
      found.append(
        "\(Self.folder)/counts.txt: says \(architecture) \(counted), and there are \(sites.count)"
          + (sites.count < counted ? ": good, write that down" : ""))
    }
    return found
  }

  /// Entries of lines that are in no source any more.
  func staleEntries(in sources: inout SourceLines) -> [String] {
    entries.keys.sorted().compactMap { place in
      guard !place.file.isEmpty, !place.text.hasPrefix("in "), place.text != Self.everything,
        !sources.has(place.text, in: place.file)
      else { return nil }
      return "\(place.file)\n  gone | \(place.text)"
    }
  }

  /// One word for what a check of Swift's looks for.
  static func word(for check: String) -> String {
    switch check {
    case "arithmetic overflow", "loop induction variable overflowed": "overflow"
    case "Index out of bounds", "Index out of range": "index"
    case "Range requires lowerBound <= upperBound": "range"
    case "Negative value is not representable": "negative"
    case "Not enough bits to represent the passed value": "bits"
    case "Division by zero": "zero"
    default: check.replacingOccurrences(of: " ", with: "-")
    }
  }

  private mutating func read(_ text: String, name: String) throws(ToolFailure) {
    var file = ""
    for (number, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let line = raw.trimmingCharacters(in: .whitespaces)
      if line.isEmpty || line.hasPrefix("#") { continue }
      let isIndented = raw.hasPrefix(" ")
      if !isIndented, line.hasPrefix("reason ") {
        // What follows the colon is for people, and may go on in indented lines.
        reasons.insert(String(line.dropFirst(7).prefix { $0 != ":" }))
        file = ""
      } else if !isIndented, line.hasPrefix("compiler ") {
        compiler = Version(firstIn: line)
      } else if !isIndented, line.hasPrefix("count ") {
        let words = line.split(separator: " ")
        guard words.count == 3, let count = Int(words[2]) else {
          throw ToolFailure("\(name):\(number + 1): not 'count ARCHITECTURE NUMBER'")
        }
        counts[String(words[1])] = count
      } else if !isIndented {
        file = line == "-" ? "" : line
        isInPlaces = true
      } else if isInPlaces {
        guard let (text, entry) = Self.entry(line) else {
          throw ToolFailure("\(name):\(number + 1): not 'REASON CHECKS | TEXT'")
        }
        entries[TrapPlace(file: file, text: text)] = entry
      }
      if line.hasPrefix("reason ") { isInPlaces = false }
    }
    isInPlaces = false
  }

  private var isInPlaces = false

  private static func entry(_ line: String) -> (String, Entry)? {
    let parts = line.split(separator: "|", maxSplits: 1).map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    var words = parts[0].split(separator: " ").map(String.init)
    if parts.count == 1, words.count == 2, words[1] == everything {
      return (everything, Entry(reason: words[0], checks: nil, lineCount: .max))
    }
    guard parts.count == 2, words.count >= 2 else { return nil }
    var lineCount = 1
    if words.count == 3, words[2].hasPrefix("x"), let count = Int(words[2].dropFirst()) {
      lineCount = count
      words.removeLast()
    }
    guard words.count == 2 else { return nil }
    let checks = Set(words[1].split(separator: ",").map(String.init))
    return (parts[1], Entry(reason: words[0], checks: checks, lineCount: lineCount))
  }
}
