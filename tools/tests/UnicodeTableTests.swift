import Foundation
import Testing
import ToolSupport
import UnicodeTables

@testable import Builder

/// The tables against the toolchain's own functions, over everything they can be asked.
@Suite struct UnicodeTableTests {
  /// One library for all tests: it is loaded by its name.
  private static let source = Result { try makeSource() }

  private static func makeSource() throws -> UnicodeSource {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "mnos-unicode-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let toolchain = try SwiftToolchain()
    return try UnicodeSource(
      archive: try UnicodeSource.hostArchive(toolchain), library: folder.path + "/host.so",
      toolchain: toolchain)
  }

  private static let scalars = ScalarTableBuilder.scalars

  /// Calls `body` with the table of `bytes`, on a multiple of 8.
  private static func with<Answer>(
    _ bytes: [UInt8], _ body: (UnsafeRawPointer) throws -> Answer
  ) rethrows -> Answer {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
    defer { unsafe copy.deallocate() }
    unsafe copy.copyBytes(from: bytes)
    // SAFETY: the copy is there until `body` returns; an empty table is no test's.
    return try unsafe body(UnsafeRawPointer(copy.baseAddress.unsafelyUnwrapped))
  }

  /// The first scalar for which `table` gives another answer than `expected`.
  private static func difference(_ expected: [UInt64]) -> UInt32? {
    unsafe with(ScalarTableBuilder.table(expected)) { start in
      let table = unsafe ScalarTable(at: start)
      return scalars.first { table.number(for: $0) != expected[Int($0)] }
    }
  }

  @Test(arguments: UnicodeTableSet.numberTables.map(\.function) + [.decompositionEntry])
  func everyScalarHasItsNumber(function: UnicodeFunction) throws {
    let answer = try Self.source.get().numbers(function)

    #expect(Self.difference(Self.scalars.map(answer)) == nil)
  }

  @Test(arguments: [UInt8(0), 1, 2])
  func everyScalarHasItsMappings(mapping: UInt8) throws {
    let source = try Self.source.get()
    let texts = Self.scalars.map(source.specialMapping(mapping))

    #expect(Self.difference(Self.scalars.map(source.mapping(mapping))) == nil)
    #expect(Self.textDifference(texts) == nil)
  }

  @Test func everyScalarHasItsTexts() throws {
    let source = try Self.source.get()

    #expect(Self.textDifference(Self.scalars.map(source.scriptExtensions)) == nil)
    #expect(Self.textDifference(Self.scalars.map(source.nameAlias)) == nil)
  }

  private static func textDifference(_ expected: [[UInt8]?]) -> UInt32? {
    unsafe with(ScalarTableBuilder.table(texts: expected)) { start in
      let table = unsafe ScalarTable(at: start)
      return scalars.first { scalar in
        let text = unsafe table.text(for: scalar).map {
          unsafe [UInt8](UnsafeBufferPointer(start: $0.start, count: $0.count))
        }
        return text != expected[Int(scalar)]
      }
    }
  }

  @Test func everyScalarHasItsName() throws {
    let names = Self.scalars.map(try Self.source.get().name)

    let wrong = unsafe Self.with(ScalarTableBuilder.table(names: names)) { start in
      let table = unsafe ScalarTable(at: start)
      return Self.scalars.first { scalar in
        let name = unsafe [UInt8](unsafeUninitializedCapacity: 128) { buffer, count in
          count = unsafe table.writeWords(
            for: scalar, to: buffer.baseAddress.unsafelyUnwrapped, capacity: 128)
        }
        return name != names[Int(scalar)]
      }
    }

    #expect(names[0x41] == Array("LATIN CAPITAL LETTER A".utf8))
    #expect(wrong == nil)
  }

  @Test func nameStopsAtTheEndOfItsRoom() throws {
    var names = [[UInt8]](repeating: [], count: Self.scalars.count)
    names[7] = Array("ONE TWO-THREE".utf8)

    let written = unsafe Self.with(ScalarTableBuilder.table(names: names)) { start in
      unsafe [UInt8](unsafeUninitializedCapacity: 5) { buffer, count in
        count = unsafe ScalarTable(at: start).writeWords(
          for: 7, to: buffer.baseAddress.unsafelyUnwrapped, capacity: 5)
      }
    }

    #expect(written == Array("ONE T".utf8))
  }

  /// Every pair of scalars that occur in decompositions; nothing else composes.
  @Test func pairsComposeAsTheyShould() throws {
    let source = try Self.source.get()
    let entries = Self.scalars.map(source.numbers(.decompositionEntry))
    let decompositions = source.decompositions(entries)
    let bytes = UnicodeTableSet.compositions(source, entries, decompositions)
    let scalars = UnicodeTableSet.composingScalars(entries, decompositions)

    let (wrong, count) = unsafe Self.with(bytes) { start in
      let table = unsafe CompositionTable(at: start)
      var wrong = 0
      var count = 0
      for first in scalars {
        for second in scalars {
          let expected = source.composition(first, second)
          if expected != nil { count += 1 }
          if table.composition(of: first, and: second) != expected { wrong += 1 }
        }
      }
      return (wrong, count)
    }

    #expect(wrong == 0)
    #expect(count > 900)
    unsafe Self.with(bytes) { start in
      let table = unsafe CompositionTable(at: start)
      #expect(table.composition(of: 0x65, and: 0x301) == 0xe9)
      #expect(table.composition(of: 0x65, and: 0x66) == nil)
      #expect(table.composition(of: .max, and: .max) == nil)
    }
  }

  @Test(arguments: [0x11_0000, UInt32.max])
  func whatIsNoScalarHasTheLastOnesNumber(value: UInt32) {
    var answers = [UInt64](repeating: 3, count: Self.scalars.count)
    answers[0x41] = 1 << 40

    let (letter, other) = unsafe Self.with(ScalarTableBuilder.table(answers)) { start in
      let table = unsafe ScalarTable(at: start)
      return (table.number(for: 0x41), table.number(for: value))
    }

    #expect(letter == 1 << 40)
    #expect(other == 3)
  }
}
