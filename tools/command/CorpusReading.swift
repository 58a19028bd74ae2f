import Foundation
import ToolSupport

/// Files that others made, each given to the parser that it is for.
struct CorpusReading {
  let runner: FuzzRunner
  /// The target that gets every file; nil for the one that knows a file by its first bytes.
  let target: String?

  func run(_ path: String) throws(ToolFailure) {
    let files = try Self.files(at: path)
    try Files.makeFolder(runner.folder)
    let list = "\(runner.folder)/corpus-list"
    try Files.write(files.joined(separator: "\n"), to: list)
    var tally = CorpusTally()
    var next = 0
    while next < files.count {
      let status = try runner.lines(["explain", target ?? "auto", list, "\(next)"]) { line in
        guard let outcome = CorpusTally.outcome(in: line), next < files.count else { return }
        print("\(files[next]): \(outcome)")
        tally.add(outcome)
        next += 1
      }
      guard status != 0, next < files.count else { break }
      // The file whose turn it was ended the process; those behind it are still to be read.
      print("\(files[next]): TRAP (status \(status))")
      tally.addTrap(files[next])
      next += 1
    }
    for line in tally.lines { print(line) }
    guard next == files.count else { throw ToolFailure("\(files.count - next) files were not read") }
    guard tally.failures.isEmpty else {
      throw ToolFailure("\(tally.failures.count) of \(files.count) files broke a promise")
    }
  }

  /// The file at `path`, or all in the folder there, in order of their names.
  static func files(at path: String) throws(ToolFailure) -> [String] {
    guard Files.isFolder(path) else {
      guard Files.exists(path) else { throw ToolFailure("--corpus \(path): nothing is there") }
      return [path]
    }
    guard let found = FileManager.default.enumerator(atPath: path) else {
      throw ToolFailure("--corpus \(path): cannot be listed")
    }
    let files = found.compactMap { $0 as? String }.map { "\(path)/\($0)" }.filter {
      !Files.isFolder($0) && !$0.contains("\n")
    }
    guard !files.isEmpty else { throw ToolFailure("--corpus \(path): no file is there") }
    return files.sorted()
  }
}

/// How many files came out how.
struct CorpusTally {
  private var counts: [String: Int] = [:]
  private(set) var failures: [String] = []

  /// What a line of the runner says of a file; nil for lines of a sanitizer or a trap.
  static func outcome(in line: String) -> String? {
    let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return nil }
    if parts[0] == "-" { return parts[1] }
    let isOutcome = ["accepted", "refused", "broken promise"].contains { parts[1].hasPrefix($0) }
    return isOutcome ? line : nil
  }

  /// Counts an outcome by target and kind; a refusal by its reason.
  mutating func add(_ outcome: String) {
    let kind = outcome.range(of: " accepted").map { String(outcome[..<$0.upperBound]) } ?? outcome
    counts[kind, default: 0] += 1
    if outcome.contains(" broken promise: ") { failures.append(outcome) }
  }

  mutating func addTrap(_ path: String) {
    counts["TRAP", default: 0] += 1
    failures.append(path)
  }

  /// The most frequent first.
  var lines: [String] {
    counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) x \($0.key)" }
  }
}
