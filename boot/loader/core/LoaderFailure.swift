/// Why booting cannot go on, in words for the person at the screen.
///
/// Printed as `<file>: line N: <problem> (<value>); <advice>`, whatever is known of it.
public struct LoaderFailure: Error, Equatable {
  /// What is wrong.
  public let problem: StaticText
  /// What to do about it; may be empty.
  public let advice: StaticText
  /// A figure that belongs to the problem.
  public let value: UInt64?
  /// Line of the configuration, from 1.
  public var line: Int?
  /// The file it is about, if the one who found it knew.
  public var file: BootPath?

  public init(_ problem: StaticString, _ advice: StaticString = "", value: UInt64? = nil) {
    self.problem = StaticText(problem)
    self.advice = StaticText(advice)
    self.value = value
  }

  /// The same failure, about `file` unless it already names one.
  public func about(_ file: BootPath) -> LoaderFailure {
    var copy = self
    if copy.file == nil { copy.file = file }
    return copy
  }

  /// The same failure, found on `line`.
  public func on(line: Int) -> LoaderFailure {
    var copy = self
    copy.line = line
    return copy
  }
}

/// A constant text that compares by its bytes.
public struct StaticText: Equatable, Sendable {
  public let text: StaticString

  public init(_ text: StaticString) { self.text = text }

  public var count: Int { text.utf8CodeUnitCount }

  public subscript(index: Int) -> UInt8 {
    guard text.hasPointerRepresentation, index >= 0, index < count else { return 0 }
    // SAFETY: a constant with a pointer, and the index is inside it.
    return unsafe text.utf8Start[index]
  }

  public static func == (left: StaticText, right: StaticText) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<left.count where left[index] != right[index] { return false }
    return true
  }
}
