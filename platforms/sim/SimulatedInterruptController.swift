/// The interrupt controller of a simulated machine: level lines, each also pulsed at will.
public struct SimulatedInterruptController: Sendable {
  /// What the controller knows of one line.
  public struct Line: Equatable, Sendable {
    public fileprivate(set) var isEnabled = false
    /// The device asserts the line.
    public fileprivate(set) var isUp = false
    /// An edge came that was not reported yet.
    public fileprivate(set) var isLatched = false
    /// Reported to the kernel, which has not accepted it yet.
    public fileprivate(set) var isClaimed = false
    /// Times that it was reported.
    public fileprivate(set) var deliveryCount = 0
    /// Whether it would interrupt now.
    public var isPending: Bool { isEnabled && !isClaimed && (isUp || isLatched) }
  }

  public private(set) var lines: [Line]
  /// Lines that user code may not have.
  public let reservedLines: Set<UInt32>

  init(lineCount: UInt32, reservedLines: Set<UInt32>) {
    lines = Array(repeating: Line(), count: Int(lineCount))
    self.reservedLines = reservedLines
  }

  func isAvailable(_ line: UInt32) -> Bool {
    line < UInt32(lines.count) && !reservedLines.contains(line)
  }

  mutating func enable(_ line: UInt32, _ isEnabled: Bool) {
    lines[Int(line)].isEnabled = isEnabled
  }

  /// - Returns: Whether the line was claimed.
  mutating func accept(_ line: UInt32) -> Bool {
    let wasClaimed = lines[Int(line)].isClaimed
    lines[Int(line)].isClaimed = false
    lines[Int(line)].isEnabled = false
    return wasClaimed
  }

  /// The device asserts its line, or lets go of it.
  mutating func setLevel(_ line: UInt32, isUp: Bool) { lines[Int(line)].isUp = isUp }

  /// The device sends an edge.
  mutating func pulse(_ line: UInt32) { lines[Int(line)].isLatched = true }

  /// Reports the lowest line that is pending, and claims it.
  mutating func claim() -> UInt32? {
    guard let index = lines.firstIndex(where: \.isPending) else { return nil }
    lines[index].isClaimed = true
    lines[index].isLatched = false
    lines[index].deliveryCount += 1
    return UInt32(index)
  }

  var claimedLine: UInt32? { lines.firstIndex(where: \.isClaimed).map(UInt32.init) }
}
