import Libmnos
import Testing

@testable import VFSService

@Suite struct VFSServerTests {
  @Test(arguments: [0, 1, 511, 512, 513, 4096, 70_000], [1, 511, 512, 513, 4096])
  func vfs001ChunksGiveTheExactBytes(byteCount: Int, piece: UInt64) throws {
    guard byteCount / Int(piece) < 5_000 else { return }
    let client = try TestClient(TestFiles())
    let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 9) }
    try client.save("/tmp/f", bytes)
    let file = try client.open("/tmp/f")

    #expect(try client.readAll(file, piece: piece) == bytes)
    #expect(try client.read(file, count: UInt64(byteCount) + 1) == Array(bytes.prefix(16_384)))
    #expect(try client.read(file, at: UInt64(byteCount)).isEmpty)
  }

  @Test(arguments: ["/tmp/f", "/etc/motd"], [0, 1, UInt64(Int64.max), .max] as [UInt64])
  func vfs002ReadingBehindTheEndGivesNothing(path: String, beyond: UInt64) throws {
    let client = try TestClient(TestFiles())
    try client.save("/tmp/f", ReadOnlyRoot.motd)
    let file = try client.open(path)
    let offset = UInt64(ReadOnlyRoot.motd.count).addingReportingOverflow(beyond)

    #expect(try client.read(file, at: offset.overflow ? .max : offset.partialValue).isEmpty)
    #expect(try client.readAll(file) == ReadOnlyRoot.motd)
  }

  @Test func vfs003BadClosedAndForeignFilesAreRefused() throws {
    let files = try TestFiles()
    let client = try TestClient(files)
    let other = try TestClient(files)
    let file = try client.open("/etc/motd")
    let place = file & 0xffff_0000_0000

    for badge in [0, .max, client.session, other.session | place, file ^ 1 << 48, file | 1 << 40] {
      #expect(throws: FileSystemError.badFile) {
        try client.ask(.read(offset: 0, byteCount: 1), badge)
      }
    }
    try client.close(file)
    #expect(throws: FileSystemError.badFile) { try client.read(file) }
    #expect(throws: FileSystemError.badFile) { try client.close(file) }
  }

  @Test func vfs004DirectoryIsNotRead() throws {
    let client = try TestClient(TestFiles())

    for path in ["/", "/tmp", "/etc"] {
      let directory = try client.open(path)
      #expect(throws: FileSystemError.isDirectory) { try client.read(directory) }
    }
    #expect(throws: FileSystemError.isDirectory) { try client.open("/tmp", .write) }
  }

  @Test func vfs005FileIsNoDirectory() throws {
    let client = try TestClient(TestFiles())
    try client.save("/tmp/f", [1])

    for path in ["/tmp/f", "/etc/motd"] {
      let file = try client.open(path)
      #expect(throws: FileSystemError.notDirectory) {
        try client.ask(.list(cursor: 0, byteCount: 100), file)
      }
      #expect(throws: FileSystemError.notDirectory) { try client.open(path + "/x") }
      #expect(throws: FileSystemError.notDirectory) { try client.open(path + "/") }
    }
  }

  @Test(arguments: ["", "/nope", "/tmp/nope", "/nope/x", "/tmp/nope/x"])
  func vfs006MissingPartsAreNotFound(path: String) throws {
    let client = try TestClient(TestFiles())

    #expect(throws: FileSystemError.notFound) { try client.open(path) }
    #expect(throws: FileSystemError.notFound) { try client.status(path) }
  }

  @Test(arguments: ["/tmp/../etc/motd", "//etc//motd", "/etc/./motd", "/../etc/motd", "etc/motd"])
  func vfs008PathsCrossMountsAsWritten(path: String) throws {
    #expect(try TestClient(TestFiles()).load(path) == ReadOnlyRoot.motd)
  }

  @Test func vfs010ExclusiveCreateNeedsANewName() throws {
    let client = try TestClient(TestFiles())
    try client.save("/tmp/f", [1])

    #expect(throws: FileSystemError.exists) {
      try client.open("/tmp/f", .write.union(.create).union(.exclusive))
    }
    #expect(try client.read(client.open("/tmp/f", .create)) == [1])
    #expect(throws: FileSystemError.exists) { try client.makeDirectory("/tmp/f") }
    #expect(throws: FileSystemError.exists) { try client.makeDirectory("/tmp") }
    #expect(throws: FileSystemError.isDirectory) { try client.open("/tmp", .create) }
  }

  @Test func vfs011ReadOnlyRootRefusesEveryChange() throws {
    let client = try TestClient(TestFiles())
    let changes: [() throws -> Void] = [
      { _ = try client.open("/new", .write.union(.create)) },
      { _ = try client.open("/etc/motd", .write) },
      { try client.makeDirectory("/new") },
      { try client.remove("/etc/motd") },
      { try client.remove("/void") },
      { try client.rename("/etc/motd", to: "/etc/other") },
    ]

    for change in changes { #expect(throws: FileSystemError.readOnly) { try change() } }
    #expect(try client.list("/") == ["etc", "tmp", "void"])
    #expect(try client.load("/etc/motd") == ReadOnlyRoot.motd)
  }

  @Test func vfs012FileOpenedForReadingIsNotChanged() throws {
    let client = try TestClient(TestFiles())
    try client.save("/tmp/f", [1, 2])
    let file = try client.open("/tmp/f")

    #expect(throws: FileSystemError.noRight) { try client.write(file, [3]) }
    #expect(throws: FileSystemError.noRight) { try client.ask(.setByteCount(0), file) }
    #expect(try client.read(file) == [1, 2])
  }

  @Test func writingAtOverflowingOffsetsIsRefused() throws {
    let client = try TestClient(TestFiles())
    let file = try client.open("/tmp/f", .write.union(.create))

    #expect(throws: FileSystemError.badArgument) { try client.write(file, [1, 2], at: .max) }
    #expect(throws: FileSystemError.noSpace) { try client.write(file, [1], at: .max - 1) }
    #expect(throws: FileSystemError.noSpace) { try client.ask(.setByteCount(.max), file) }
    #expect(try client.status("/tmp/f").byteCount == 0)
  }

  @Test(arguments: [0, 1, 1_000], [16, 7 * 16 + 3, 16_384] as [UInt64])
  func vfs014EveryNameIsListedOnce(count: Int, byteCount: UInt64) throws {
    let client = try TestClient(TestFiles())
    let names = (0..<count).map { "\(10_000 + $0)".suffix(4) }.map(String.init)
    for name in names { try client.makeDirectory("/tmp/" + name) }

    #expect(try client.list("/tmp", byteCount: byteCount) == names)
  }

  @Test func vfs014BufferTooSmallForOneNameIsRefused() throws {
    let client = try TestClient(TestFiles())
    try client.makeDirectory("/tmp/name")

    for byteCount: UInt64 in [0, 1, 15] {
      #expect(throws: FileSystemError.badArgument) {
        try client.list("/tmp", byteCount: byteCount)
      }
    }
  }

  @Test func vfs014NamesThatStayAreListedOnceWhileOthersGo() throws {
    let client = try TestClient(TestFiles())
    for name in "abcdefgh" { try client.makeDirectory("/tmp/\(name)") }
    let directory = try client.open("/tmp")
    guard case .listed(_, let cursor) = try client.ask(.list(cursor: 0, byteCount: 40), directory)
    else { return }
    try client.remove("/tmp/a")
    try client.remove("/tmp/d")

    guard
      case .listed(let count, _) = try client.ask(
        .list(cursor: cursor, byteCount: 1_000), directory)
    else { return }
    var (names, offset) = ([UInt8](), 0)
    let copy = client.buffer
    while let entry = FileListing.next(
      in: copy.span.extracting(0..<Int(count)), at: &offset)
    { names += entry.name }

    #expect(names == Array("efgh".utf8) || names == Array("defgh".utf8.filter { $0 != 0x64 }))
  }

  @Test func vfs016StatusAgreesWithWhatCanBeRead() throws {
    let client = try TestClient(TestFiles())
    try client.save("/tmp/f", [UInt8](repeating: 1, count: 5_000))

    #expect(
      try client.status("/tmp/f") == FileStatus(kind: .file, byteCount: 5_000, isWritable: true))
    #expect(
      try client.status("/etc/motd")
        == FileStatus(kind: .file, byteCount: UInt64(ReadOnlyRoot.motd.count), isWritable: false))
    #expect(try client.status("/").kind == .directory)
    #expect(try client.status("/tmp").isWritable)
  }

  @Test func vfs017RenameHasOneOutcomeForEachTarget() throws {
    let client = try TestClient(TestFiles())
    for name in ["d", "d/in", "empty"] { try client.makeDirectory("/tmp/" + name) }
    try client.save("/tmp/f", [1])
    try client.save("/tmp/g", [2])

    try client.rename("/tmp/f", to: "/tmp/f")
    #expect(throws: FileSystemError.isDirectory) { try client.rename("/tmp/f", to: "/tmp/d") }
    #expect(throws: FileSystemError.notDirectory) { try client.rename("/tmp/d", to: "/tmp/f") }
    #expect(throws: FileSystemError.intoItself) { try client.rename("/tmp/d", to: "/tmp/d/in/x") }
    #expect(throws: FileSystemError.notEmpty) { try client.rename("/tmp/empty", to: "/tmp/d") }
    #expect(throws: FileSystemError.notFound) { try client.rename("/tmp/no", to: "/tmp/x") }
    #expect(throws: FileSystemError.inUse) { try client.rename("/tmp", to: "/tmp/x") }
    #expect(throws: FileSystemError.crossesFileSystems) {
      try client.rename("/tmp/f", to: "/etc/f")
    }
    #expect(try client.list("/tmp") == ["d", "empty", "f", "g"])

    try client.rename("/tmp/f", to: "/tmp/g")
    #expect(try client.load("/tmp/g") == [1])
    try client.rename("/tmp/d", to: "/tmp/empty")
    #expect(try client.list("/tmp").sorted() == ["empty", "g"])
    #expect(try client.list("/tmp/empty") == ["in"])
  }

  @Test func vfs018RemovedFileIsReadUntilItIsClosed() throws {
    let client = try TestClient(TestFiles(pageCapacity: 2))
    try client.save("/tmp/f", [UInt8](repeating: 7, count: 2 * MemoryFileSystem.pageByteCount))
    let file = try client.open("/tmp/f")

    try client.remove("/tmp/f")
    #expect(throws: FileSystemError.notFound) { try client.open("/tmp/f") }
    #expect(try client.readAll(file).count == 2 * MemoryFileSystem.pageByteCount)
    #expect(throws: FileSystemError.noSpace) { try client.save("/tmp/g", [1]) }

    try client.close(file)
    try client.save("/tmp/g", [UInt8](repeating: 8, count: 2 * MemoryFileSystem.pageByteCount))
    #expect(try client.load("/tmp/g").allSatisfy { $0 == 8 })
  }

  @Test func vfs018SpaceReturnsWithTheSession() throws {
    let files = try TestFiles(pageCapacity: 1)
    let client = try TestClient(files)
    let file = try client.open("/tmp/f", .write.union(.create))
    try client.write(file, [1])
    try client.remove("/tmp/f")

    files.server.endSession(client.session)

    try TestClient(files).save("/tmp/g", [2])
  }

  @Test func vfs023NoSpaceLeavesTheFileAsItWas() throws {
    let client = try TestClient(TestFiles(pageCapacity: 3, nodeCapacity: 2))
    try client.save("/tmp/f", [UInt8](repeating: 1, count: 5_000))
    let file = try client.open("/tmp/f", .write)

    #expect(throws: FileSystemError.noSpace) {
      try client.write(file, [UInt8](repeating: 2, count: 8_192), at: 5_000)
    }
    #expect(try client.readAll(file) == [UInt8](repeating: 1, count: 5_000))
    try client.makeDirectory("/tmp/d")
    #expect(throws: FileSystemError.noSpace) { try client.makeDirectory("/tmp/e") }
    #expect(throws: FileSystemError.noSpace) { try client.save("/tmp/e", []) }
    #expect(try client.list("/tmp") == ["f", "d"])
  }

  @Test func vfs023NoFileLeftIsToldAndReadsGoOn() throws {
    let client = try TestClient(TestFiles())
    var open: [UInt64] = []
    #expect(throws: FileSystemError.noFile) {
      while true { open.append(try client.open("/etc/motd")) }
    }

    #expect(try client.read(open[0], count: 3) == Array(ReadOnlyRoot.motd.prefix(3)))
    try client.close(open[1])
    _ = try client.open("/etc/motd")
  }

  @Test func idleSessionMakesRoomAndABusyOneDoesNot() throws {
    let files = try TestFiles()
    let clients = try (0..<FileServer<MountedFileSystem<ReadOnlyRoot>>.sessionCapacity).map { _ in
      try TestClient(files)
    }
    #expect(throws: FileSystemError.noFile) { try TestClient(files) }

    files.now = 31_000_000_000
    for client in clients.dropFirst() { _ = try client.status("/") }
    let newcomer = try TestClient(files)

    #expect(throws: FileSystemError.badFile) { try clients[0].status("/") }
    #expect(try clients[1].status("/").kind == .directory)
    #expect(try newcomer.status("/").kind == .directory)
  }

  @Test func truncatedFileReadsAsZerosWhenItGrows() throws {
    let client = try TestClient(TestFiles())
    try client.save("/tmp/f", [UInt8](repeating: 9, count: 6_000))
    let file = try client.open("/tmp/f", .write)

    _ = try client.ask(.setByteCount(10), file)
    _ = try client.ask(.setByteCount(5_000), file)

    let expected = [UInt8](repeating: 9, count: 10) + [UInt8](repeating: 0, count: 4_990)
    #expect(try client.readAll(file) == expected)
  }

  @Test func namesThatCannotBeShownAreNotMade() throws {
    let client = try TestClient(TestFiles())

    #expect(throws: FileSystemError.badArgument) { try client.makeDirectory("/tmp/a\u{1b}[2J") }
    #expect(throws: FileSystemError.badArgument) { try client.makeDirectory("/tmp/a\nb") }
  }
}
