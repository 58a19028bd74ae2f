/// Showing the line on one row of the terminal.
///
/// Source: ECMA-48 §8.3.20 (CUF), §8.3.41 (EL).
extension LineEditor {
  /// Makes the row show the line as it is; does nothing if it does.
  public mutating func refresh(showing output: inout [UInt8]) {
    guard isStale else { return }
    isStale = false
    let window = window()
    output.append(0x0d)
    output.append(contentsOf: prompt)
    output.append(contentsOf: line[window])
    output.append(contentsOf: "\u{1b}[K\r".utf8)
    let column = prompt.count + characters(in: window.lowerBound..<cursor)
    guard column > 0 else { return }
    output.append(contentsOf: "\u{1b}[".utf8)
    Self.appendDecimal(column, to: &output)
    output.append(UInt8(ascii: "C"))
  }

  /// Whether prompt, line and cursor stand on one row.
  var fitsOnRow: Bool {
    // Continuation bytes are counted too: at worst the row is drawn once more.
    prompt.count + line.count < columns
  }

  /// The part of the line to show: ends at the cursor or later, and leaves it a column.
  private func window() -> Range<Int> {
    let room = max(columns - prompt.count - 1, 8)
    var start = cursor
    var width = 0
    while start > 0, width < room {
      start -= 1
      if !Self.isContinuation(line[start]) { width += 1 }
    }
    // A character whose first byte is outside would be half shown.
    while start < cursor, Self.isContinuation(line[start]) { start += 1 }
    var end = cursor
    while end < line.count {
      if !Self.isContinuation(line[end]) {
        guard width < room else { break }
        width += 1
      }
      end += 1
    }
    return start..<end
  }

  private func characters(in range: Range<Int>) -> Int {
    var count = 0
    for index in range where !Self.isContinuation(line[index]) { count += 1 }
    return count
  }

  private static func appendDecimal(_ value: Int, to output: inout [UInt8]) {
    if value >= 10 { appendDecimal(value / 10, to: &output) }
    output.append(UInt8(ascii: "0") + UInt8(value % 10))
  }
}
