import LibmnosHost
import Testing

@testable import Libmnos

/// Extended headers made by hand: pax records and GNU long names.
@Suite struct TarExtensionTests {
  private static let sizes = [0, 1, 2, 511, 512, 513, 1023, 1024, 1025]

  /// Whichever of the two sizes a reader believes, it must not find an entry in the data, nor take
  /// an entry for data: `phantom` stands in the data, and `after` behind.
  @Test(arguments: sizes) func `LDR_011 paxSizeThatDiffersIsRefused`(byteCount: Int) {
    let phantom = TarBlock.file("phantom", [1]) + [UInt8](repeating: 0, count: 1024)
    let data = Array(phantom.prefix(byteCount))
    let large = [1 << 33, 1 << 36, 1 << 62, Int.max]
    for size in Self.sizes + [byteCount + 1, byteCount + 512] + large where size != byteCount {
      let pax = TarBlock.pax([TarBlock.record("size", "\(size)")])
      expectRefused(pax + TarBlock.file("a", data), as: .conflictingSize, at: 1024)
    }
  }

  @Test(arguments: sizes) func paxSizeThatAgreesIsRead(byteCount: Int) throws {
    let data = [UInt8](repeating: 5, count: byteCount)
    let pax = TarBlock.pax([
      TarBlock.record("size", "\(byteCount)"), TarBlock.record("path", "long"),
    ])
    let archive = TarBlock.archive([pax + TarBlock.file("a", data)])

    #expect(try TarArchive.find(Array("long".utf8).span, in: archive.span)?.byteCount == byteCount)
    #expect(entries(in: archive).names == ["before", "long", "after"])
  }

  @Test(
    arguments: [
      "0 path=a\n", "8 path=a\n", "99 path=a\n", "10 path=ab", "path=a\n", " 9 path=a\n",
      "-9 path=a\n", "10 path=a\nx", "7 path\n", "4 =\n", "8 path=\n", "18446744073709551616 p=a\n",
      "9223372036854775807 p=a\n", "9 size=x\n", "9 size=-\n", "8 size=\n", "10 size=-1\n",
      "10 size=1 \n", "10 size= 1\n", "11 size=0x1\n", "11 size=1.0\n",
      "9 path=a\n9 path=b\n", "9 size=0\n9 size=0\n", "29 size=99999999999999999999\n",
    ])
  func `LDR_011 garbledPaxRecordIsRefused`(records: String) {
    expectRefused(
      TarBlock.pax([Array(records.utf8)]) + TarBlock.file("a", []), as: .badExtension)
  }

  /// Every length but the right one, up to past the end of the records.
  @Test func `LDR_011 paxRecordOfAnotherLengthIsRefused`() {
    for length in 0...1200 where length != 11 {
      let body = " path=abc\n"
      let record = Array("\(length)\(body)".utf8)
      guard record.count != length else { continue }
      expectRefused(TarBlock.pax([record]) + TarBlock.file("a", []), as: .badExtension)
    }
  }

  @Test(arguments: ["linkpath", "GNU.sparse.size", "GNU.sparse.major", "GNU.sparse.map"])
  func `LDR_011 paxOfLinksAndSparseFilesIsRefused`(key: String) {
    expectRefused(
      TarBlock.pax([TarBlock.record(key, "1")]) + TarBlock.file("a", []), as: .unsupportedKind)
  }

  @Test func `LDR_011 twoExtensionsForOneEntryAreRefused`() {
    let pax = TarBlock.pax([TarBlock.record("path", "b")])
    let size = TarBlock.pax([TarBlock.record("size", "0")])
    let long = TarBlock.entry("././@LongLink", flag: UInt8(ascii: "L"), Array("b\0".utf8))
    let comment = TarBlock.entry("g", flag: UInt8(ascii: "g"), TarBlock.record("comment", "b"))

    for first in [pax, size, long] {
      for second in [pax, size, long, comment] {
        expectRefused(first + second + TarBlock.file("a", []), as: .badExtension, at: 1024)
      }
    }
  }

  @Test func `LDR_011 extensionWithoutAnEntryIsRefused`() {
    let pax = TarBlock.pax([TarBlock.record("path", "b")])
    let long = TarBlock.entry("././@LongLink", flag: UInt8(ascii: "L"), Array("b\0".utf8))

    for part in [pax, long] {
      expect(part + [UInt8](repeating: 0, count: 1024), is: .badExtension)
    }
  }

  /// A global header speaks of all that follow: a size there could differ from every one's.
  @Test func `LDR_011 globalNameOrSizeIsRefused`() throws {
    let flag = UInt8(ascii: "g")
    for (key, value) in [("path", "b"), ("size", "0"), ("size", "512")] {
      let entry = TarBlock.entry("g", flag: flag, TarBlock.record(key, value))
      expectRefused(entry + TarBlock.file("a", []), as: .badExtension)
    }
    let comment = TarBlock.entry("g", flag: flag, TarBlock.record("comment", "b"))
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
}
