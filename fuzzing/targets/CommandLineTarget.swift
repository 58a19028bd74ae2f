import FuzzHarness
import KernelCore

/// The kernel's command line, against a second reading of its words.
enum CommandLineTarget {
  static let target: FuzzTarget = {
    var target = FuzzTarget("command-line", "the kernel's command line", mostBytes: 4096) {
      (bytes) throws(BrokenPromise) in try outcome(of: bytes)
    }
    target.seeds = { seeds }
    return target
  }()

  private static var seeds: [FuzzSeed] {
    let lines = [
      ("empty", "", "accepted: info, 0 unknown"), ("blanks", " \t \n", "accepted: info, 0 unknown"),
      ("debug", "loglevel=debug", "accepted: debug, 0 unknown"),
      ("last-counts", "loglevel=0 loglevel=3", "accepted: debug, 0 unknown"),
      ("no-value", "loglevel", "accepted: info, 1 unknown"),
      ("bad-value", "loglevel=4 kernel.panic=x", "accepted: info, 2 unknown"),
      ("selftest", "kernel.selftest=1", "accepted: info, self-tests, 0 unknown"),
      ("suite", "kernel.selftest.suite=ipc", "accepted: info, self-tests, suite, 0 unknown"),
      ("suite-empty", "kernel.selftest.suite=", "accepted: info, 1 unknown"),
      ("panic", "kernel.panic=poweroff", "accepted: info, poweroff, 0 unknown"),
      ("equals", "= == =a a= kernel.panic==", "accepted: info, 5 unknown"),
    ]
    return lines.map { FuzzSeed($0.0, Array($0.1.utf8), $0.2) } + [
      FuzzSeed(
        "64-kib", (0..<65_536).map { $0 % 8 == 7 ? 0x20 : 0x61 }, "accepted: info, 8192 unknown"),
      FuzzSeed("nul-inside", [0x61, 0, 0x62], "accepted: info, 2 unknown"),
      FuzzSeed("all-ones", [UInt8](repeating: 0xff, count: 100), "accepted: info, 1 unknown"),
    ]
  }

  private static func outcome(of bytes: [UInt8]) throws(BrokenPromise) -> FuzzOutcome {
    let options = BootOptions(bytes.span)
    let words = bytes.split { $0 <= 32 }
    let unknown = words.filter { !isKnown(String(decoding: $0, as: UTF8.self)) }
    try promise(options.unknownCount == unknown.count, "words that it does not know")
    for (index, word) in unknown.prefix(options.unknown.count).enumerated() {
      try promise(options.unknown[index] == word.indices, "unknown word \(index)")
    }
    try promise(options.suite.upperBound <= bytes.count, "the suite's name is outside the line")
    let suites = words.filter { $0.starts(with: Array("kernel.selftest.suite=".utf8)) }
    let named = suites.last { $0.count > 22 }
    try promise(options.suite.isEmpty == (named == nil), "whether a suite is named")
    if let named {
      try promise(options.suite == named.indices.dropFirst(22), "which suite is named")
      try promise(options.runsSelfTests, "a suite is named and not run")
    }
    let facts =
      (options.runsSelfTests ? ", self-tests" : "") + (named == nil ? "" : ", suite")
      + (options.powersOffOnPanic ? ", poweroff" : "")
    return .accepted("\(options.logLevel)\(facts), \(options.unknownCount) unknown")
  }

  private static func isKnown(_ word: String) -> Bool {
    let levels = ["error", "warning", "info", "debug", "0", "1", "2", "3"]
    let known =
      levels.map { "loglevel=\($0)" }
      + ["kernel.selftest=0", "kernel.selftest=1", "kernel.panic=halt", "kernel.panic=poweroff"]
    let suite = "kernel.selftest.suite="
    return known.contains(word) || word.hasPrefix(suite) && word.utf8.count > suite.utf8.count
  }
}
