import ToolSupport

/// What became of each fault, and which part of the tests caught how many.
public struct TrialReport: Sendable {
  /// One fault and how it ended.
  public struct Result: Sendable {
    public let number: Int
    public let fault: Fault
    public let outcome: Outcome
    /// Name of the stage that caught it.
    public let stage: String

    public init(number: Int, fault: Fault, outcome: Outcome, stage: String) {
      self.number = number
      self.fault = fault
      self.outcome = outcome
      self.stage = stage
    }
  }

  public let results: [Result]
  /// Folders of the test sources by their files' names.
  private let folders: [String: String]

  /// - Parameter testFiles: Paths of the test sources.
  public init(_ results: [Result], testFiles: [String]) {
    self.results = results.sorted { $0.number < $1.number }
    var folders: [String: String] = [:]
    for path in testFiles {
      let parts = path.split(separator: "/")
      folders[String(parts.last ?? "")] = parts.dropLast().suffix(1).joined()
    }
    self.folders = folders
  }

  /// Faults that count: all but those that no test can find.
  public var counted: [Result] { results.filter { $0.fault.equivalent == nil } }
  public var caught: [Result] { counted.filter(\.outcome.isCaught) }
  public var survivors: [Result] { counted.filter { !$0.outcome.isCaught } }

  /// The part of the tests that noticed.
  public func part(_ outcome: Outcome) -> String {
    switch outcome {
    case .passed: return "none"
    case .crashed: return "crash"
    case .timedOut: return "endless"
    case .failed(_, let file, let issue):
      if issue.contains("findings") || issue.contains("audit") {
        return Self.namesViolation(issue) ? "simulated machine" : "auditor"
      }
      switch folders[file] {
      case "random"?: return "random programs"
      case "explore"?: return "explorer"
      case "ends"?: return "ends tables"
      case "defects"?: return "defect suites"
      case "MnosABITests"?, "ProgramFormatTests"?: return "ABI and program format"
      case "tests"?: return "platform suites"
      default: return "unit suites"
      }
    }
  }

  /// Whether the first finding is a broken rule of the machine: the name of a case, where the
  /// auditor writes sentences.
  private static func namesViolation(_ issue: String) -> Bool {
    guard let quote = issue.firstIndex(of: "\"") else { return false }
    let finding = issue[issue.index(after: quote)...].prefix { $0 != "\"" && $0 != "(" }
    return !finding.isEmpty && finding.allSatisfy { $0.isLetter }
  }

  /// The closing table.
  public var lines: [String] {
    var lines: [String] = []
    let parts = Dictionary(grouping: caught) { part($0.outcome) }
    for (part, found) in parts.sorted(by: { ($1.value.count, $0.key) < ($0.value.count, $1.key) }) {
      lines.append("  \(Self.padded("\(found.count)", 5)) \(part)")
    }
    let kinds = Dictionary(grouping: counted, by: \.fault.kind)
    lines.append("kinds:")
    for (kind, all) in kinds.sorted(by: { $0.key < $1.key }) {
      let found = all.filter(\.outcome.isCaught).count
      lines.append("  \(Self.padded("\(found)", 5)) of \(all.count) \(kind)")
    }
    if !survivors.isEmpty { lines.append("survivors:") }
    for result in survivors {
      lines.append("  \(result.number) \(result.fault.summary)")
      if let breaks = result.fault.breaks { lines.append("      \(breaks)") }
    }
    let tenths = counted.isEmpty ? 0 : caught.count * 1000 / counted.count
    lines.append(
      "\(caught.count) of \(counted.count) faults caught (\(tenths / 10).\(tenths % 10) %)"
        + (results.count > counted.count
          ? "; \(results.count - counted.count) more cannot be told from the original" : ""))
    return lines
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  /// All of it, for other programs.
  public var json: String {
    let items = results.map { result -> String in
      var fields: [(String, String)] = [
        ("name", result.fault.name), ("file", result.fault.file), ("kind", result.fault.kind),
        ("original", result.fault.original), ("changed", result.fault.changed),
        ("part", part(result.outcome)), ("stage", result.stage),
      ]
      if let breaks = result.fault.breaks { fields.append(("breaks", breaks)) }
      if let reason = result.fault.equivalent { fields.append(("equivalent", reason)) }
      switch result.outcome {
      case .passed: break
      case .crashed(let test), .timedOut(let test): fields.append(("test", test))
      case .failed(let test, let file, let issue):
        fields += [("test", test), ("testFile", file), ("issue", issue)]
      }
      let text = fields.map { "\(Self.quoted($0)): \(Self.quoted($1))" }.joined(separator: ", ")
      return "  {\"number\": \(result.number), \"line\": \(result.fault.line), \(text)}"
    }
    return "[\n" + items.joined(separator: ",\n") + "\n]\n"
  }

  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case _ where scalar.value < 32: result += " "
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
