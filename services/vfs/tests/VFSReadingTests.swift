import Libmnos
import LibmnosHost
import Testing

@testable import VFSService

/// Bytes of files by offset, and what is no file that can be read.
@Suite struct VFSReadingTests {
  private static func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 9) }
  }

  /// Around blocks, around a page of a file, and around what one request brings.
  @Test(
    arguments: [0, 1, 511, 512, 513, 4063, 4064, 4065, 4096, 8128, 16_383, 16_384, 16_385],
    [1, 511, 512, 513, 4064, 4096, nil] as [UInt64?])
  func `VFS_001 piecesGiveTheExactBytes`(byteCount: Int, piece: UInt64?) throws {
    let client = TestClient(try TestFiles())
    let bytes = Self.bytes(byteCount)
    try client.save("/tmp/f", bytes)
    let file = try client.open("/tmp/f")
    let piece = piece ?? UInt64(byteCount) + 1

    #expect(try client.readAll(file, piece: piece) == bytes)
    #expect(try client.read(file, at: UInt64(byteCount), count: piece).isEmpty)
    #expect(
      try client.read(file, count: piece)
        == Array(bytes.prefix(min(Int(piece), FileSystemProtocol.mostBytes))))
  }

  @Test(arguments: ["/tmp/f", "/etc/motd"], [1, 7, 511, 512, 1_999, 2_000, 2_001] as [UInt64])
  func `VFS_001 filesOfBothFileSystemsAreReadInPieces`(path: String, piece: UInt64) throws {
    let client = TestClient(try TestFiles())
    try client.save("/tmp/f", ReadOnlyRoot.motd)

    #expect(try client.readAll(client.open(path), piece: piece) == ReadOnlyRoot.motd)
  }

  @Test(arguments: ["/tmp/empty", "/tmp/f", "/tmp/page", "/etc/motd"])
  func `VFS_002 readingBehindTheEndGivesNothing`(path: String) throws {
    let client = TestClient(try TestFiles())
    try client.save("/tmp/empty", [])
    try client.save("/tmp/f", Self.bytes(5_000))
    try client.save("/tmp/page", Self.bytes(MemoryFileSystem.pageByteCount))
    let file = try client.open(path)
    let end = try client.status(path).byteCount

    let beyond: [UInt64] = [0, 1, 2, 4063, 4064, 4096, 1 << 31, 1 << 32, 1 << 53]
    for offset in beyond.map({ end + $0 })
      + [UInt64(Int64.max), 1 << 63, .max - 4096, .max - 1, .max]
    {
      for count in [0, 1, 4096, 16_384] as [UInt64] {
        #expect(try client.read(file, at: offset, count: count).isEmpty, "\(offset), \(count)")
      }
    }
    if end > 0 { #expect(try client.read(file, at: end - 1).count == 1) }
    #expect(try client.readAll(file).count == Int(end))
  }

  /// An open file is a badge that its server minted, and what one was never minted for is none:
  /// the badge of an open file with any bit changed but that of the right to write.
  @Test func `VFS_003 badFilesAreRefused`() throws {
    let client = TestClient(try TestFiles())
    try client.save("/tmp/f", [1])
    try client.makeDirectory("/tmp/d")
    let files = [try client.open("/tmp/f"), try client.open("/tmp/d")]
    let changed = files.flatMap { file in
      (0..<64).filter { $0 != 62 }.map { file ^ 1 << UInt64($0) }
    }
    let place = TestLender([[UInt8](repeating: 0, count: 100)], .write)

    for badge in changed + [0, .max, client.byName] {
      for request: FileSystemProtocol.Request in [
        .read(offset: 0), .list(cursor: 0), .fileStatus,
      ] {
        #expect(throws: FileSystemError.badFile, "badge \(badge), \(request)") {
          try client.ask(request, badge, place)
        }
      }
      for request: FileSystemProtocol.Request in [.write(offset: 0), .setByteCount(0)] {
        // One for reading alone is told so first.
        let isWritable = FileBadge(rawValue: badge)?.isWritable ?? true
        #expect(throws: isWritable ? FileSystemError.badFile : .noRight) {
          try client.ask(request, badge)
        }
      }
    }
    #expect(try client.load("/tmp/f") == [1])
  }

  /// The place of one that is gone is another's now.
  @Test(arguments: 1...8) func `VFS_003 fileWithThePlaceOfARemovedOneIsNotIt`(count: Int) throws {
    let client = TestClient(try TestFiles(nodeCapacity: 1))
    var gone: [UInt64] = []
    for _ in 0..<count {
      try client.save("/tmp/f", [1])
      gone.append(try client.open("/tmp/f", .write))
      try client.remove("/tmp/f")
    }
    try client.save("/tmp/g", [2])

    for file in gone {
      #expect(throws: FileSystemError.badFile) { try client.read(file) }
      #expect(throws: FileSystemError.badFile) { try client.write(file, [3]) }
      #expect(throws: FileSystemError.badFile) { try client.ask(.setByteCount(0), file) }
      #expect(throws: FileSystemError.badFile) { try client.status(of: file) }
    }
    #expect(try client.load("/tmp/g") == [2])
  }

  @Test(arguments: ["/", "/tmp", "/etc", "/void", "/tmp/d", "/tmp/d/e", "/tmp/", "/tmp/d/."])
  func `VFS_004 directoryIsNotRead`(path: String) throws {
    let client = TestClient(try TestFiles())
    try client.makeDirectory("/tmp/d")
    try client.makeDirectory("/tmp/d/e")
    let directory = try client.open(path)

    for offset in [0, 1, 4096, UInt64(Int64.max), .max] as [UInt64] {
      for count in [0, 1, 4096] as [UInt64] {
        #expect(throws: FileSystemError.isDirectory) {
          try client.read(directory, at: offset, count: count)
        }
      }
    }
    for options: FileOptions in [.write, .write.union(.truncate)] {
      #expect(throws: FileSystemError.isDirectory) { try client.open(path, options) }
    }
  }

  /// There is no seek, and nothing between two requests that one could move: clients that read one
  /// open file by turns, from wherever, and wrongly in between, get what is there.
  @Test func `VFS_013 eachRequestSaysWhere`() throws {
    let files = try TestFiles()
    let clients = [TestClient(files), TestClient(files)]
    let bytes = Self.bytes(9_000)
    try clients[0].save("/tmp/f", bytes)
    let file = try clients[0].open("/tmp/f", .write)
    let unreachable = TestLender([[0, 0]], .write, failure: .badPointer)

    for step in 0..<2_000 {
      let offset = step &* 7_919 % 9_010
      let part = try clients[step % 2].read(file, at: UInt64(offset), count: 3)
      #expect(part == Array(bytes.dropFirst(offset).prefix(3)))
      #expect(throws: FileSystemError.badArgument) {
        try clients[step % 2].write(file, [1, 2], at: .max)
      }
      if offset < bytes.count {
        #expect(throws: FileSystemError.badPointer) {
          try clients[step % 2].ask(.read(offset: UInt64(offset)), file, unreachable)
        }
      }
    }
    #expect(try clients[1].readAll(file) == bytes)
  }

  @Test func `VFS_013 writingAtOffsetsThatOverflowIsRefused`() throws {
    let client = TestClient(try TestFiles())
    try client.save("/tmp/f", [1, 2, 3])
    let file = try client.open("/tmp/f", .write)

    for distance in 0..<20 as Range<UInt64> {
      for count in 1...20 {
        let overflows = UInt64(count) > distance
        #expect(throws: overflows ? FileSystemError.badArgument : .noSpace) {
          try client.write(file, [UInt8](repeating: 9, count: count), at: .max - distance)
        }
      }
      #expect(try client.write(file, [], at: .max - distance) == 0)
      #expect(throws: FileSystemError.noSpace) {
        try client.ask(.setByteCount(.max - distance), file)
      }
    }
    for offset in (32..<64).map({ 1 << $0 as UInt64 }) + [UInt64(Int64.max)] {
      #expect(throws: FileSystemError.noSpace) { try client.write(file, [9], at: offset) }
      #expect(throws: FileSystemError.noSpace) { try client.ask(.setByteCount(offset), file) }
    }
    #expect(try client.load("/tmp/f") == [1, 2, 3])
  }
}
