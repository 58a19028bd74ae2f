import Libmnos
import Testing

@testable import VFSService

@Suite struct VFSServerTests {
  @Test(arguments: [0, 1, 511, 512, 513, 4096, 70_000], [1, 511, 512, 513, 4096])
  func vfs001ChunksGiveTheExactBytes(byteCount: Int, piece: UInt64) throws {
    guard byteCount / Int(piece) < 5_000 else { return }
    let client = TestClient(try TestFiles())
    let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: $0 &* 13 &+ $0 >> 9) }
    try client.save("/tmp/f", bytes)
    let file = try client.open("/tmp/f")

    #expect(try client.readAll(file, piece: piece) == bytes)
    #expect(try client.read(file, count: UInt64(byteCount) + 1) == Array(bytes.prefix(16_384)))
    #expect(try client.read(file, at: UInt64(byteCount)).isEmpty)
  }

  @Test(arguments: ["/tmp/f", "/etc/motd"], [0, 1, UInt64(Int64.max), .max] as [UInt64])
  func vfs002ReadingBehindTheEndGivesNothing(path: String, beyond: UInt64) throws {
    let client = TestClient(try TestFiles())
    try client.save("/tmp/f", ReadOnlyRoot.motd)
    let file = try client.open(path)
    let offset = UInt64(ReadOnlyRoot.motd.count).addingReportingOverflow(beyond)

    #expect(try client.read(file, at: offset.overflow ? .max : offset.partialValue).isEmpty)
    #expect(try client.readAll(file) == ReadOnlyRoot.motd)
  }

  @Test func vfs003BadAndForeignFilesAreRefused() throws {
    let client = TestClient(try TestFiles())
    let file = try client.open("/etc/motd")
    try client.save("/tmp/f", [1])
    let other = try client.open("/tmp/f")

    // None at all, that of the service itself, another place, another generation, a bit too many.
    for badge in [
      0, .max, client.byName, file ^ 1 << 61, other ^ 1, other ^ 1 << 16, other | 1 << 63,
    ] {
      #expect(throws: FileSystemError.badFile) { try client.read(badge, count: 1) }
    }
    #expect(throws: FileSystemError.badFile) { try client.ask(.fileStatus, client.byName) }
  }

  @Test func namesAreAskedOfTheServiceAlone() throws {
    let client = TestClient(try TestFiles())
    let file = try client.open("/tmp")
    let path = TestLender([Array("/etc/motd".utf8), Array("/tmp/x".utf8)], .read)

    for request: FileSystemProtocol.Request in [.status, .createDirectory, .remove, .rename] {
      for badge in [0, file] {
        #expect(throws: FileSystemError.badFile) { try client.ask(request, badge, path) }
      }
    }
    #expect(throws: FileSystemError.badFile) {
      switch try client.files.server.open(.read, from: file, lending: path) {
      default: return
      }
    }
  }

  /// A client cannot make a server read or write where it has not lent, nor harm it by what is not there.
  @Test(
    arguments: [
      (SyscallStatus.badPointer, FileSystemError.badPointer), (.badCapability, .gone),
      (.cancelled, .gone),
    ] as [(SyscallStatus, FileSystemError)])
  func vfs019WhatCannotBeReachedIsTheLendersFault(
    status: SyscallStatus, error: FileSystemError
  ) throws {
    let client = TestClient(try TestFiles())
    try client.save("/tmp/f", [1, 2, 3])
    let file = try client.open("/tmp/f", .write)
    let readable = TestLender([Array("/tmp/f".utf8), [9]], .read, failure: status)
    let writable = TestLender([[0, 0, 0]], .write, failure: status)

    for (request, badge, lender) in [
      (.status, nil, readable), (.remove, nil, readable), (.rename, nil, readable),
      (.write(offset: 0), file, readable), (.read(offset: 0), file, writable),
    ] as [(FileSystemProtocol.Request, UInt64?, TestLender)] {
      #expect(throws: error) { try client.ask(request, badge, lender) }
    }
    let directory = try client.open("/tmp")
    let place = TestLender([[UInt8](repeating: 0, count: 100)], .write, failure: status)
    #expect(throws: error) { try client.ask(.list(cursor: 0), directory, place) }
    #expect(try client.load("/tmp/f") == [1, 2, 3])
  }

  @Test func whatIsLentTheWrongWayOrNotAtAllIsNothing() throws {
    let client = TestClient(try TestFiles())
    try client.save("/tmp/f", [1, 2, 3])
    let file = try client.open("/tmp/f", .write)

    for lender in [TestLender([], .none), TestLender([[7, 7]], .write)] {
      #expect(try client.ask(.write(offset: 0), file, lender) == .count(0))
      #expect(throws: FileSystemError.notFound) { try client.ask(.status, nil, lender) }
    }
    let lender = TestLender([[7, 7]], .read)
    #expect(try client.ask(.read(offset: 0), file, lender) == .count(0))
    #expect(lender.bytes == [[7, 7]])
    #expect(try client.load("/tmp/f") == [1, 2, 3])
  }

  @Test func aPathThatIsTooLongIsNotRead() throws {
    let client = TestClient(try TestFiles())
    let unreachable = TestLender(
      [[UInt8](repeating: 0x61, count: FilePath.maximumByteCount + 1)], .read, failure: .badPointer)

    #expect(throws: FileSystemError.nameTooLong) { try client.ask(.status, nil, unreachable) }
  }

  @Test func oneRequestTakesAndBringsSoMuch() throws {
    let client = TestClient(try TestFiles())
    let bytes = (0..<40_000).map { UInt8(truncatingIfNeeded: $0 &* 3) }
    let file = try client.open("/tmp/f", .write.union(.create))

    #expect(try client.write(file, bytes) == FileSystemProtocol.mostBytes)
    try client.save("/tmp/f", bytes)
    #expect(try client.read(file, count: 40_000).count == FileSystemProtocol.mostBytes)
    #expect(try client.load("/tmp/f") == bytes)
  }

  /// What one client has open takes nothing from another.
  @Test func aClientWithManyFilesTakesNothingFromOthers() throws {
    let files = try TestFiles()
    let hog = TestClient(files)
    let other = TestClient(files)
    try other.save("/tmp/f", [1, 2])
    let held = try (0..<10_000).map { _ in try hog.open("/tmp/f") }

    let file = try other.open("/tmp/f", .write)
    try other.write(file, [3])

    #expect(try other.load("/tmp/f") == [3, 2])
    #expect(try hog.read(held[9_999]) == [3, 2])
  }

  @Test func vfs004DirectoryIsNotRead() throws {
    let client = TestClient(try TestFiles())

    for path in ["/", "/tmp", "/etc"] {
      let directory = try client.open(path)
      #expect(throws: FileSystemError.isDirectory) { try client.read(directory) }
    }
    #expect(throws: FileSystemError.isDirectory) { try client.open("/tmp", .write) }
  }

  @Test func vfs005FileIsNoDirectory() throws {
    let client = TestClient(try TestFiles())
    try client.save("/tmp/f", [1])

    for path in ["/tmp/f", "/etc/motd"] {
      let file = try client.open(path)
      #expect(throws: FileSystemError.notDirectory) {
        try client.list(file, from: 0, byteCount: 100)
      }
      #expect(throws: FileSystemError.notDirectory) { try client.open(path + "/x") }
      #expect(throws: FileSystemError.notDirectory) { try client.open(path + "/") }
    }
  }

  @Test(arguments: ["", "/nope", "/tmp/nope", "/nope/x", "/tmp/nope/x"])
  func vfs006MissingPartsAreNotFound(path: String) throws {
    let client = TestClient(try TestFiles())

    #expect(throws: FileSystemError.notFound) { try client.open(path) }
    #expect(throws: FileSystemError.notFound) { try client.status(path) }
  }

  @Test(arguments: ["/tmp/../etc/motd", "//etc//motd", "/etc/./motd", "/../etc/motd", "etc/motd"])
  func vfs008PathsCrossMountsAsWritten(path: String) throws {
    #expect(try TestClient(TestFiles()).load(path) == ReadOnlyRoot.motd)
  }

  @Test func vfs010ExclusiveCreateNeedsANewName() throws {
    let client = TestClient(try TestFiles())
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
    let client = TestClient(try TestFiles())
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
    let client = TestClient(try TestFiles())
    try client.save("/tmp/f", [1, 2])
    let file = try client.open("/tmp/f")

    #expect(throws: FileSystemError.noRight) { try client.write(file, [3]) }
    #expect(throws: FileSystemError.noRight) { try client.ask(.setByteCount(0), file) }
    #expect(try client.read(file) == [1, 2])
  }

  @Test func writingAtOverflowingOffsetsIsRefused() throws {
    let client = TestClient(try TestFiles())
    let file = try client.open("/tmp/f", .write.union(.create))

    #expect(throws: FileSystemError.badArgument) { try client.write(file, [1, 2], at: .max) }
    #expect(throws: FileSystemError.noSpace) { try client.write(file, [1], at: .max - 1) }
    #expect(throws: FileSystemError.noSpace) { try client.ask(.setByteCount(.max), file) }
    #expect(try client.status("/tmp/f").byteCount == 0)
  }

  @Test(arguments: [0, 1, 1_000], [16, 7 * 16 + 3, 16_384] as [UInt64])
  func vfs014EveryNameIsListedOnce(count: Int, byteCount: UInt64) throws {
    let client = TestClient(try TestFiles())
    let names = (0..<count).map { "\(10_000 + $0)".suffix(4) }.map(String.init)
    for name in names { try client.makeDirectory("/tmp/" + name) }

    #expect(try client.list("/tmp", byteCount: byteCount) == names)
  }

  @Test func vfs014BufferTooSmallForOneNameIsRefused() throws {
    let client = TestClient(try TestFiles())
    try client.makeDirectory("/tmp/name")

    for byteCount: UInt64 in [0, 1, 15] {
      #expect(throws: FileSystemError.badArgument) {
        try client.list("/tmp", byteCount: byteCount)
      }
    }
  }

  @Test func vfs014NamesThatStayAreListedOnceWhileOthersGo() throws {
    let client = TestClient(try TestFiles())
    for name in "abcdefgh" { try client.makeDirectory("/tmp/\(name)") }
    let directory = try client.open("/tmp")
    let cursor = try client.list(directory, from: 0, byteCount: 40).next
    try client.remove("/tmp/a")
    try client.remove("/tmp/d")

    let names = try client.list(directory, from: cursor, byteCount: 1_000).names.joined()

    #expect(names == "efgh" || names == "defgh")
  }

  @Test func vfs016StatusAgreesWithWhatCanBeRead() throws {
    let client = TestClient(try TestFiles())
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
    let client = TestClient(try TestFiles())
    for name in ["d", "d/in", "empty"] { try client.makeDirectory("/tmp/" + name) }
    try client.save("/tmp/f", [1])
    try client.save("/tmp/g", [2])

    try client.rename("/tmp/f", to: "/tmp/f")
    #expect(throws: FileSystemError.isDirectory) { try client.rename("/tmp/f", to: "/tmp/d") }
    #expect(throws: FileSystemError.notDirectory) { try client.rename("/tmp/d", to: "/tmp/f") }
    #expect(throws: FileSystemError.intoItself) { try client.rename("/tmp/d", to: "/tmp/d/in/x") }
    #expect(throws: FileSystemError.notDirectory) { try client.rename("/tmp/f", to: "/tmp/f/x") }
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

  @Test func vfs018RemovedFileIsReadUntilItsSpaceIsNeeded() throws {
    let client = TestClient(try TestFiles(pageCapacity: 3))
    try client.save("/tmp/f", [UInt8](repeating: 7, count: 2 * MemoryFileSystem.pageByteCount))
    let file = try client.open("/tmp/f")

    try client.remove("/tmp/f")
    #expect(throws: FileSystemError.notFound) { try client.open("/tmp/f") }
    try client.save("/tmp/g", [1])
    #expect(try client.readAll(file).count == 2 * MemoryFileSystem.pageByteCount)

    try client.save("/tmp/h", [UInt8](repeating: 8, count: 2 * MemoryFileSystem.pageByteCount))
    #expect(try client.load("/tmp/h").allSatisfy { $0 == 8 })
    #expect(throws: FileSystemError.badFile) { try client.read(file) }
    #expect(try client.load("/tmp/g") == [1])
  }

  @Test func vfs018TheFirstThatWasRemovedGoesFirst() throws {
    let client = TestClient(try TestFiles(pageCapacity: 3))
    for name in ["a", "b", "c"] { try client.save("/tmp/" + name, [1]) }
    let files = try ["a", "b", "c"].map { try client.open("/tmp/" + $0) }
    for name in ["b", "a", "c"] { try client.remove("/tmp/" + name) }

    try client.save("/tmp/d", [2])

    #expect(throws: FileSystemError.badFile) { try client.read(files[1]) }
    #expect(try client.read(files[0]) == [1])
    #expect(try client.read(files[2]) == [1])
  }

  @Test func vfs018ARemovedFileThatGrowsKeepsItself() throws {
    let client = TestClient(try TestFiles(pageCapacity: 2))
    try client.save("/tmp/f", [1])
    let file = try client.open("/tmp/f", .write)
    try client.remove("/tmp/f")

    try client.write(file, [2], at: UInt64(MemoryFileSystem.pageByteCount))
    #expect(throws: FileSystemError.noSpace) {
      try client.write(file, [3], at: UInt64(2 * MemoryFileSystem.pageByteCount))
    }
    #expect(try client.readAll(file).count == MemoryFileSystem.pageByteCount + 1)
  }

  @Test func noSpaceLeavesRemovedFilesAsTheyWere() throws {
    let client = TestClient(try TestFiles(pageCapacity: 2))
    for name in ["a", "b"] { try client.save("/tmp/" + name, [1]) }
    let file = try client.open("/tmp/a")
    try client.remove("/tmp/a")

    #expect(throws: FileSystemError.noSpace) {
      try client.write(
        client.open("/tmp/b", .write), [2], at: UInt64(3 * MemoryFileSystem.pageByteCount))
    }
    #expect(try client.read(file) == [1])
  }

  /// The place of one that is gone is another's now.
  @Test func vfs003FileWithThePlaceOfARemovedOneIsNotIt() throws {
    let client = TestClient(try TestFiles(nodeCapacity: 1))
    try client.save("/tmp/f", [1])
    let file = try client.open("/tmp/f")
    try client.remove("/tmp/f")
    try client.save("/tmp/g", [2])

    #expect(throws: FileSystemError.badFile) { try client.read(file) }
    #expect(try client.load("/tmp/g") == [2])
  }

  @Test func vfs023NoSpaceLeavesTheFileAsItWas() throws {
    let client = TestClient(try TestFiles(pageCapacity: 3, nodeCapacity: 2))
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

  @Test func truncatedFileReadsAsZerosWhenItGrows() throws {
    let client = TestClient(try TestFiles())
    try client.save("/tmp/f", [UInt8](repeating: 9, count: 6_000))
    let file = try client.open("/tmp/f", .write)

    _ = try client.ask(.setByteCount(10), file)
    _ = try client.ask(.setByteCount(5_000), file)

    let expected = [UInt8](repeating: 9, count: 10) + [UInt8](repeating: 0, count: 4_990)
    #expect(try client.readAll(file) == expected)
  }

  @Test func namesThatCannotBeShownAreNotMade() throws {
    let client = TestClient(try TestFiles())

    #expect(throws: FileSystemError.badArgument) { try client.makeDirectory("/tmp/a\u{1b}[2J") }
    #expect(throws: FileSystemError.badArgument) { try client.makeDirectory("/tmp/a\nb") }
  }
}
