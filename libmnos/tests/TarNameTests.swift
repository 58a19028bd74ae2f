import LibmnosHost
import Testing

@testable import Libmnos

/// Names in archives made by hand, in each of the places where one can stand.
@Suite struct TarNameTests {
  /// An entry of this name: in the header, in a pax record, in a GNU long name.
  private func ways(_ name: [UInt8]) -> [(entry: [UInt8], offset: Int)] {
    var block = TarBlock.file("", [])
    TarBlock.put(Array(name.prefix(100)), into: &block, at: 0)
    TarBlock.seal(&block)
    let pax = TarBlock.pax([TarBlock.record("path", name)])
    let long = TarBlock.entry("L", flag: UInt8(ascii: "L"), name + [0])
    let file = TarBlock.file("a", [])
    return [(block, 0), (pax + file, pax.count), (long + file, long.count)]
  }

  @Test(
    arguments: [
      "..", ".", "./", "/", "//", "/etc/passwd", "a/../../b", "a/./b", "a//b", "../a",
      "file/", "a/..", "./../a", ".//a", "././a", "a/.", "line\nbreak", "escape\u{1b}[2J", "\u{7f}",
    ])
  func `LDR_011 nameThatCouldMisleadIsRefused`(name: String) {
    for (entry, offset) in ways(Array(name.utf8)) {
      expectRefused(entry, as: .badName, at: offset)
    }
  }

  @Test func `LDR_011 emptyNameIsRefused`() {
    let pax = TarBlock.pax([TarBlock.record("path", "")])
    let file = TarBlock.file("a", [])

    expectRefused(TarBlock.file("", []), as: .badName)
    expectRefused(pax + file, as: .badExtension)
    expectRefused(TarBlock.entry("L", flag: UInt8(ascii: "L"), [0]) + file, as: .badExtension)
  }

  /// Overlong, half, surrogates, beyond the last.
  @Test(
    arguments: [
      [0xff], [0x61, 0xc3], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe0, 0x80, 0xaf], [0x80],
      [0xf4, 0x90, 0x80, 0x80], [0xc3, 0x2f, 0x61],
    ] as [[UInt8]])
  func nameThatIsNotUTF8IsRefused(name: [UInt8]) {
    for (entry, offset) in ways(name) { expectRefused(entry, as: .badName, at: offset) }
  }

  /// Every byte that cannot be shown. A header's own name ends at its first NUL.
  @Test func nameWithAControlCharacterIsRefused() {
    for byte in Array(0..<0x20) + [0x7f] as [UInt8] {
      for (entry, offset) in ways([0x61, byte, 0x62]).dropFirst(byte == 0 ? 1 : 0) {
        expectRefused(entry, as: .badName, at: offset)
      }
    }
    #expect(
      entries(in: TarBlock.archive([ways([0x61, 0, 0x62])[0].entry])).names
        == ["before", "a", "after"])
  }

  @Test func nameOf100BytesNeedsNoNUL() throws {
    let name = String(repeating: "n", count: 100)
    let archive = TarBlock.archive([TarBlock.file(name, [9])])

    #expect(try TarArchive.find(Array(name.utf8).span, in: archive.span)?.byteCount == 1)
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

  @Test(arguments: [255, 256]) func partsAndNamesHaveTheirLongest(count: Int) {
    let part = String(repeating: "p", count: count)
    let name = [part, part, part, String(repeating: "q", count: count)].joined(separator: "/")
    let pax = TarBlock.pax([TarBlock.record("path", name)])
    let found = entries(in: TarBlock.archive([pax + TarBlock.file("a", [])]))

    #expect(found.error?.problem == (count == 255 ? nil : .nameTooLong))
    #expect(found.names.contains(name) == (count == 255))
  }
}
