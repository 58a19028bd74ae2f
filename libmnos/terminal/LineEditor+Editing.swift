/// Moving in the line and taking parts of it away.
extension LineEditor {
  mutating func edit(_ key: Key, showing output: inout [UInt8]) {
    switch key {
    case .backspace: removeBackward(showing: &output)
    case .delete: removeForward(showing: &output)
    case .left: move(to: before(cursor), showing: &output)
    case .right: move(to: after(cursor), showing: &output)
    case .home: move(to: 0, showing: &output)
    case .end: move(to: line.count, showing: &output)
    case .wordLeft: move(to: wordStart(before: cursor), showing: &output)
    case .wordRight: move(to: wordEnd(after: cursor), showing: &output)
    case .killToStart: remove(0..<cursor)
    case .killToEnd: remove(cursor..<line.count)
    case .killWord: remove(blankDelimitedStart(before: cursor)..<cursor)
    case .up: recall(history.older(than: line), showing: &output)
    case .down: recall(history.newer(), showing: &output)
    default: break
    }
  }

  mutating func removeForward(showing output: inout [UInt8]) {
    guard cursor < line.count else { return output.append(Self.bell) }
    remove(cursor..<after(cursor))
  }

  private mutating func removeBackward(showing output: inout [UInt8]) {
    guard cursor > 0 else { return output.append(Self.bell) }
    remove(before(cursor)..<cursor)
  }

  private mutating func remove(_ range: Range<Int>) {
    line.removeSubrange(range)
    cursor = range.lowerBound
    isStale = true
  }

  private mutating func move(to place: Int, showing output: inout [UInt8]) {
    guard place != cursor else { return output.append(Self.bell) }
    cursor = place
    isStale = true
  }

  private mutating func recall(_ recalled: [UInt8]?, showing output: inout [UInt8]) {
    guard let recalled else { return output.append(Self.bell) }
    line = recalled
    cursor = line.count
    isStale = true
  }

  /// The start of the character that ends before `place`.
  private func before(_ place: Int) -> Int {
    var place = place
    while place > 0 {
      place -= 1
      if !Self.isContinuation(line[place]) { break }
    }
    return place
  }

  /// The start of the character after the one at `place`.
  private func after(_ place: Int) -> Int {
    var place = place
    while place < line.count {
      place += 1
      if place == line.count || !Self.isContinuation(line[place]) { break }
    }
    return place
  }

  private func wordStart(before place: Int) -> Int {
    var place = place
    while place > 0, !Self.isWord(line[place - 1]) { place -= 1 }
    while place > 0, Self.isWord(line[place - 1]) { place -= 1 }
    return place
  }

  private func wordEnd(after place: Int) -> Int {
    var place = place
    while place < line.count, !Self.isWord(line[place]) { place += 1 }
    while place < line.count, Self.isWord(line[place]) { place += 1 }
    return place
  }

  private func blankDelimitedStart(before place: Int) -> Int {
    var place = place
    while place > 0, line[place - 1] == UInt8(ascii: " ") { place -= 1 }
    while place > 0, line[place - 1] != UInt8(ascii: " ") { place -= 1 }
    return place
  }

  /// Letters, digits and everything beyond ASCII.
  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x80...0xff: true
    default: false
    }
  }

  static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xc0 == 0x80 }
}
