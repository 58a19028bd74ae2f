import LibmnosHost
import Testing

@testable import Libmnos

/// Numbers in headers made by hand: sizes above all.
@Suite struct TarNumberTests {
  private func file(size field: [UInt8], _ data: [UInt8] = []) -> [UInt8] {
    var block = TarBlock.file("a", data)
    TarBlock.put(field, into: &block, at: 124)
    TarBlock.seal(&block)
    return block
  }

  @Test(
    arguments: [
      "           \0", "-0000000001\0", "+0000000001\0", "0000000008\0", "0x000000001\0",
      "000 0000001\0", "\0\0\0\0\0\0\0\0\0\0\0\0", "            ", "-1\0\0\0\0\0\0\0\0\0\0",
      " -000000001\0", "0000000000-1", "1.000000000\0", "1e000000000\0", "\t0000000001\0",
    ])
  func `LDR_011 sizeThatIsNotOctalIsRefused`(field: String) {
    expectRefused(file(size: Array(field.utf8)), as: .badNumber)
  }

  /// Every byte in every place of the field. What is right is blanks, digits, and blanks or NULs.
  @Test(arguments: 0..<12) func `LDR_011 oneByteThatIsNotOctalIsRefused`(index: Int) {
    for byte in 0...255 as ClosedRange<UInt8> {
      var field = Array("00000000000\0".utf8)
      field[index] = byte
      let isDigit = (0x30...0x37).contains(byte)
      let isRight =
        isDigit || byte == 0x20 && [0, 10, 11].contains(index)
        || byte == 0 && [10, 11].contains(index)
      let (names, error) = entries(in: TarBlock.archive([file(size: field)]))
      guard isRight == (error?.problem == .badNumber) || !isRight && names != ["before"] else {
        continue
      }
      Issue.record("byte \(byte): \(names), \(String(describing: error))")
    }
  }

  /// In base 256, however large or negative: one reader takes it and another does not.
  @Test(arguments: 0x80...0xff as ClosedRange<UInt8>)
  func `LDR_011 base256SizeIsRefused`(first: UInt8) {
    for rest: [UInt8] in [
      [UInt8](repeating: 0, count: 11), [UInt8](repeating: 0xff, count: 11),
      [UInt8](repeating: 0, count: 10) + [1], [0x80] + [UInt8](repeating: 0, count: 10),
      Array("0000000001\0".utf8),
    ] {
      expectRefused(file(size: [first] + rest), as: .badNumber)
    }
  }

  /// `after` and the end are 1,536 bytes: every size up to there, and the largest.
  @Test func `LDR_011 sizeBeyondTheEndIsRefused`() {
    let large = (11...36).flatMap { [(1 << $0) - 1, 1 << $0, (1 << $0) + 1] }
    for size in Array(0...2048) + large where size < 1 << 36 {
      let field = TarBlock.octal(size, 12)
      let (names, error) = entries(in: TarBlock.archive([file(size: field)]))
      // What is taken for data is no entry; there is no end any more behind 512 bytes of it.
      let expected = size == 0 ? ["before", "a", "after"] : ["before", "a"]
      let isRight =
        switch size {
        case ...512: names == expected && error == nil
        case ...1536: names == expected && error?.problem == .truncated
        default: names == ["before"] && error == TarError(.truncated, at: 512)
        }
      guard !isRight else { continue }
      Issue.record("size \(size): \(names), \(String(describing: error))")
    }
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
}
