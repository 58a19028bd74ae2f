import UnicodeTables

/// Writes tables that `ScalarTable` and `CompositionTable` read.
enum ScalarTableBuilder {
  /// Scalars, surrogates included: all that a function can be asked about.
  static let scalars: Range<UInt32> = 0..<0x11_0000

  /// The table of `answers`, one for each of `scalars`.
  ///
  /// - Parameters:
  ///   - texts: What numbers refer to, by their offset from the start of the table's texts.
  ///   - base: Called with that start, and says what an answer becomes.
  static func table(
    _ answers: [UInt64], texts: [UInt8] = [],
    rebased: (UInt64, UInt64) -> UInt64 = { old, _ in old }
  ) -> [UInt8] {
    let parts = Parts(answers)
    let header = ScalarTable.Header.firstPart
    let second = header + 2 * parts.first.count
    let third = second + 2 * parts.second.count
    let placeWidth = parts.numbers.count <= 256 ? 1 : 2
    let numbers = (third + placeWidth * parts.third.count + 7) / 8 * 8
    let byteCountBound = UInt64(numbers + 8 * parts.numbers.count)
    // Offsets grow by the size of what lies before the texts, at most by this much.
    let largest = parts.numbers.map { rebased($0, byteCountBound) }.max() ?? 0
    let width = largest < 1 << 8 ? 1 : largest < 1 << 16 ? 2 : largest < 1 << 32 ? 4 : 8
    let textStart = (numbers + width * parts.numbers.count + 7) / 8 * 8
    var bytes: [UInt8] = []
    append(UInt64(parts.limit), 4, to: &bytes)
    append(UInt64(width | placeWidth << 8), 4, to: &bytes)
    for offset in [second, third, numbers, textStart] { append(UInt64(offset), 4, to: &bytes) }
    for index in parts.first + parts.second { append(UInt64(index), 2, to: &bytes) }
    for index in parts.third { append(UInt64(index), placeWidth, to: &bytes) }
    pad(&bytes, to: numbers)
    for number in parts.numbers {
      append(rebased(number, UInt64(textStart)), width, to: &bytes)
    }
    pad(&bytes, to: textStart)
    return bytes + texts
  }

  /// A table whose numbers refer to byte strings; nil is none.
  static func table(texts answers: [[UInt8]?]) -> [UInt8] {
    var texts: [UInt8] = []
    var places: [[UInt8]: UInt64] = [:]
    let numbers = answers.map { answer -> UInt64 in
      guard let answer else { return 0 }
      if let place = places[answer] { return place }
      // One more than the offset, so that the first text is not 0.
      let place = UInt64(texts.count + 1) << 8 | UInt64(answer.count)
      places[answer] = place
      texts += answer
      return place
    }
    return table(numbers, texts: texts) { $0 == 0 ? 0 : $0 + ($1 - 1) << 8 }
  }

  /// A table whose numbers refer to lists of words, for names; empty is none.
  static func table(names answers: [[UInt8]]) -> [UInt8] {
    var words = WordList()
    var lists: [UInt8] = []
    var places: [[UInt16]: UInt64] = [:]
    let numbers = answers.map { name -> UInt64 in
      guard !name.isEmpty else { return 0 }
      let list = words.indices(of: name)
      if let place = places[list] { return place }
      let place = UInt64(lists.count + 1) << 8 | UInt64(list.count)
      places[list] = place
      for index in list { append(UInt64(index), 2, to: &lists) }
      return place
    }
    // Texts begin with the list of words, whose entries refer to what follows the lists.
    let listStart = 4 * words.all.count
    let parts = table(numbers, texts: []) { $0 == 0 ? 0 : $0 + ($1 + UInt64(listStart) - 1) << 8 }
    var bytes = parts
    var place = parts.count + listStart + lists.count
    for word in words.all {
      append(UInt64(place) << 8 | UInt64(word.count), 4, to: &bytes)
      place += word.count
    }
    return bytes + lists + words.all.flatMap { $0 }
  }

  /// The table of pairs that compose.
  static func table(
    compositions pairs: [(first: UInt32, second: UInt32, composed: UInt32)]
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    append(UInt64(pairs.count), 8, to: &bytes)
    let words = pairs.map { UInt64($0.first) << 42 | UInt64($0.second) << 21 | UInt64($0.composed) }
    for word in words.sorted() { append(word, 8, to: &bytes) }
    return bytes
  }

  private static func append(_ number: UInt64, _ byteCount: Int, to bytes: inout [UInt8]) {
    for shift in 0..<byteCount { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * shift))) }
  }

  private static func pad(_ bytes: inout [UInt8], to count: Int) {
    bytes += [UInt8](repeating: 0, count: count - bytes.count)
  }
}

/// The three parts of a table, with equal blocks kept once.
private struct Parts {
  private(set) var limit = 0
  private(set) var numbers: [UInt64] = []
  private(set) var first: [UInt16] = []
  private(set) var second: [UInt16] = []
  private(set) var third: [UInt16] = []

  init(_ answers: [UInt64]) {
    let last = answers.last ?? 0
    let blockSize = 1 << Int(ScalarTable.lowBitCount + ScalarTable.middleBitCount)
    let used = (answers.lastIndex { $0 != last } ?? -1) + 1
    limit = (used + blockSize - 1) / blockSize * blockSize
    numbers = [last]
    let places = places(of: answers.prefix(limit), last)
    let lows = Self.blocks(places, of: 1 << Int(ScalarTable.lowBitCount), into: &third)
    first = Self.blocks(lows, of: 1 << Int(ScalarTable.middleBitCount), into: &second)
  }

  /// The places of `answers` among the numbers, filling those up to whole blocks.
  private mutating func places(of answers: ArraySlice<UInt64>, _ last: UInt64) -> [UInt16] {
    var known: [UInt64: UInt16] = [last: 0]
    var places: [UInt16] = []
    places.reserveCapacity(limit)
    var previous = (number: last, place: UInt16(0))
    for number in answers {
      if number != previous.number {
        let place = known[number] ?? UInt16(numbers.count)
        if known.updateValue(place, forKey: number) == nil { numbers.append(number) }
        previous = (number, place)
      }
      places.append(previous.place)
    }
    places += [UInt16](repeating: 0, count: limit - places.count)
    return places
  }

  /// Cuts `indices` into blocks, adds each that is new to `list`, and returns their numbers.
  private static func blocks(
    _ indices: [UInt16], of size: Int, into list: inout [UInt16]
  ) -> [UInt16] {
    var known: [ArraySlice<UInt16>: UInt16] = [:]
    return stride(from: 0, to: indices.count, by: size).map { start in
      let block = indices[start..<start + size]
      if let number = known[block] { return number }
      let number = UInt16(list.count / size)
      known[block] = number
      list += block
      return number
    }
  }
}

/// The words of names, each with the space or hyphen behind it.
private struct WordList {
  private(set) var all: [[UInt8]] = []
  private var known: [ArraySlice<UInt8>: UInt16] = [:]

  mutating func indices(of name: [UInt8]) -> [UInt16] {
    var indices: [UInt16] = []
    var start = 0
    for (position, byte) in name.enumerated()
    where byte == UInt8(ascii: " ") || byte == UInt8(ascii: "-") || position == name.count - 1 {
      indices.append(index(of: name[start...position]))
      start = position + 1
    }
    return indices
  }

  private mutating func index(of word: ArraySlice<UInt8>) -> UInt16 {
    if let index = known[word] { return index }
    let index = UInt16(all.count)
    known[word] = index
    all.append(Array(word))
    return index
  }
}
