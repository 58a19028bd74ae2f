import Foundation
import ToolSupport

/// `mnos fuzz`: parsers given bytes that nobody meant; docs/design/fuzzing.md.
enum FuzzCommand {
  static func run(_ arguments: [String]) throws(ToolFailure) {
    let grammar = Options.Grammar(
      flags: ["--list"], values: ["--seconds", "--seed", "--corpus", "--target", "--keep"],
      wordLimit: 32)
    let options = try Options(arguments, grammar: grammar)
    let runner = try FuzzRunner(root: Workspace.root)
    let targets = try runner.targets()
    if options.has("--list") {
      for target in targets { print("\(target.name): \(target.summary)") }
      return
    }
    let known = targets.map(\.name)
    let named = options.words + options.all("--target")
    for name in named where !known.contains(name) {
      throw .usage("unknown target '\(name)': one of \(known.joined(separator: ", "))")
    }
    if let path = options.value("--corpus") {
      guard named.count <= 1 else { throw .usage("--corpus takes one target at most") }
      return try CorpusReading(runner: runner, target: named.first).run(path)
    }
    let seconds = try options.count("--seconds") ?? 60
    let seed = try Self.seed(options.value("--seed"))
    let session = FuzzSession(
      runner: runner, seconds: seconds, seed: seed, keep: options.value("--keep"))
    Report.progress("seed \(seed), \(seconds) seconds for each target")
    try session.run(named.isEmpty ? known : named)
  }

  /// The number given, or any; libFuzzer takes 32 bits, of which 0 is no seed.
  static func seed(_ text: String?) throws(ToolFailure) -> UInt32 {
    guard let text else { return .random(in: 1 ... .max) }
    guard let seed = UInt32(text), seed > 0 else {
      throw .usage("--seed takes a number from 1 to \(UInt32.max), not '\(text)'")
    }
    return seed
  }
}

/// The program that has the parsers in it, built for the occasion.
struct FuzzRunner {
  let root: String
  let program: String
  /// Whether it is guided by coverage.
  let isGuided: Bool

  /// The folder of all that is made here.
  var folder: String { "\(root)/build/fuzz" }
  var corpora: String { "\(root)/fuzzing/corpora" }

  /// Builds it, with libFuzzer if the toolchain has that.
  init(root: String) throws(ToolFailure) {
    self.root = root
    isGuided = Self.hasLibFuzzer(try Self.resourceFolder())
    if !isGuided {
      Report.notice(
        "this toolchain has no libFuzzer: inputs are made without a look at what they reach")
    }
    let build = "\(root)/build/fuzz/\(isGuided ? "build" : "build-plain")"
    program = "\(build)/release/mnos-fuzz"
    Report.progress("building the parsers with their checks ...")
    let arguments = Self.buildArguments(root: root, build: build, isGuided: isGuided)
    let result = try Subprocess.capture("swift", arguments)
    guard result.succeeded else {
      throw ToolFailure("the parsers did not build:\n\(result.output)")
    }
  }

  /// Testing is on because parsers of platforms and services are internal to them.
  static func buildArguments(root: String, build: String, isGuided: Bool) -> [String] {
    let plain = [
      "build", "--package-path", root, "--scratch-path", build, "-c", "release", "--product",
      "mnos-fuzz", "--sanitize", "address", "-Xswiftc", "-enable-testing",
    ]
    guard isGuided else { return plain }
    // libFuzzer brings a `main` of its own, which the linker is to pass over.
    return plain + [
      "-Xswiftc", "-sanitize=fuzzer", "-Xswiftc", "-DMNOS_LIBFUZZER", "-Xswiftc", "-use-ld=lld",
      "-Xlinker", "-z", "-Xlinker", "muldefs",
    ]
  }

  /// Whether the compiler's libraries in `folder` have libFuzzer for this machine.
  static func hasLibFuzzer(_ folder: String) -> Bool {
    let libraries = "\(folder)/clang/lib/linux"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: libraries)) ?? []
    return names.contains { $0.hasPrefix("libclang_rt.fuzzer-") }
  }

  private static func resourceFolder() throws(ToolFailure) -> String {
    let output = try Subprocess.capture("swift", ["-print-target-info"]).output
    let marker = "\"runtimeResourcePath\": \""
    guard let start = output.range(of: marker)?.upperBound else { return "" }
    return String(output[start...].prefix { $0 != "\"" })
  }

  /// A trap is to be reported at once, and what the runtime keeps to its end is no leak.
  static let environment = [
    "SWIFT_BACKTRACE": "enable=no", "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1",
  ]

  /// Names, and what is tested.
  func targets() throws(ToolFailure) -> [(name: String, summary: String)] {
    let output = try Subprocess.capture(program, ["list"], environment: Self.environment).output
    return output.split(separator: "\n").filter { !$0.hasPrefix("libfuzzer ") }.compactMap {
      let parts = $0.split(separator: " ", maxSplits: 1)
      return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    }
  }

  /// Runs it and hands over its lines; returns the exit status.
  func lines(
    _ arguments: [String], _ receive: (String) -> Void
  ) throws(ToolFailure) -> Int32 {
    try Subprocess.lines(program, arguments, environment: Self.environment, receive)
  }
}
