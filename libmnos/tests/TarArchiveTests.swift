import Foundation
import LibmnosHost
import Testing

@testable import Libmnos

/// Archives that GNU tar made while the test ran.
@Suite struct TarArchiveTests {
  @Test(arguments: ["ustar", "gnu", "pax"], [0, 1, 511, 512, 513, 1_048_576])
  func fileOfGNUTarHasItsBytes(format: String, byteCount: Int) throws {
    let content = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    let archive = try gnuTar(["some/file": content], format: format)

    let entry = try TarArchive.find(Array("some/file".utf8).span, in: archive.span)

    let found = try #require(entry)
    #expect(found.kind == .file)
    #expect(Array(archive[found.dataOffset..<found.dataOffset + found.byteCount]) == content)
  }

  @Test(arguments: ["gnu", "pax"], [99, 100, 101, 155, 200, 255])
  func nameOfAnyLengthIsFound(format: String, byteCount: Int) throws {
    let name = String(repeating: "n", count: byteCount)
    let archive = try gnuTar(["deep/folder/\(name)": [7]], format: format)

    let names = try names(in: archive)

    #expect(names.contains("deep/folder/\(name)"))
  }

  @Test func prefixAndNameAreJoined() throws {
    let part = String(repeating: "p", count: 60)
    let path = "\(part)/\(part)/" + String(repeating: "n", count: 90)
    let archive = try gnuTar([path: [1, 2]], format: "ustar")

    let entry = try TarArchive.find(Array(path.utf8).span, in: archive.span)

    #expect(entry?.byteCount == 2)
    #expect(try names(in: archive).contains(path))
  }

  @Test func everyEntryIsGivenOnceInOrder() throws {
    let archive = try gnuTar(["a/one": [1], "a/b/two": [2], "three": []], format: "pax")

    let names = try names(in: archive).sorted()

    #expect(names == ["", "a", "a/b", "a/b/two", "a/one", "three"])
    #expect(try TarArchive.check(archive.span) == 6)
  }

  @Test func `LDR_011 embeddedArchiveIsOnlyData`() throws {
    let inner = try gnuTar(["phantom": [1]], format: "gnu")
    let archive = try gnuTar(["outer.tar": inner], format: "gnu")

    #expect(try names(in: archive).sorted() == ["", "outer.tar"])
  }

  @Test(arguments: ["ustar", "gnu", "pax"])
  func `LDR_011 linksOfGNUTarAreRefused`(format: String) throws {
    let folder = try Folder()
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link", withDestinationPath: "/etc/passwd")
    let archive = try folder.archive(format: format)

    #expect(throws: TarProblem.unsupportedKind) {
      try problemOf { try TarArchive.check(archive.span) }
    }
  }

  /// Random damage: whatever is accepted must name data inside the archive.
  @Test func `LDR_011 mutationsNeverNameBytesOutside`() throws {
    let archive = try gnuTar(
      ["x": [1, 2, 3], String(repeating: "y", count: 180): [4], "z/z": []], format: "pax")
    let seed = UInt64.random(in: 1...UInt64.max)
    print("seed \(seed)")
    var random = Xorshift(state: seed)

    for round in 0..<3_000 {
      var damaged = archive
      for _ in 0...Int(random.next() % 4) {
        damaged[Int(random.next() % UInt64(min(damaged.count, 6_000)))] = UInt8(
          truncatingIfNeeded: random.next())
      }
      if random.next() % 4 == 0 {
        damaged.removeLast(Int(random.next() % UInt64(damaged.count)))
      }
      if random.next() % 2 == 0 { fixChecksums(&damaged) }
      var reader = TarReader()
      while let entry = try? reader.next(in: damaged.span) {
        #expect(entry.dataOffset + entry.byteCount <= damaged.count, "round \(round)")
        #expect(entry.name.bytes(in: damaged.span).count <= TarName.maximumByteCount)
      }
    }
  }

  private func names(in archive: [UInt8]) throws -> [String] {
    var reader = TarReader()
    var names: [String] = []
    while let entry = try reader.next(in: archive.span) {
      names.append(String(decoding: entry.name.bytes(in: archive.span), as: UTF8.self))
    }
    return names
  }
}

/// Makes the checksum of every block that looks like a header right again.
func fixChecksums(_ archive: inout [UInt8]) {
  for start in stride(from: 0, to: archive.count - 511, by: 512)
  where Array(archive[start + 257..<start + 262]) == Array("ustar".utf8) {
    TarBlock.seal(&archive, at: start)
  }
}

/// Runs `body` and throws the bare problem of a `TarError`.
func problemOf(_ body: () throws -> Void) throws {
  do { try body() } catch let error as TarError { throw error.problem }
}

/// A repeatable source of numbers. Source: Marsaglia, "Xorshift RNGs" (2003).
struct Xorshift {
  var state: UInt64
  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}

/// A folder of its own that is removed with its last user.
final class Folder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "mnos-tar-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// What `tar` makes of the folder.
  func archive(format: String) throws -> [UInt8] {
    let output = path + ".tar"
    defer { try? FileManager.default.removeItem(atPath: output) }
    let tar = Process()
    tar.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    tar.arguments = ["tar", "--format=\(format)", "-C", path, "-cf", output, "."]
    try tar.run()
    tar.waitUntilExit()
    try #require(tar.terminationStatus == 0)
    return [UInt8](try Data(contentsOf: URL(fileURLWithPath: output)))
  }
}

/// What GNU tar makes of `files`.
func gnuTar(_ files: [String: [UInt8]], format: String) throws -> [UInt8] {
  let folder = try Folder()
  for (name, content) in files {
    let file = URL(fileURLWithPath: folder.path + "/" + name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(content).write(to: file)
  }
  return try folder.archive(format: format)
}
