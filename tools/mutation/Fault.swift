/// One place of the sources, changed for the worse.
public struct Fault: Sendable, Equatable {
  /// How the change is put beside the original.
  public enum Form: Sendable, Equatable {
    /// `(chosen ? (changed) : (original))`
    case expression
    /// `if chosen { changed } else { original }`
    case statements
  }

  /// Stable name: given in the list, or made of file, kind and text.
  public let name: String
  public let file: String
  /// Bytes of the file that are replaced.
  public let range: Range<Int>
  /// First line of `range`, from 1.
  public let line: Int
  public let form: Form
  public let original: String
  public let changed: String
  /// Kind of fault: `check`, `count`, `order`, `fence` and so on.
  public let kind: String
  /// What it breaks, in a sentence; nil for one that was made by rule.
  public let breaks: String?
  /// Why no test can tell it from the original; nil if one should.
  public var equivalent: String?

  /// The change in one line.
  public var summary: String {
    let change = changed.isEmpty ? "nothing" : Self.oneLine(changed)
    return "\(file):\(line): \(Self.oneLine(original)) -> \(change)"
  }

  /// `text` without line ends and runs of spaces.
  static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}
