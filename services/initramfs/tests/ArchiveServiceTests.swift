import Libmnos
import LibmnosHost
import Testing

@testable import InitramfsService

/// A real archive behind a file server, as clients see it.
@Suite struct ArchiveServiceTests {
  private typealias Client = TestFileClient<ArchiveFileSystem<ArrayBytes>>

  private static let motd = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
  private static let contents: [String: [UInt8]] = [
    "etc/motd": motd, "etc/empty": [], "bin/a": [1], "bin/deep/b": [2, 3],
  ]

  private func makeClient(_ files: [String: [UInt8]] = contents) throws -> Client {
    Client(TestFileService(try ArchiveFileSystem(ArrayBytes(bytes: tar(files, format: "pax")))))
  }

  @Test(
    arguments: [0, 1, 511, 512, 513, 5_000, 16_385], [1, 511, 512, 513, 4096, nil] as [UInt64?])
  func `VFS_001 piecesGiveTheExactBytes`(byteCount: Int, piece: UInt64?) throws {
    let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
    // Its neighbours would show if too much were read.
    let client = try makeClient(["a": [9], "b": bytes, "c": [8]])

    #expect(
      try client.readAll(client.open("/b"), piece: piece ?? UInt64(byteCount) + 1) == bytes)
  }

  @Test(arguments: ["/etc/motd", "/etc/empty", "/bin/a"])
  func `VFS_002 readingBehindTheEndGivesNothing`(path: String) throws {
    let client = try makeClient()
    let file = try client.open(path)
    let end = try client.status(path).byteCount

    for offset in [end, end + 1, end + 512, 1 << 32, UInt64(Int64.max), 1 << 63, .max] {
      for count in [0, 1, 4096] as [UInt64] {
        #expect(try client.read(file, at: offset, count: count).isEmpty)
      }
    }
    #expect(try client.readAll(file).count == Int(end))
  }

  @Test(arguments: 0..<64 as Range<UInt64>) func `VFS_003 badFilesAreRefused`(bit: UInt64) throws {
    let client = try makeClient()
    let changed = try client.open("/etc/motd") ^ 1 << bit
    // The numbers of the archive's seven files and directories are small; bit 62 is the right to
    // write, which is refused by kind.
    guard bit > 2, bit != 62 else { return }

    #expect(throws: FileSystemError.badFile) { try client.read(changed) }
    #expect(throws: FileSystemError.badFile) { try client.status(of: changed) }
    #expect(throws: FileSystemError.badFile) { try client.list(changed, from: 0, byteCount: 99) }
  }

  @Test(arguments: ["/", "/etc", "/bin", "/bin/deep", "/bin/deep/"])
  func `VFS_004 directoryIsNotRead`(path: String) throws {
    let client = try makeClient()
    let directory = try client.open(path)

    for offset in [0, 1, .max] as [UInt64] {
      for count in [0, 1, 4096] as [UInt64] {
        #expect(throws: FileSystemError.isDirectory) {
          try client.read(directory, at: offset, count: count)
        }
      }
    }
    #expect(throws: FileSystemError.isDirectory) { try client.open(path, .write) }
  }

  @Test func `VFS_005 fileIsNoDirectory`() throws {
    let client = try makeClient()
    for file in ["/etc/motd", "/bin/deep/b"] {
      for end in ["/x", "/x/y", "/", "/.", "//"] {
        #expect(throws: FileSystemError.notDirectory) { try client.open(file + end) }
        #expect(throws: FileSystemError.notDirectory) { try client.status(file + end) }
      }
      let opened = try client.open(file)
      #expect(throws: FileSystemError.notDirectory) {
        try client.list(opened, from: 0, byteCount: 100)
      }
    }
  }

  @Test(arguments: ["", "/no", "/no/x", "/etc/no", "/bin/deep/no/x", "/no/"])
  func `VFS_006 whatIsMissingIsNotFound`(path: String) throws {
    let client = try makeClient()

    #expect(throws: FileSystemError.notFound) { try client.open(path) }
    #expect(throws: FileSystemError.notFound) { try client.open(path, .write) }
    #expect(throws: FileSystemError.notFound) { try client.status(path) }
  }

  @Test func `VFS_008 pathsResolveByTheirLetters`() throws {
    let client = try makeClient()
    for path in ["/bin/deep/b", "bin/./deep//b", "/no/../bin/deep/b", "/../bin/deep/no/../b"] {
      #expect(try client.load(path) == [2, 3])
    }
    for path in ["/", "..", "/bin/..", "/bin/deep/../..", "//"] {
      #expect(try client.list(path).sorted() == ["bin", "etc"])
    }
  }

  private typealias Change = (name: String, ask: (Client, String) throws -> Void)

  /// Each change of each thing that is there, and of what is not.
  @Test func `VFS_011 nothingCanBeChanged`() throws {
    let client = try makeClient()
    let changes: [Change] = [
      ("remove", { try $0.remove($1) }), ("rename", { try $0.rename($1, to: "/new") }),
      ("rename to", { try $0.rename("/bin/a", to: $1) }),
    ]
    let files = Self.contents.keys.map { "/" + $0 }
    let directories = ["/", "/etc", "/bin", "/bin/deep"]
    let missing = ["/new", "/etc/new", "/bin/deep/new"]
    for (name, ask) in changes {
      for path in files + directories + missing {
        #expect(throws: FileSystemError.readOnly, "\(name) \(path)") { try ask(client, path) }
      }
    }
    for path in files {
      for bits in [1, 3, 9, 11] as [UInt64] {
        #expect(throws: FileSystemError.readOnly) {
          try client.open(path, FileOptions(bits: bits))
        }
      }
      #expect(throws: FileSystemError.exists) {
        try client.open(path, .write.union(.create).union(.exclusive))
      }
      // What a badge may say, a file system need not believe.
      let file = try client.open(path) | 1 << 62
      #expect(throws: FileSystemError.readOnly) { try client.write(file, [1]) }
      #expect(throws: FileSystemError.readOnly) { try client.write(file, []) }
      #expect(throws: FileSystemError.readOnly) { try client.ask(.setByteCount(0), file) }
    }
    for path in missing {
      #expect(throws: FileSystemError.readOnly) { try client.open(path, .create) }
      #expect(throws: FileSystemError.readOnly) { try client.makeDirectory(path) }
    }
    for path in files + directories {
      #expect(throws: FileSystemError.exists) { try client.makeDirectory(path) }
    }
    var expected = Self.contents.mapValues { Optional($0) }
    for path in directories.dropFirst() { expected.updateValue(nil, forKey: "\(path.dropFirst())") }
    #expect(try client.tree("/") == expected)
  }

  @Test func `VFS_012 fileOpenedForReadingIsNotChanged`() throws {
    let client = try makeClient()
    let file = try client.open("/etc/motd")

    for offset in [0, 1, 5_000, .max] as [UInt64] {
      #expect(throws: FileSystemError.noRight) { try client.write(file, [1], at: offset) }
      #expect(throws: FileSystemError.noRight) { try client.ask(.setByteCount(offset), file) }
    }
  }

  /// Names of four bytes take 16 bytes of listing.
  @Test(arguments: [0, 1, 7, 1_000]) func `VFS_014 everyNameIsListedOnce`(count: Int) throws {
    let names = (0..<count).map { String("\(10_000 + $0)".suffix(4)) }
    let client = try makeClient(Dictionary(uniqueKeysWithValues: names.map { ($0, []) }))

    for byteCount in [16, 31, 112, 127, 16_384] as [UInt64] {
      #expect(try client.list("/", byteCount: byteCount).sorted() == names)
    }
    let root = try client.open("/")
    for byteCount in 0..<16 as Range<UInt64> where count > 0 {
      #expect(throws: FileSystemError.badArgument) {
        try client.list(root, from: 0, byteCount: byteCount)
      }
    }
    #expect(try client.list(root, from: .max, byteCount: 100).entries.isEmpty)
  }

  @Test func `VFS_016 statusAgreesWithWhatCanBeRead`() throws {
    let client = try makeClient()
    for (name, bytes) in Self.contents {
      let expected = FileStatus(kind: .file, byteCount: UInt64(bytes.count), isWritable: false)
      let (file, status) = try client.openWithStatus("/" + name)
      #expect(try client.status("/" + name) == expected && status == expected)
      #expect(try client.status(of: file) == expected)
      #expect(try client.readAll(file) == bytes)
    }
    for path in ["/", "/etc", "/bin/deep"] {
      let expected = FileStatus(kind: .directory, byteCount: 0, isWritable: false)
      #expect(try client.openWithStatus(path).status == expected)
    }
    #expect(try client.entries("/bin").map(\.status.kind).contains(.directory))
  }
}
