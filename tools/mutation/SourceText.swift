/// A Swift source as bytes and lines, with comments and strings blanked out beside it.
///
/// It knows brackets and lines and no grammar: enough to find conditions and statements in
/// code that is formatted as this project's is.
public struct SourceText: Sendable {
  let bytes: [UInt8]
  /// As `bytes`, with spaces for what is in comments and string literals.
  let code: [UInt8]
  /// Byte range of each line, without its end.
  let lines: [Range<Int>]

  public init(_ text: String) {
    bytes = Array(text.utf8)
    code = Self.blanked(bytes)
    var lines: [Range<Int>] = []
    var start = 0
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
      lines.append(start..<index)
      start = index + 1
    }
    if start < bytes.count { lines.append(start..<bytes.count) }
    self.lines = lines
  }

  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }
  func codeText(_ range: Range<Int>) -> String { String(decoding: code[range], as: UTF8.self) }

  /// A line without the spaces at its ends.
  func trimmedRange(ofLine line: Int) -> Range<Int> { trimmed(lines[line], of: bytes) }
  func trimmedText(ofLine line: Int) -> String { text(trimmedRange(ofLine: line)) }
  /// A line's code, without comments.
  func codeRange(ofLine line: Int) -> Range<Int> { trimmed(lines[line], of: code) }
  func trimmedCode(ofLine line: Int) -> String { codeText(codeRange(ofLine: line)) }

  /// The line that the byte at `offset` is on, from 0.
  func line(at offset: Int) -> Int {
    lines.lastIndex { $0.lowerBound <= offset } ?? 0
  }

  private func trimmed(_ range: Range<Int>, of bytes: [UInt8]) -> Range<Int> {
    var (start, end) = (range.lowerBound, range.upperBound)
    while start < end, bytes[start] == UInt8(ascii: " ") { start += 1 }
    while end > start, bytes[end - 1] == UInt8(ascii: " ") { end -= 1 }
    return start..<end
  }

  private static func blanked(_ bytes: [UInt8]) -> [UInt8] {
    var code = bytes
    var index = 0
    func has(_ text: StaticString, at offset: Int) -> Bool {
      let wanted = Array("\(text)".utf8)
      return offset + wanted.count <= bytes.count
        && bytes[offset..<offset + wanted.count].elementsEqual(wanted)
    }
    func blank(until end: Int) {
      while index < end {
        if code[index] != UInt8(ascii: "\n") { code[index] = UInt8(ascii: " ") }
        index += 1
      }
    }
    while index < bytes.count {
      if has("//", at: index) {
        blank(until: bytes[index...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count)
      } else if has("/*", at: index) {
        var end = index + 2
        while end < bytes.count, !has("*/", at: end) { end += 1 }
        blank(until: min(end + 2, bytes.count))
      } else if bytes[index] == UInt8(ascii: "\"") {
        var end = index + 1
        while end < bytes.count, bytes[end] != UInt8(ascii: "\""),
          bytes[end] != UInt8(ascii: "\n")
        {
          end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
        }
        // The quotation marks stay, so that a string is still an operand.
        index += 1
        blank(until: min(end, bytes.count))
        index = min(end + 1, bytes.count)
      } else {
        index += 1
      }
    }
    return code
  }
}
