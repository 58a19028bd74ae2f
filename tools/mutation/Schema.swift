import ToolSupport

/// A source with all its faults in it, of which none or one takes effect when it runs.
///
/// The compiler's messages are led back to faults by the columns of what was written.
public struct Schema {
  /// The name of the function that says which fault is chosen.
  static let question = "faultIsChosen"

  /// What a stretch of the written text is.
  private struct Region {
    let range: Range<Int>
    /// Numbers of the faults that stand or fall with it.
    let faults: [Int]
  }

  public private(set) var text = ""
  private var regions: [Region] = []
  private var length = 0
  private let source: SourceText

  /// - Parameter faults: Those of this file, by their numbers. Ranges are nested, equal or
  ///   apart: what overlaps in part must have been refused.
  public init(_ text: String, _ faults: [(number: Int, fault: Fault)]) {
    source = SourceText(text)
    let all = faults.sorted {
      ($0.fault.range.lowerBound, $1.fault.range.upperBound, $0.number)
        < ($1.fault.range.lowerBound, $0.fault.range.upperBound, $1.number)
    }
    write("import FaultSwitch; ")
    rewrite(0..<source.bytes.count, all[...])
  }

  /// Those of `faults` that overlap an earlier one in part, so that they cannot both be planted.
  public static func crossing(_ faults: [Fault]) -> [Fault] {
    var kept: [Fault] = []
    var crossing: [Fault] = []
    for fault in faults {
      let isCrossed = kept.contains { other in
        let (a, b) = (other.range, fault.range)
        guard a.overlaps(b) else { return false }
        if a == b { return other.form != fault.form }
        return !(a.lowerBound <= b.lowerBound && b.upperBound <= a.upperBound)
          && !(b.lowerBound <= a.lowerBound && a.upperBound <= b.upperBound)
      }
      if isCrossed { crossing.append(fault) } else { kept.append(fault) }
    }
    return crossing
  }

  private mutating func rewrite(
    _ range: Range<Int>, _ faults: ArraySlice<(number: Int, fault: Fault)>
  ) {
    var position = range.lowerBound
    var rest = faults
    while let first = rest.first {
      let site = first.fault.range
      write(source.text(position..<site.lowerBound))
      let here = rest.prefix { $0.fault.range == site }
      rest = rest.dropFirst(here.count)
      let inner = rest.prefix { $0.fault.range.lowerBound < site.upperBound }
      rest = rest.dropFirst(inner.count)
      writeSite(site, here, inner)
      position = site.upperBound
    }
    write(source.text(position..<range.upperBound))
  }

  private mutating func writeSite(
    _ site: Range<Int>, _ here: ArraySlice<(number: Int, fault: Fault)>,
    _ inner: ArraySlice<(number: Int, fault: Fault)>
  ) {
    let start = length
    let isExpression = here.first?.fault.form == .expression
    if isExpression { write("(") }
    for (number, fault) in here {
      let asked = "\(Self.question)(\(number))"
      write(isExpression ? "\(asked) ? (" : "if \(asked) { ")
      let inside = length
      write(fault.changed)
      regions.append(Region(range: inside..<length, faults: [number]))
      write(isExpression ? ") : " : "\n} else ")
    }
    write(isExpression ? "(" : "{ ")
    rewrite(site, inner)
    write(isExpression ? "))" : "\n}")
    regions.append(Region(range: start..<length, faults: here.map(\.number)))
  }

  private mutating func write(_ part: String) {
    text += part
    length += part.utf8.count
  }

  /// The faults that a message about a place of the written text speaks of; the nearest before
  /// it if it is in none.
  ///
  /// - Parameters:
  ///   - line: From 1.
  ///   - column: From 1, in bytes.
  public func faults(atLine line: Int, column: Int) -> [Int] {
    let written = SourceText(text)
    guard line >= 1, line <= written.lines.count else { return [] }
    let offset = written.lines[line - 1].lowerBound + column - 1
    let around = regions.filter { $0.range.lowerBound <= offset && offset <= $0.range.upperBound }
    if let smallest = around.min(by: { $0.range.count < $1.range.count }) {
      return smallest.faults
    }
    let before = regions.filter { $0.range.upperBound <= offset }
    return before.max { $0.range.upperBound < $1.range.upperBound }?.faults ?? []
  }
}
