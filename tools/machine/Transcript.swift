/// Splits the bytes of a serial line into text lines, and watches for the lines that mean the end.
public struct Transcript: Sendable {
  /// Complete lines, without line ends and terminal control sequences.
  public private(set) var lines: [String] = []
  /// What came after the last line end.
  public private(set) var current = ""

  private var filter = ControlSequenceFilter()
  private var pending: [UInt8] = []

  public init() {}

  /// Adds what the machine sent.
  ///
  /// - Returns: The lines that this completed.
  @discardableResult
  public mutating func receive(_ bytes: [UInt8]) -> [String] {
    let before = lines.count
    for byte in bytes {
      guard let kept = filter.keep(byte) else { continue }
      if kept == UInt8(ascii: "\n") {
        append(String(decoding: pending, as: UTF8.self))
        pending = []
      } else if kept != UInt8(ascii: "\r") {
        pending.append(kept)
      }
    }
    current = String(decoding: pending, as: UTF8.self)
    return Array(lines[before...])
  }

  /// Whether the kernel has stopped itself.
  public var hasPanic: Bool { panicIndex != nil }

  /// Whether firmware or loader gave up on the image: the firmware's own command line, its report
  /// of an exception, or Limine's last words.
  public private(set) var hasNothingToBoot = false

  /// The kernel's last words: the panic line and all after it.
  public var panicReport: [String] {
    guard let panicIndex else { return [] }
    return Array(lines[panicIndex...])
  }

  private var panicIndex: Int?

  private static let signsOfGivingUp = [
    "UEFI Interactive Shell", "!!!! X64 Exception", "PANIC: ", "No bootable device",
  ]

  /// Takes in a line; each is looked at once, since a transcript may be long.
  private mutating func append(_ line: String) {
    if panicIndex == nil, line.hasPrefix("kernel panic:") { panicIndex = lines.count }
    if Self.signsOfGivingUp.contains(where: line.contains) { hasNothingToBoot = true }
    lines.append(line)
  }
}

/// Drops terminal control sequences (ECMA-48 CSI and two-byte escapes) from a stream of bytes.
struct ControlSequenceFilter: Sendable {
  private enum State { case text, escape, sequence }
  private var state = State.text

  /// - Returns: `byte` if it is text.
  mutating func keep(_ byte: UInt8) -> UInt8? {
    switch state {
    case .text:
      if byte == 0x1b {
        state = .escape
        return nil
      }
      return byte
    case .escape:
      state = byte == UInt8(ascii: "[") ? .sequence : .text
      return nil
    case .sequence:
      // A byte from 0x40 to 0x7e ends the sequence. Source: ECMA-48 §5.4.
      if (0x40...0x7e).contains(byte) { state = .text }
      return nil
    }
  }
}
