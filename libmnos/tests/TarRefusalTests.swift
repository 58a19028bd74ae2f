import LibmnosHost
import Testing

@testable import Libmnos

/// Archives made by hand whose blocks are wrong: cut off, damaged, or of another format. A good
/// file `before` stands in front of the bad entry, and `after` behind it must never appear.
@Suite struct TarRefusalTests {
  @Test func goodArchiveOfTheseBlocksIsRead() throws {
    let archive = TarBlock.archive([TarBlock.file("middle", [1, 2])])

    #expect(try TarArchive.check(archive.span) == 3)
  }

  @Test func `LDR_011 fewerThanTwoZeroBlocksAreNoArchive`() throws {
    for count in 0..<1024 { expect([UInt8](repeating: 0, count: count), is: .truncated) }
    #expect(try TarArchive.check([UInt8](repeating: 0, count: 1024).span) == 0)
  }

  /// Every kind of entry, each with data that does not fill its last block.
  private static let whole =
    TarBlock.file("a", [1, 2, 3]) + TarBlock.entry("d/", flag: UInt8(ascii: "5"), [])
    + TarBlock.pax([TarBlock.record("size", "513")])
    + TarBlock.file("b", [UInt8](repeating: 7, count: 513))
    + TarBlock.entry("././@LongLink", flag: UInt8(ascii: "L"), Array("long\0".utf8))
    + TarBlock.file("c", [9]) + [UInt8](repeating: 0, count: 1024)

  @Test func `LDR_011 archiveCutOffAnywhereIsRefused`() {
    let all = entries(in: Self.whole)
    #expect(all.names == ["a", "d", "b", "long"] && all.error == nil)
    for count in 0..<Self.whole.count {
      let (names, error) = entries(in: Array(Self.whole.prefix(count)))
      guard error?.problem != .truncated || !all.names.starts(with: names) else { continue }
      Issue.record("\(count) bytes: \(names), \(String(describing: error))")
    }
  }

  /// Each bit of a header. A blank in the place of a NUL or of a leading zero is as good in the
  /// checksum's own field: the number stays.
  @Test func `LDR_011 damagedHeaderIsRefused`() {
    let good = TarBlock.file("a", [1, 2, 3])
    for bit in 0..<512 * 8 {
      var block = good
      block[bit / 8] ^= 1 << UInt8(bit % 8)
      if (148..<156).contains(bit / 8),
        TarHeader.octal(148..<156, in: block.span)
          == TarHeader.octal(148..<156, in: good.span)
      {
        continue
      }
      let (names, error) = entries(in: TarBlock.archive([block]))
      guard names != ["before"] || error != TarError(.badChecksum, at: 512) else { continue }
      Issue.record("bit \(bit): \(names), \(String(describing: error))")
    }
  }

  @Test func `LDR_011 wrongSumIsRefused`() {
    let good = TarBlock.file("a", [])
    let sum = TarBlock.sum(good, at: 0) { Int($0) }
    for wrong in Set(sum - 600...sum + 600).union([0, 1, 2 * sum, 0o777777]).subtracting([sum]) {
      var block = good
      TarBlock.put(TarBlock.octal(wrong, 6) + [0, 0x20], into: &block, at: 148)
      guard entries(in: block).error?.problem != .badChecksum else { continue }
      Issue.record("\(wrong) in the place of \(sum)")
    }
  }

  @Test(arguments: [
    "        ", "\0\0\0\0\0\0\0\0", "-0012345", "0012 345", "0012345x", "\u{1}2345  ",
  ])
  func `LDR_011 sumThatIsNoNumberIsRefused`(field: String) {
    var block = TarBlock.file("a", [])
    TarBlock.put(Array(field.utf8), into: &block, at: 148)

    expectRefused(block, as: .badChecksum)
  }

  @Test func `LDR_011 signedSumIsRefused`() {
    var block = TarBlock.file("caf\u{e9}", [])
    let signed = TarBlock.sum(block, at: 0) { Int(Int8(bitPattern: $0)) }
    TarBlock.put(TarBlock.octal(signed, 6) + [0, 0x20], into: &block, at: 148)

    expectRefused(block, as: .badChecksum)
  }

  /// The end is two zero blocks; what follows them is no part of the archive.
  @Test func `LDR_011 loneZeroBlockIsNoEndAndNothingFollowsTheEnd`() {
    let zero = [UInt8](repeating: 0, count: 512)
    let archive = TarBlock.archive([zero])
    #expect(entries(in: archive).names == ["before"])
    #expect(entries(in: archive).error == TarError(.truncated, at: 512))

    let behind = entries(in: TarBlock.archive([zero, zero]))
    #expect(behind.names == ["before"] && behind.error == nil)
  }

  @Test(arguments: 0..<8) func foreignMagicIsRefused(index: Int) {
    for byte in 0...255 as ClosedRange<UInt8> {
      var block = TarBlock.file("a", [])
      block[257 + index] = byte
      let magic = Array(block[257..<265])
      TarBlock.seal(&block)
      guard magic != Array("ustar\u{0}00".utf8) else { continue }
      let (names, error) = entries(in: TarBlock.archive([block]))
      guard names != ["before"] || error != TarError(.notUstar, at: 512) else { continue }
      Issue.record("byte \(byte) at \(index): \(names), \(String(describing: error))")
    }
  }

  /// Links, devices, sparse files, volumes: all but files, directories and what describes them.
  @Test(arguments: Set(0...255 as ClosedRange<UInt8>).subtracting([0] + Array("05Lxg".utf8)))
  func `LDR_011 otherKindsAreRefused`(flag: UInt8) {
    expectRefused(TarBlock.entry("a", flag: flag, []), as: .unsupportedKind)
    expectRefused(TarBlock.entry("a", flag: flag, [1, 2, 3]), as: .unsupportedKind)
  }

  @Test(arguments: [1, 511, 512, 513, 1024]) func directoryWithDataIsRefused(count: Int) {
    let data = [UInt8](repeating: 0, count: count)

    expectRefused(
      TarBlock.entry("d/", flag: UInt8(ascii: "5"), data), as: .directoryWithData)
  }
}
