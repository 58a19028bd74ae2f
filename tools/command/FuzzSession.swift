import Foundation
import ToolSupport

/// Targets run one after another, each for a time; a trap does not stop those that follow.
struct FuzzSession {
  let runner: FuzzRunner
  let seconds: Int
  let seed: UInt32
  /// The folder that inputs which reach something new are put into; nil for none.
  let keep: String?

  private var found: String { "\(runner.folder)/found" }

  func run(_ targets: [String]) throws(ToolFailure) {
    try Files.makeFolder(found)
    var broken: [String] = []
    for target in targets {
      let saved = runner.isGuided ? try guide(target) : try mutate(target)
      guard let saved else { continue }
      broken.append(target)
      print("\(target): a promise is broken by \(saved)")
      print("  replay: tools/mnos fuzz \(target) --corpus \(saved)")
    }
    guard broken.isEmpty else {
      throw ToolFailure("broken promises: \(broken.joined(separator: ", "))")
    }
  }

  // MARK: libFuzzer

  /// - Returns: The input that broke a promise, if any did.
  private func guide(_ target: String) throws(ToolFailure) -> String? {
    let seeds = "\(runner.folder)/seeds-\(target)"
    let reached = keep.map { "\($0)/\(target)" } ?? "\(runner.folder)/reached-\(target)"
    try Files.makeEmptyFolder(seeds)
    if keep == nil { try Files.makeEmptyFolder(reached) } else { try Files.makeFolder(reached) }
    _ = try runner.lines(["seeds", target, runner.corpora, seeds]) { Report.progress($0) }
    var progress = FuzzProgress(target: target)
    var tail: [String] = []
    let status = try runner.lines(
      ["guide", target] + Self.options(seconds: seconds, seed: seed, found: "\(found)/\(target)-")
        + [reached, seeds]
    ) { line in
      tail = (tail + [line]).suffix(60)
      progress.read(line)
      if let words = progress.takeWords(at: .now) { Report.progress(words) }
    }
    print(progress.summary)
    guard status != 0 else { return nil }
    for line in tail where !line.hasPrefix("#") { Report.progress(line) }
    return progress.savedInput ?? "\(reached) (status \(status), no input was saved)"
  }

  /// An input may take 10 seconds on a busy machine, though its steps are counted too.
  static func options(seconds: Int, seed: UInt32, found: String) -> [String] {
    [
      "-max_total_time=\(seconds)", "-seed=\(seed)", "-timeout=10", "-rss_limit_mb=2048",
      "-artifact_prefix=\(found)", "-print_final_stats=1", "-verbosity=1",
    ]
  }

  // MARK: The project's own mutations

  private func mutate(_ target: String) throws(ToolFailure) -> String? {
    let held = "\(found)/\(target)-held"
    let status = try runner.lines(
      ["mutate", target, runner.corpora, "\(seed)", "\(seconds)", "0", held]
    ) { Report.progress($0) }
    guard status != 0 else { return nil }
    let saved = "\(found)/\(target)-seed-\(seed)"
    try Files.write(Self.heldInput(try Files.bytes(of: held)), to: saved)
    return saved
  }

  /// The input in a file that the runner holds it in: 8 bytes of count, then the bytes.
  static func heldInput(_ file: [UInt8]) -> [UInt8] {
    guard file.count >= 8 else { return [] }
    let count = (0..<8).reduce(0 as UInt64) { $0 | UInt64(file[$1]) << UInt64(8 * $1) }
    return Array(file[8...].prefix(Int(min(count, UInt64(file.count - 8)))))
  }
}

/// What libFuzzer's lines say, in words for a person.
struct FuzzProgress {
  let target: String
  private(set) var runs: UInt64 = 0
  private(set) var perSecond: UInt64 = 0
  private(set) var edges: UInt64 = 0
  /// Where the input is that broke a promise.
  private(set) var savedInput: String?
  private var lastShown: ContinuousClock.Instant?
  private var isNew = false

  init(target: String) { self.target = target }

  /// Reads a line such as `#4096 pulse  cov: 93 ft: 120 corp: 9/2Kb exec/s: 2048 rss: 60Mb`.
  mutating func read(_ line: String) {
    let words = line.split(whereSeparator: \.isWhitespace)
    if line.hasPrefix("#"), let count = words.first.flatMap({ UInt64($0.dropFirst()) }) {
      runs = max(runs, count)
      perSecond = Self.number(after: "exec/s:", in: words) ?? perSecond
      edges = Self.number(after: "cov:", in: words) ?? edges
      isNew = true
    } else if line.hasPrefix("stat::number_of_executed_units:") {
      runs = words.last.flatMap { UInt64($0) } ?? runs
    } else if line.hasPrefix("stat::average_exec_per_sec:") {
      perSecond = words.last.flatMap { UInt64($0) } ?? perSecond
    } else if let place = line.range(of: "Test unit written to ") {
      savedInput = String(line[place.upperBound...])
    }
  }

  private static func number(after name: Substring, in words: [Substring]) -> UInt64? {
    guard let index = words.firstIndex(of: name), index + 1 < words.count else { return nil }
    return UInt64(words[index + 1])
  }

  var summary: String { "\(target): \(runs) runs, \(perSecond) a second, \(edges) edges reached" }

  /// The summary, at most every 5 seconds and if there is news.
  mutating func takeWords(at now: ContinuousClock.Instant) -> String? {
    guard isNew, lastShown.map({ now - $0 >= .seconds(5) }) ?? true else { return nil }
    isNew = false
    lastShown = now
    return summary
  }
}
