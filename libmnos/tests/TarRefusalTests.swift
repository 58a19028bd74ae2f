import Testing

@testable import Libmnos

/// Archives made by hand, each wrong in one way. A good file `before` stands in front of
/// the bad entry, and `after` behind it must never appear.
@Suite struct TarRefusalTests {
  @Test func goodArchiveOfTheseBlocksIsRead() throws {
    let archive = TarBlock.archive([TarBlock.file("middle", [1, 2])])

    #expect(try TarArchive.check(archive.span) == 3)
  }

  @Test(arguments: [0, 1, 511]) func ldr011ShortArchiveIsRefused(byteCount: Int) {
    let archive = [UInt8](repeating: 0, count: byteCount)

    expect(archive, is: .truncated)
  }

  @Test func ldr011OneZeroBlockIsNoEnd() {
    expect([UInt8](repeating: 0, count: 512), is: .truncated)
  }

  @Test func ldr011MissingEndBlocksAreRefused() {
    expect(TarBlock.file("a", [1]), is: .truncated)
  }

  @Test func ldr011TruncatedLastBlockIsRefused() {
    let archive = TarBlock.file("a", [1, 2, 3])

    expect(Array(archive.dropLast(1)), is: .truncated)
    expect(Array(archive.prefix(512)), is: .truncated)
  }

  @Test func ldr011WrongChecksumIsRefused() {
    var archive = TarBlock.archive([])
    archive[0] ^= 1

    expect(archive, is: .badChecksum)
  }

  @Test func ldr011SignedChecksumIsRefused() {
    var block = TarBlock.file("caf\u{e9}", [])
    let signed = TarBlock.sum(block, at: 0) { Int(Int8(bitPattern: $0)) }
    TarBlock.put(TarBlock.octal(signed, 6) + [0, 0x20], into: &block, at: 148)

    expectRefused(block, as: .badChecksum)
  }

  @Test func foreignMagicIsRefused() {
    var block = TarBlock.file("a", [])
    TarBlock.put(Array("ustaz".utf8), into: &block, at: 257)
    TarBlock.seal(&block)

    expectRefused(block, as: .notUstar)
  }

  @Test(
    arguments: [
      "           \0", "-0000000001\0", "+0000000001\0", "0000000008\0", "0x000000001\0",
      "000 0000001\0", "\0\0\0\0\0\0\0\0\0\0\0\0",
    ])
  func ldr011SizeThatIsNotOctalIsRefused(field: String) {
    var block = TarBlock.file("a", [])
    TarBlock.put(Array(field.utf8), into: &block, at: 124)
    TarBlock.seal(&block)

    expectRefused(block, as: .badNumber)
  }

  @Test(arguments: [[0x80, 1], [0xff, 0xff], [0xbf, 0xff]] as [[UInt8]])
  func ldr011Base256SizeIsRefused(start: [UInt8]) {
    var block = TarBlock.file("a", [])
    TarBlock.put(start + [UInt8](repeating: start[1], count: 10), into: &block, at: 124)
    TarBlock.seal(&block)

    expectRefused(block, as: .badNumber)
  }

  /// Mode, owner, group and time.
  private static let otherNumbers = [100..<108, 108..<116, 116..<124, 136..<148]

  @Test(
    arguments: otherNumbers, ["rubbish\0", "-000001\0", "0000008\0", "\0000001\0", "00 0001\0"])
  func garbledFieldIsRefused(field: Range<Int>, text: String) {
    var block = TarBlock.file("a", [])
    TarBlock.put([UInt8](repeating: 0, count: field.count), into: &block, at: field.lowerBound)
    TarBlock.put(Array(text.utf8), into: &block, at: field.lowerBound)
    TarBlock.seal(&block)

    expectRefused(block, as: .badNumber)
  }

  @Test(
    arguments: otherNumbers,
    [
      [UInt8](repeating: 0, count: 8), Array("        ".utf8), Array("    644 ".utf8),
      [0x80, 0, 0, 0, 0, 0x7f, 0xff, 0xff], [UInt8](repeating: 0xff, count: 8),
    ])
  func fieldOfAnotherWriterIsRead(field: Range<Int>, bytes: [UInt8]) throws {
    var block = TarBlock.file("a", [])
    let rest = [UInt8](repeating: bytes[7], count: field.count - 8)
    TarBlock.put(bytes + rest, into: &block, at: field.lowerBound)
    TarBlock.seal(&block)

    #expect(try TarArchive.check(TarBlock.archive([block]).span) == 3)
  }

  private func gnuFile(_ bytes: [UInt8], at offset: Int) -> [UInt8] {
    var block = TarBlock.file("a", [])
    TarBlock.put(Array("ustar  \0".utf8), into: &block, at: 257)
    TarBlock.put(bytes, into: &block, at: offset)
    TarBlock.seal(&block)
    return block
  }

  @Test(arguments: [(345, "folder"), (345, "1234567/89"), (357, "x"), (369, "1"), (499, "1")])
  func prefixInAGNUHeaderIsRefused(offset: Int, text: String) {
    expectRefused(gnuFile(Array(text.utf8), at: offset), as: .conflictingName)
  }

  @Test(arguments: [(500, "1"), (345, "14717221000\0"), (357, "14717221000\0")])
  func timesInAGNUHeaderAreRead(offset: Int, text: String) throws {
    let archive = TarBlock.archive([gnuFile(Array(text.utf8), at: offset)])

    #expect(try TarArchive.find(Array("a".utf8).span, in: archive.span) != nil)
  }

  @Test(arguments: ["77777777777\0", "777777777777", "00000010000\0"])
  func ldr011SizeBeyondTheEndIsRefused(field: String) {
    var block = TarBlock.file("a", [])
    TarBlock.put(Array(field.utf8), into: &block, at: 124)
    TarBlock.seal(&block)

    expectRefused(block, as: .truncated)
  }

  @Test(
    arguments: [
      "", "..", ".", "./", "/", "//", "/etc/passwd", "a/../../b", "a/./b", "a//b", "../a",
      "file/", "a/..", "./../a", "line\nbreak", "escape\u{1b}[2J",
    ])
  func ldr011NameThatCouldMisleadIsRefused(name: String) {
    expectRefused(TarBlock.file(name, []), as: .badName)
  }

  @Test func nameThatIsNotUTF8IsRefused() {
    for bad: [UInt8] in [[0xff], [0x61, 0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80]] {
      var block = TarBlock.file("", [])
      TarBlock.put(bad, into: &block, at: 0)
      TarBlock.seal(&block)

      expectRefused(block, as: .badName)
    }
  }

  @Test func nameOf100BytesNeedsNoNUL() throws {
    let name = String(repeating: "n", count: 100)
    let archive = TarBlock.archive([TarBlock.file(name, [9])])

    #expect(try TarArchive.find(Array(name.utf8).span, in: archive.span)?.byteCount == 1)
  }

  @Test(arguments: Array("123467KSVDMAX".utf8) + [1, 0xff])
  func ldr011OtherKindsAreRefused(flag: UInt8) {
    expectRefused(TarBlock.entry("a", flag: flag, []), as: .unsupportedKind)
  }

  @Test func directoryWithDataIsRefused() {
    let block = TarBlock.entry("d/", flag: UInt8(ascii: "5"), [1])

    expectRefused(block, as: .directoryWithData)
  }

  @Test func ldr011PaxSizeThatDiffersIsRefused() {
    let pax = TarBlock.pax([TarBlock.record("size", "3")])

    expectRefused(pax + TarBlock.file("a", [1, 2]), as: .conflictingSize, at: 1024)
  }

  @Test func paxSizeThatAgreesIsRead() throws {
    let pax = TarBlock.pax([TarBlock.record("size", "2"), TarBlock.record("path", "long")])
    let archive = TarBlock.archive([pax + TarBlock.file("a", [1, 2])])

    #expect(try TarArchive.find(Array("long".utf8).span, in: archive.span)?.byteCount == 2)
  }

  @Test(
    arguments: [
      "0 path=a\n", "8 path=a\n", "99 path=a\n", "10 path=ab", "path=a\n", " 9 path=a\n",
      "-9 path=a\n", "10 path=a\nx", "7 path\n", "4 =\n", "8 path=\n", "18446744073709551616 p=a\n",
      "9223372036854775807 p=a\n", "9 size=x\n", "9 size=-\n",
      "9 path=a\n9 path=b\n", "29 size=99999999999999999999\n",
    ])
  func ldr011GarbledPaxRecordIsRefused(records: String) {
    expectRefused(
      TarBlock.pax([Array(records.utf8)]) + TarBlock.file("a", []), as: .badExtension)
  }

  @Test(arguments: ["linkpath", "GNU.sparse.size", "GNU.sparse.major"])
  func paxOfLinksAndSparseFilesIsRefused(key: String) {
    expectRefused(
      TarBlock.pax([TarBlock.record(key, "1")]) + TarBlock.file("a", []), as: .unsupportedKind)
  }

  @Test func ldr011TwoExtensionsForOneEntryAreRefused() {
    let pax = TarBlock.pax([TarBlock.record("path", "b")])
    let long = TarBlock.entry("././@LongLink", flag: UInt8(ascii: "L"), Array("b\0".utf8))
    let file = TarBlock.file("a", [])

    for pair in [pax + pax, pax + long, long + pax, long + long] {
      expectRefused(pair + file, as: .badExtension, at: 1024)
    }
  }

  @Test func extensionWithoutAnEntryIsRefused() {
    let pax = TarBlock.pax([TarBlock.record("path", "b")])

    expect(pax + [UInt8](repeating: 0, count: 1024), is: .badExtension)
  }

  @Test func globalPathIsRefusedAndOtherGlobalsAreNot() throws {
    let flag = UInt8(ascii: "g")
    let path = TarBlock.entry("g", flag: flag, TarBlock.record("path", "b"))
    let comment = TarBlock.entry("g", flag: flag, TarBlock.record("comment", "b"))

    expectRefused(path, as: .badExtension)
    #expect(try TarArchive.check(TarBlock.archive([comment]).span) == 2)
  }

  @Test func longNameWithoutNULIsRefused() {
    let flag = UInt8(ascii: "L")
    let file = TarBlock.file("a", [])

    expectRefused(TarBlock.entry("L", flag: flag, Array("name".utf8)) + file, as: .badExtension)
    expectRefused(TarBlock.entry("L", flag: flag, []) + file, as: .badExtension)
    expectRefused(
      TarBlock.entry("L", flag: flag, [0x61, 0, 0x62, 0]) + file, as: .badName, at: 1024)
    let huge = [UInt8](repeating: 0x61, count: 1 << 20) + [0]
    expectRefused(TarBlock.entry("L", flag: flag, huge) + file, as: .nameTooLong)
  }

  @Test func lastOfTwoEqualNamesWins() throws {
    let archive = TarBlock.archive([TarBlock.file("a", [1]), TarBlock.file("a", [1, 2])])

    #expect(try TarArchive.find(Array("a".utf8).span, in: archive.span)?.byteCount == 2)
  }

  @Test func thousandLevelsAreRefusedAsTooLong() {
    let name = String(repeating: "d/", count: 1000) + "f"
    let pax = TarBlock.pax([TarBlock.record("path", name)])

    expectRefused(pax + TarBlock.file("a", []), as: .nameTooLong, at: 512 + 2048)
  }

  private func expectRefused(_ entry: [UInt8], as problem: TarProblem, at offset: Int = 0) {
    let archive = TarBlock.archive([entry])
    var reader = TarReader()
    var names: [[UInt8]] = []
    var thrown: TarError?
    do {
      while let entry = try reader.next(in: archive.span) {
        names.append(entry.name.bytes(in: archive.span))
      }
    } catch { thrown = error }

    #expect(names == [Array("before".utf8)])
    #expect(thrown?.problem == problem)
    if offset != 0 { #expect(thrown?.offset == 512 + offset) }
    #expect(throws: TarError.self) { try reader.next(in: archive.span) }
  }

  private func expect(_ archive: [UInt8], is problem: TarProblem) {
    #expect(throws: problem) { try problemOf { try TarArchive.check(archive.span) } }
  }
}

/// Blocks of archives made by hand.
enum TarBlock {
  /// `entries` between a good file `before` and a good file `after`, and the end.
  static func archive(_ entries: [[UInt8]]) -> [UInt8] {
    file("before", []) + entries.flatMap { $0 } + file("after", [])
      + [UInt8](repeating: 0, count: 1024)
  }

  static func file(_ name: String, _ data: [UInt8]) -> [UInt8] {
    entry(name, flag: UInt8(ascii: "0"), data)
  }

  static func pax(_ records: [[UInt8]]) -> [UInt8] {
    entry("pax", flag: UInt8(ascii: "x"), records.flatMap { $0 })
  }

  static func record(_ key: String, _ value: String) -> [UInt8] {
    let rest = " \(key)=\(value)\n"
    var length = rest.utf8.count + 1
    while "\(length)\(rest)".utf8.count != length { length += 1 }
    return Array("\(length)\(rest)".utf8)
  }

  static func entry(_ name: String, flag: UInt8, _ data: [UInt8]) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    put(Array(name.utf8.prefix(100)), into: &block, at: 0)
    put(Array("0000644\00000000\00000000\0".utf8), into: &block, at: 100)
    put(octal(data.count, 11) + [0], into: &block, at: 124)
    put(Array("00000000000\0".utf8), into: &block, at: 136)
    block[156] = flag
    put(Array("ustar\u{0}00".utf8), into: &block, at: 257)
    seal(&block)
    let padding = (512 - data.count % 512) % 512
    return block + data + [UInt8](repeating: 0, count: padding)
  }

  /// Writes the right checksum into the header at `start`.
  static func seal(_ archive: inout [UInt8], at start: Int = 0) {
    put(octal(sum(archive, at: start) { Int($0) }, 6) + [0, 0x20], into: &archive, at: start + 148)
  }

  static func sum(_ archive: [UInt8], at start: Int, _ value: (UInt8) -> Int) -> Int {
    (0..<512).reduce(0) {
      $0 + ((148..<156).contains($1) ? 0x20 : value(archive[start + $1]))
    }
  }

  static func octal(_ value: Int, _ digits: Int) -> [UInt8] {
    let text = String(value, radix: 8)
    return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
  }

  static func put(_ bytes: [UInt8], into archive: inout [UInt8], at offset: Int) {
    for (index, byte) in bytes.enumerated() { archive[offset + index] = byte }
  }
}
