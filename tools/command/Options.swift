import ToolSupport

/// The options of one command line, checked against what the command takes.
struct Options {
  /// What a command accepts.
  struct Grammar {
    /// Options that stand alone.
    var flags: Set<String> = []
    /// Options that a value follows.
    var values: Set<String> = []
    /// Options that a later version will take, with what they will be.
    var later: [String: String] = [:]
    /// How many words without a dash may be there.
    var wordLimit = 0
    /// Whether `--` and anything behind it are passed on.
    var passesOn = false
  }

  private var flags: Set<String> = []
  private var values: [String: [String]] = [:]
  /// Words without a dash.
  private(set) var words: [String] = []
  /// What stands behind `--`.
  private(set) var rest: [String] = []

  init(_ arguments: some Collection<String>, grammar: Grammar) throws(ToolFailure) {
    var remaining = Array(arguments)[...]
    while let argument = remaining.popFirst() {
      if argument == "--", grammar.passesOn {
        rest = Array(remaining)
        return
      }
      if argument.hasPrefix("-") {
        try read(argument, &remaining, grammar)
      } else if words.count < grammar.wordLimit {
        words.append(argument)
      } else {
        throw .usage("unexpected '\(argument)'")
      }
    }
  }

  private mutating func read(
    _ argument: String, _ remaining: inout ArraySlice<String>, _ grammar: Grammar
  ) throws(ToolFailure) {
    let parts = argument.split(
      separator: "=", maxSplits: 1, omittingEmptySubsequences: false
    ).map(String.init)
    let name = parts[0]
    if let later = grammar.later[name] {
      throw ToolFailure("\(name) is not available yet: \(later)")
    }
    if grammar.values.contains(name) {
      guard let value = parts.count > 1 ? parts[1] : remaining.popFirst() else {
        throw .usage("\(name) needs a value")
      }
      values[name, default: []].append(value)
    } else if grammar.flags.contains(name), parts.count == 1 {
      flags.insert(name)
    } else {
      throw .usage("unknown option '\(argument)'")
    }
  }

  func has(_ flag: String) -> Bool { flags.contains(flag) }

  /// The last value given for an option.
  func value(_ name: String) -> String? { values[name]?.last }

  /// Every value given for an option.
  func all(_ name: String) -> [String] { values[name] ?? [] }

  /// The value of an option as a number of at least 1.
  func count(_ name: String) throws(ToolFailure) -> Int? {
    guard let text = value(name) else { return nil }
    guard let number = Int(text), number >= 1 else {
      throw .usage("\(name) takes a number of at least 1, not '\(text)'")
    }
    return number
  }

  /// The value of an option that must be one of `choices`.
  func choice(_ name: String, of choices: [String]) throws(ToolFailure) -> String? {
    guard let text = value(name) else { return nil }
    guard choices.contains(text) else {
      throw .usage("\(name) takes \(choices.joined(separator: " or ")), not '\(text)'")
    }
    return text
  }
}
