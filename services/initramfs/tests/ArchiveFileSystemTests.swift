import Foundation
import Libmnos
import Testing

@testable import InitramfsService

@Suite struct ArchiveFileSystemTests {
  @Test(arguments: [0, 1, 512, 1_048_576], ["ustar", "gnu", "pax"])
  func vfs001FilesOfAnArchiveHaveTheirBytes(byteCount: Int, format: String) throws {
    let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    let files = try archive(["etc/file": bytes], format: format)

    let node = try files.find(path("/etc/file"))

    #expect(try readAll(files, node) == bytes)
    #expect(try files.status(of: node).byteCount == UInt64(byteCount))
  }

  @Test func ldr011NameOf200BytesIsListed() throws {
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

  @Test func vfs002OffsetsBehindTheEndReadNothing() throws {
    let files = try archive(["a": [5, 6, 7]], format: "ustar")
    let node = try files.find(path("a"))
    var buffer = [UInt8](repeating: 0, count: 8)

    for offset: UInt64 in [3, 4, UInt64(Int64.max), .max] {
      var span = buffer.mutableSpan
      #expect(try files.read(node, at: offset, into: &span) == 0)
    }
  }

  @Test func vfs004And005KindsAreKeptApart() throws {
    let files = try archive(["d/a": [1]], format: "ustar")
    var buffer = [UInt8](repeating: 0, count: 8)
    var span = buffer.mutableSpan

    let directory = try files.find(path("d"))
    #expect(throws: FileSystemError.isDirectory) {
      try files.read(directory, at: 0, into: &span)
    }
    let file = try files.find(path("d/a"))
    #expect(throws: FileSystemError.notDirectory) { try files.entry(of: file, at: 0) }
    #expect(throws: FileSystemError.notDirectory) { try files.find(path("d/a/x")) }
    #expect(throws: FileSystemError.notDirectory) { try files.find(path("d/a/")) }
    #expect(throws: FileSystemError.notFound) { try files.find(path("d/b")) }
  }

  @Test func vfs011NothingCanBeChanged() throws {
    let files = try archive(["a": [1]], format: "ustar")
    let node = try files.find(path("a"))

    #expect(throws: FileSystemError.readOnly) { try files.write(node, at: 0, from: [2].span) }
    #expect(throws: FileSystemError.readOnly) { try files.setByteCount(of: node, to: 0) }
    #expect(throws: FileSystemError.readOnly) { try files.remove(path("a")) }
    #expect(throws: FileSystemError.readOnly) { try files.rename(path("a"), to: path("b")) }
    #expect(throws: FileSystemError.readOnly) {
      try files.create(path("b"), .file, isExclusive: false)
    }
    #expect(throws: FileSystemError.exists) {
      try files.create(path("a"), .file, isExclusive: true)
    }
    #expect(try readAll(files, node) == [1])
  }

  @Test func ldr011ArchiveOfNoFilesIsAnEmptyRoot() throws {
    let files = try ArchiveFileSystem(ArrayBytes(bytes: [UInt8](repeating: 0, count: 1024)))

    #expect(try names(files, "/").isEmpty)
  }

  @Test func ldr011GarbledArchiveIsRefusedWithItsPlace() throws {
    var bytes = try tar(["a": [1]], format: "ustar")
    bytes[512 + 5] ^= 1

    #expect(throws: ArchiveFailure.malformed(TarError(.badChecksum, at: 512))) {
      _ = try ArchiveFileSystem(ArrayBytes(bytes: bytes))
    }
  }

  @Test func ldr011TruncatedArchiveIsRefused() throws {
    let bytes = try tar(["a": [UInt8](repeating: 1, count: 2_000)], format: "ustar")

    for count in [100, 512, 1024, 2048] {
      #expect(throws: ArchiveFailure.self) {
        _ = try ArchiveFileSystem(ArrayBytes(bytes: Array(bytes.prefix(count))))
      }
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
private func tar(_ files: [String: [UInt8]], format: String) throws -> [UInt8] {
  let folder = NSTemporaryDirectory() + "mnos-initramfs-" + UUID().uuidString
  let output = folder + ".tar"
  defer {
    try? FileManager.default.removeItem(atPath: folder)
    try? FileManager.default.removeItem(atPath: output)
  }
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
