import Libmnos

/// What Tab may add to a line.
enum Completion: Equatable {
  case nothing
  /// The one thing that fits, or what all that fit begin with.
  case insert([UInt8])
  /// Several fit, and nothing can be added.
  case choose([[UInt8]])
}

extension Shell {
  /// What could follow `text`, the line up to the cursor.
  func complete(_ text: [UInt8]) -> Completion {
    let start = text.lastIndex { Self.partsWords($0) }.map { $0 + 1 } ?? 0
    let word = Array(text[start...])
    let isCommand =
      !text[..<start].contains { !Self.isBlank($0) }
      || Self.isCommandStart(text[..<start])
    return isCommand ? completeCommand(word) : completePath(word)
  }

  private func completeCommand(_ word: [UInt8]) -> Completion {
    let names = ShellCommand.all.map { Text.bytes($0.name) }.filter { $0.starts(with: word) }
    return Self.completion(
      of: word, among: names.map { $0 + [UInt8(ascii: " ")] }.sorted { Text.precedes($0, $1) })
  }

  private func completePath(_ word: [UInt8]) -> Completion {
    let slash = UInt8(ascii: "/")
    let end = word.lastIndex(of: slash).map { $0 + 1 } ?? 0
    let folder = end == 0 ? Text.bytes(".") : Array(word[..<end])
    guard let path = try? path(folder), let entries = try? system.list(path) else {
      return .nothing
    }
    let prefix = Array(word[end...])
    var names: [[UInt8]] = []
    for entry in entries where entry.name.starts(with: prefix) {
      names.append(entry.name + [entry.status.kind == .directory ? slash : UInt8(ascii: " ")])
    }
    return Self.completion(of: prefix, among: names.sorted { Text.precedes($0, $1) })
  }

  private static func completion(of prefix: [UInt8], among names: [[UInt8]]) -> Completion {
    guard var common = names.first else { return .nothing }
    for name in names.dropFirst() {
      var count = 0
      while count < min(common.count, name.count), common[count] == name[count] { count += 1 }
      common.removeLast(common.count - count)
    }
    // Half a character is no use to a line of text.
    while let last = common.last, last >= 0x80, names.count > 1 { common.removeLast() }
    guard common.count > prefix.count else { return .choose(names) }
    return .insert(Array(common[prefix.count...]))
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
  }

  private static func partsWords(_ byte: UInt8) -> Bool {
    isBlank(byte) || byte == UInt8(ascii: ">") || partsCommands(byte)
  }

  private static func partsCommands(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ";") || byte == UInt8(ascii: "&") || byte == UInt8(ascii: "|")
  }

  /// Whether `text` ends where a command begins: behind what parts commands.
  private static func isCommandStart(_ text: ArraySlice<UInt8>) -> Bool {
    guard let last = text.last(where: { !isBlank($0) }) else { return false }
    return partsCommands(last)
  }
}
