/// A person at the shell, as a list of steps: what is typed, and what must be seen before the next
/// step. No step waits for a time.
public struct SessionScript: Sendable {
  public enum Step: Sendable, Equatable {
    /// Types these characters, as fast as the machine takes them.
    case type(String)
    /// Waits for the shell's prompt, on a line with nothing behind it.
    case prompt
    /// Waits for a whole line that is exactly this.
    case line(String)
    /// Waits for this text, wherever it stands.
    case text(String)
    /// Waits for the prompt, and keeps the lines in front of it that begin with these words.
    case keep([String])
    /// Waits for the prompt; the lines that were kept must be there again, unchanged.
    case sameAsKept
  }

  /// `area.fact`, the same on every architecture.
  public let name: String
  public let steps: [Step]

  public init(_ name: String, _ steps: [Step]) {
    self.name = name
    self.steps = steps
  }
}

/// Carries out the steps of one script against a stream of output. Pure, so that it is tested
/// without a machine.
struct ScriptPlayer {
  private var steps: ArraySlice<SessionScript.Step>
  private var filter = ControlSequenceFilter()
  /// What the machine showed and no step has used up yet, without control sequences and CRs.
  private var seen = ""
  private var kept: (words: [String], lines: [String]) = ([], [])
  /// What was not as the script demands; then it does not go on.
  private(set) var failure: String?

  init(_ script: SessionScript) { steps = script.steps[...] }

  var isFinished: Bool { steps.isEmpty }

  /// The step that is waited for, for messages.
  var waitingFor: String {
    switch steps.first {
    case .line(let text): "the line '\(Self.short(text))'"
    case .text(let text): "'\(Self.short(text))'"
    case .prompt, .keep, .sameAsKept: "the prompt"
    case .type, nil: "nothing"
    }
  }

  /// The last of what was seen, for messages.
  var lastSeen: String { String(seen.suffix(200)) }

  /// Takes in output and goes on as far as it allows.
  ///
  /// - Returns: What has to be typed now.
  mutating func receive(_ bytes: [UInt8]) -> String {
    let kept = bytes.compactMap { filter.keep($0) }.filter { $0 != UInt8(ascii: "\r") }
    seen += String(decoding: kept, as: UTF8.self)
    var typed = ""
    while failure == nil, let step = steps.first, let text = advance(step) {
      typed += text
      steps.removeFirst()
    }
    return typed
  }

  /// - Returns: What to type if `step` is done; nil if it has to wait.
  private mutating func advance(_ step: SessionScript.Step) -> String? {
    switch step {
    case .type(let text): return text
    case .text(let text):
      guard let range = seen.firstRange(of: text) else { return nil }
      seen = String(seen[range.upperBound...])
    case .line(let text):
      guard let end = endOfLine(text) else { return nil }
      seen = String(seen[end...])
    case .prompt:
      guard isAtPrompt else { return nil }
      seen = ""
    case .keep(let words):
      guard isAtPrompt else { return nil }
      kept = (words, lines(beginningWith: words))
      seen = ""
    case .sameAsKept:
      guard isAtPrompt else { return nil }
      compare(lines(beginningWith: kept.words))
      seen = ""
    }
    return ""
  }

  private func lines(beginningWith words: [String]) -> [String] {
    seen.split(separator: "\n").map(String.init).filter { line in
      words.contains { line.hasPrefix($0) }
    }
  }

  private mutating func compare(_ lines: [String]) {
    if kept.lines.count != kept.words.count {
      failure = "only these lines were there to be kept: \(kept.lines)"
    } else if lines != kept.lines {
      failure = "it was \(kept.lines), and is \(lines)"
    }
  }

  /// The index behind the first whole line equal to `text`.
  private func endOfLine(_ text: String) -> String.Index? {
    var start = seen.startIndex
    while let newline = seen[start...].firstIndex(of: "\n") {
      if seen[start..<newline] == text { return seen.index(after: newline) }
      start = seen.index(after: newline)
    }
    return nil
  }

  private var isAtPrompt: Bool {
    let line = seen[(seen.lastIndex(of: "\n").map(seen.index(after:)) ?? seen.startIndex)...]
    return line.hasPrefix("mnos:") && line.hasSuffix("$ ")
  }

  private static func short(_ text: String) -> String {
    text.count > 60 ? "\(text.prefix(30))...\(text.suffix(20))" : text
  }
}
