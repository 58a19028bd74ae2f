import Foundation
import Synchronization
import ToolSupport

/// How the tests took a fault.
public enum Outcome: Sendable, Equatable {
  case passed
  /// A test recorded an issue.
  case failed(test: String, file: String, issue: String)
  /// The program ended in the middle of a test.
  case crashed(test: String)
  /// It used more time than the unmutated program does, many times over.
  case timedOut(test: String)

  /// Whether the fault was noticed.
  public var isCaught: Bool { self != .passed }
}

/// A part of the tests that is run in one process.
public struct Stage: Sendable {
  public let name: String
  /// Arguments of the test program that choose the tests.
  public let selection: [String]

  public init(_ name: String, _ selection: [String]) {
    self.name = name
    self.selection = selection
  }

  /// Suites that between them reach most of the core in about a second.
  static let broad =
    "[.](Capability|Message|Call|Transfer|Mapping|Revoke|Thread|Scheduling|Notification|Interrupt"
    + "|Resource|Lease|FrameAllocator|InitialProcess|Fault|Explorer|RandomOperation)Tests/"

  /// Suites that take most of the time: they are run for what the others did not catch.
  static let slow =
    "[.](TransferSweep|Grant|Turn|SlicePriority|MappingTree|SenderChain|PayerWalk|LeaseEnd"
    + "|Leftover|Lockstep)Tests/"

  /// The tests that a fault in `file` may show in, those that are quick first.
  public static func stages(for file: String) -> [Stage] {
    if file.hasPrefix("platforms/") {
      return [Stage("platforms", ["--filter", "^Platform"])]
    }
    let kernel = [
      Stage("broad suites", ["--filter", "^KernelCoreTests\(broad)"]),
      Stage(
        "quick suites",
        ["--skip", broad, "--skip", slow, "--skip", "^Platform", "--skip", "^KernelModel"]),
      Stage("long suites", ["--filter", slow]),
    ]
    // What all of them are made of.
    let isShared = file.hasPrefix("kernel/hal/") || file.hasPrefix("kernel/abi/")
    return isShared ? kernel + [Stage("platforms", ["--filter", "^Platform"])] : kernel
  }
}

/// Runs the test program with one fault.
public struct Trial: Sendable {
  let program: String
  public let stage: Stage
  /// Seconds of CPU time after which it is taken to run for ever.
  public let limit: Int

  public init(program: String, stage: Stage, limit: Int) {
    self.program = program
    self.stage = stage
    self.limit = limit
  }

  /// - Parameter fault: A fault's number; 0 for none.
  public func run(fault: Int) throws(ToolFailure) -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments =
      ["-c", "ulimit -c 0 -t \(limit); exec \"$0\" \"$@\"", program]
      + ["--testing-library", "swift-testing", "--no-parallel"] + stage.selection
    process.environment = ProcessInfo.processInfo.environment.merging([
      "MNOS_FAULT": "\(fault)", "SWIFT_BACKTRACE": "enable=no", "NO_COLOR": "1",
    ]) { $1 }
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    do {
      try process.run()
    } catch {
      throw ToolFailure("\(program) could not be started: \(error)")
    }
    var reader = TrialReader()
    read(pipe.fileHandleForReading, into: &reader) { process.terminate() }
    process.waitUntilExit()
    if let issue = reader.issue { return issue }
    if process.terminationReason == .uncaughtSignal {
      let isTime = process.terminationStatus == SIGXCPU || process.terminationStatus == SIGKILL
      return isTime ? .timedOut(test: reader.running) : .crashed(test: reader.running)
    }
    guard process.terminationStatus == 0 else { return .crashed(test: reader.running) }
    guard reader.ranTests else { throw ToolFailure("\(stage.name): no test ran") }
    return .passed
  }

  /// Reads to the end, and calls `stop` at the first issue.
  private func read(_ handle: FileHandle, into reader: inout TrialReader, stop: () -> Void) {
    var pending = Data()
    while true {
      let bytes = handle.availableData
      if bytes.isEmpty { return }
      pending += bytes
      while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let hadIssue = reader.issue != nil
        reader.read(String(decoding: pending[..<end], as: UTF8.self))
        pending = Data(pending[(end + 1)...])
        if !hadIssue, reader.issue != nil { stop() }
      }
    }
  }
}

/// What the lines of a test run say.
struct TrialReader {
  /// The test that began last.
  private(set) var running = "?"
  private(set) var issue: Outcome?
  private(set) var ranTests = false

  mutating func read(_ line: String) {
    if let name = Self.name(in: line, before: " started.") { running = name }
    if line.contains("Test run with "), !line.contains("Test run with 0 tests") { ranTests = true }
    guard issue == nil, let name = Self.name(in: line, before: " recorded an issue"),
      let mark = line.components(separatedBy: " recorded an issue").dropFirst().first,
      let place = mark.components(separatedBy: " at ").last(where: { $0.contains(".swift:") })
    else { return }
    let parts = place.split(separator: ":", maxSplits: 3)
    let text = parts.count == 4 ? String(parts[3]).trimmed : place
    issue = .failed(test: name, file: String(parts[0]), issue: text)
  }

  /// The name in lines such as `◇ Test holds() started.` and `✘ Test "CAP_1 holds" recorded an
  /// issue at F.swift:1:2: Expectation failed`.
  private static func name(in line: String, before end: String) -> String? {
    guard let start = line.range(of: "Test "), let stop = line.range(of: end),
      start.upperBound < stop.lowerBound
    else { return nil }
    let name = line[start.upperBound..<stop.lowerBound]
    guard !name.hasPrefix("case "), !name.hasPrefix("run") else { return nil }
    return String(name).replacing("\"", with: "")
  }
}
