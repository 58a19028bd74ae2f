import Foundation
import Libmnos
import Testing

@testable import InitramfsService

@Suite struct ArchiveFileSystemTests {
  @Test(arguments: [0, 1, 512, 1_048_576], ["ustar", "gnu", "pax"])
  func `VFS_001 filesOfAnArchiveHaveTheirBytes`(byteCount: Int, format: String) throws {
    let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    let files = try archive(["etc/file": bytes], format: format)

    let node = try files.find(path("/etc/file"))

    #expect(try readAll(files, node) == bytes)
    #expect(try files.status(of: node).byteCount == UInt64(byteCount))
  }

  @Test func nameOf200BytesIsListed() throws {
    let name = String(repeating: "n", count: 200)
    let files = try archive([name: [1], "b": []], format: "gnu")

    #expect(try names(files, "/").sorted() == ["b", name])
  }

  @Test func placeOfAFileIsInTheArchive() throws {
    let files = try archive(["a": [5, 6, 7]], format: "ustar")

    let place = try files.place(of: try files.find(path("a")))

    let found = files.bytes.withBytes { (bytes: Span<UInt8>) in
      (0..<place.byteCount).map { bytes[place.offset + $0] }
    }
    #expect(found == [5, 6, 7])
    #expect(throws: FileSystemError.isDirectory) { try files.place(of: files.find(FilePath())) }
  }

  @Test func archiveOfNoFilesIsAnEmptyRoot() throws {
    let files = try ArchiveFileSystem(ArrayBytes(bytes: [UInt8](repeating: 0, count: 1024)))

    #expect(try names(files, "/").isEmpty)
  }

  /// Every byte of the first file's header.
  @Test func `LDR_011 damagedArchiveIsRefusedWithItsPlace`() throws {
    let whole = try tar(["a": [1]], format: "ustar")
    for index in 0..<512 where !(148..<156).contains(index) {
      var bytes = whole
      bytes[512 + index] ^= 1
      #expect(throws: ArchiveFailure.malformed(TarError(.badChecksum, at: 512))) {
        _ = try ArchiveFileSystem(ArrayBytes(bytes: bytes))
      }
    }
  }

  /// The last entry counts too: what stands before it is not served without it.
  @Test func `LDR_011 truncatedArchiveIsRefused`() throws {
    let bytes = try tar(["a": [UInt8](repeating: 1, count: 2_000)], format: "ustar")
    // The root, the file, its four blocks, and the end.
    for count in 0..<512 * 8 {
      #expect(throws: ArchiveFailure.self) {
        _ = try ArchiveFileSystem(ArrayBytes(bytes: Array(bytes.prefix(count))))
      }
    }
    let whole = try ArchiveFileSystem(ArrayBytes(bytes: Array(bytes.prefix(512 * 8))))
    #expect(try names(whole, "/") == ["a"])
  }

  /// A name that is a file and a directory, in either order, above and below.
  @Test(arguments: [["a", "a/b"], ["a/b", "a"], ["a/b/c", "a/b"], ["a", "a/b/c"]])
  func nameOfTwoKindsIsRefused(paths: [String]) throws {
    let archives = try paths.map { try tar([$0: [1]], format: "ustar") }
    // Each is the root, the entries, and zero blocks to a whole record.
    let entries = archives.map { $0[..<(($0.lastIndex { $0 != 0 } ?? 0) / 512 * 512 + 512)] }
    let bytes = entries.flatMap { $0 } + [UInt8](repeating: 0, count: 1024)

    #expect(throws: ArchiveFailure.self) {
      _ = try ArchiveFileSystem(ArrayBytes(bytes: bytes))
    }
  }

  private func archive(
    _ files: [String: [UInt8]], format: String
  ) throws -> ArchiveFileSystem<ArrayBytes> {
    try ArchiveFileSystem(ArrayBytes(bytes: tar(files, format: format)))
  }

  private func path(_ text: String) -> FilePath {
    (try? FilePath(resolving: Array(text.utf8).span)) ?? FilePath()
  }

  private func names(
    _ files: borrowing ArchiveFileSystem<ArrayBytes>, _ text: String
  ) throws -> [String] {
    let directory = try files.find(path(text))
    var names: [String] = []
    var cursor: UInt64 = 0
    while let entry = try files.entry(of: directory, at: cursor) {
      names.append(String(decoding: entry.name, as: UTF8.self))
      cursor = entry.nextCursor
    }
    return names
  }

  private func readAll(
    _ files: borrowing ArchiveFileSystem<ArrayBytes>, _ node: FileNode
  ) throws -> [UInt8] {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      var span = buffer.mutableSpan
      let count = try files.read(node, at: UInt64(all.count), into: &span)
      if count == 0 { return all }
      all += buffer.prefix(count)
    }
  }
}

struct ArrayBytes: ArchiveBytes {
  let bytes: [UInt8]

  func withBytes<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
    try body(bytes.span)
  }
}

/// What GNU tar makes of `files`.
func tar(_ files: [String: [UInt8]], format: String) throws -> [UInt8] {
  let folder = NSTemporaryDirectory() + "mnos-initramfs-" + UUID().uuidString
  let output = folder + ".tar"
  defer {
    try? FileManager.default.removeItem(atPath: folder)
    try? FileManager.default.removeItem(atPath: output)
  }
  try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  for (name, bytes) in files {
    let file = URL(fileURLWithPath: folder + "/" + name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = ["tar", "--format=\(format)", "-C", folder, "-cf", output, "."]
  try process.run()
  process.waitUntilExit()
  try #require(process.terminationStatus == 0)
  return [UInt8](try Data(contentsOf: URL(fileURLWithPath: output)))
}
