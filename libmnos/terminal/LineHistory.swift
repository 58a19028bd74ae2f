/// The lines entered before, newest last.
public struct LineHistory: Sendable {
  /// Lines kept; the oldest goes first.
  public static var capacity: Int { 64 }

  private var lines: [[UInt8]] = []
  /// How many lines back the reader stands; 0 is the line being written.
  private var distance = 0
  /// The line being written, while an older one is shown.
  private var draft: [UInt8] = []

  public init() {}

  /// Keeps `line`, unless it is empty or the newest already.
  public mutating func add(_ line: [UInt8]) {
    distance = 0
    guard !line.isEmpty, lines.last != line else { return }
    if lines.count == Self.capacity { lines.removeFirst() }
    lines.append(line)
  }

  /// The line before the one shown, or nil at the oldest.
  public mutating func older(than shown: [UInt8]) -> [UInt8]? {
    guard distance < lines.count else { return nil }
    if distance == 0 { draft = shown }
    distance += 1
    return lines[lines.count - distance]
  }

  /// The line after the one shown, or nil at the newest.
  public mutating func newer() -> [UInt8]? {
    guard distance > 0 else { return nil }
    distance -= 1
    return distance == 0 ? draft : lines[lines.count - distance]
  }
}
