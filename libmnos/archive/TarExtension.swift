/// What extended headers said about the entry that follows them.
///
/// Source: POSIX.1-2017, pax, "pax Extended Header"; GNU tar manual, "Extensions".
struct TarExtension {
  private(set) var name: TarName?
  private(set) var byteCount: Int?
  /// Whether a header of this kind was met; a second one for the same entry is refused.
  private var isFromPax = false
  private var isFromGNU = false

  var isEmpty: Bool { !isFromPax && !isFromGNU }

  /// Takes the long name in the data of a GNU `L` entry.
  mutating func addLongName(_ header: TarHeader, in archive: Span<UInt8>) throws(TarProblem) {
    guard isEmpty else { throw .badExtension }
    let data = header.dataOffset..<header.dataOffset + header.byteCount
    guard header.byteCount <= TarName.maximumByteCount + 2 else { throw .nameTooLong }
    guard header.byteCount > 1, archive[data.upperBound - 1] == 0 else { throw .badExtension }
    name = TarName(prefix: 0..<0, rest: data.lowerBound..<data.upperBound - 1)
    isFromGNU = true
  }

  /// Reads the records of a pax `x` entry.
  mutating func addRecords(_ header: TarHeader, in archive: Span<UInt8>) throws(TarProblem) {
    guard isEmpty else { throw .badExtension }
    isFromPax = true
    try forEachRecord(of: header, in: archive)
  }

  /// Checks the records of a pax `g` entry, which must not speak of names and sizes.
  static func checkGlobal(_ header: TarHeader, in archive: Span<UInt8>) throws(TarProblem) {
    var global = TarExtension()
    try global.addRecords(header, in: archive)
    guard global.name == nil, global.byteCount == nil else { throw .badExtension }
  }

  /// A record is `LENGTH KEY=VALUE\n`, its length in decimal and counting itself.
  private mutating func forEachRecord(
    of header: TarHeader, in archive: Span<UInt8>
  ) throws(TarProblem) {
    var start = header.dataOffset
    let end = start + header.byteCount
    while start < end {
      var index = start
      guard let length = Self.decimal(&index, until: end, in: archive),
        length > index - start, length <= end - start,
        archive[index] == UInt8(ascii: " "),
        archive[start + length - 1] == UInt8(ascii: "\n")
      else { throw .badExtension }
      let record = index + 1..<max(index + 1, start + length - 1)
      guard let equals = Self.firstEquals(in: record, of: archive) else { throw .badExtension }
      try take(record.lowerBound..<equals, value: equals + 1..<record.upperBound, in: archive)
      start += length
    }
  }

  private mutating func take(
    _ key: Range<Int>, value: Range<Int>, in archive: Span<UInt8>
  ) throws(TarProblem) {
    if Self.matches(key, "path", in: archive) {
      guard !value.isEmpty, name == nil else { throw .badExtension }
      name = TarName(prefix: 0..<0, rest: value)
    } else if Self.matches(key, "size", in: archive) {
      var index = value.lowerBound
      guard byteCount == nil,
        let count = Self.decimal(&index, until: value.upperBound, in: archive),
        index == value.upperBound
      else { throw .badExtension }
      byteCount = count
    } else if Self.matches(key, "linkpath", in: archive)
      || archive.matches("GNU.sparse.", at: key.lowerBound)
    {
      throw .unsupportedKind
    }
  }

  private static func matches(
    _ range: Range<Int>, _ text: String, in archive: Span<UInt8>
  ) -> Bool {
    range.count == text.utf8.count && archive.matches(text, at: range.lowerBound)
  }

  private static func firstEquals(in record: Range<Int>, of archive: Span<UInt8>) -> Int? {
    for index in record where archive[index] == UInt8(ascii: "=") {
      return index > record.lowerBound ? index : nil
    }
    return nil
  }

  /// Reads digits from `index` on; nil if there are none or they do not fit.
  private static func decimal(
    _ index: inout Int, until end: Int, in archive: Span<UInt8>
  ) -> Int? {
    let first = index
    var value = 0
    while index < end, (0x30...0x39).contains(archive[index]) {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) = product.addingReportingOverflow(Int(archive[index] - 0x30))
      guard !overflow, !carry else { return nil }
      value = sum
      index += 1
    }
    return index > first && index < archive.count ? value : nil
  }
}

extension TarProblem: Error {}
