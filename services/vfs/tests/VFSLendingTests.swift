import Libmnos
import LibmnosHost
import Testing

@testable import VFSService

/// What clients lend with their requests, and do not.
@Suite struct VFSLendingTests {
  private static let content = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 &* 3) }

  /// What a server can be told that reaches for what is lent, and what its client is told then.
  private static let failures: [(SyscallStatus, FileSystemError)] = [
    (.badPointer, .badPointer), (.badCapability, .gone), (.cancelled, .gone),
    (.badArgument, .failed), (.noRight, .failed),
  ]

  /// What is lent ends, is taken back or was never there, after any number of its bytes. The
  /// request is refused and changes nothing, and others are served.
  @Test(arguments: failures, [0, 1, 7, 4_064, 4_999])
  func `VFS_019 whatCannotBeReachedIsTheLendersFault`(
    failure: (status: SyscallStatus, error: FileSystemError), reachable: Int
  ) throws {
    let files = try TestFiles()
    let (client, other) = (TestClient(files), TestClient(files))
    try client.save("/tmp/f", Self.content)
    for name in "abcde" { try client.makeDirectory("/tmp/\(name)") }
    let (file, directory) = (try client.open("/tmp/f", .write), try client.open("/tmp"))
    let before = try other.tree("/tmp")
    let ones = [UInt8](repeating: 1, count: 5_000)
    func lender(_ bytes: [UInt8], _ access: LeaseAccess) -> TestLender {
      TestLender([bytes], access, failure: failure.status, reachable: reachable)
    }

    for (request, badge, lender) in [
      (.write(offset: 0), file, lender(ones, .read)),
      (.write(offset: 4_000), file, lender(ones, .read)),
      (.read(offset: 0), file, lender(ones, .write)),
      (.read(offset: 0), try client.open("/tmp/f"), lender(ones, .write)),
    ] as [(FileSystemProtocol.Request, UInt64, TestLender)] {
      #expect(throws: failure.error) { try client.ask(request, badge, lender) }
      #expect(try other.tree("/tmp") == before)
      if case .read = request {
        // What could be reached has what was to go there, and the rest is as it was.
        #expect(lender.bytes[0].prefix(reachable) == Self.content.prefix(reachable))
        #expect(lender.bytes[0].dropFirst(reachable).allSatisfy { $0 == 1 })
      }
    }
    // The listing takes 78 bytes.
    if reachable < 78 {
      let place = lender([UInt8](repeating: 0, count: 100), .write)
      #expect(throws: failure.error) { try client.ask(.list(cursor: 0), directory, place) }
      #expect(try other.list("/tmp").count == 6)
    }
  }

  /// Paths, the second of two as well, cut off after any of their bytes.
  @Test(arguments: failures, 0..<6)
  func `VFS_019 pathThatCannotBeReadNamesNothing`(
    failure: (status: SyscallStatus, error: FileSystemError), reachable: Int
  ) throws {
    let files = try TestFiles()
    let (client, other) = (TestClient(files), TestClient(files))
    try client.save("/tmp/f", [1])
    let before = try other.tree("/tmp")
    func lender(_ paths: [String]) -> TestLender {
      TestLender(
        paths.map { Array($0.utf8) }, .read, failure: failure.status, reachable: reachable)
    }

    for request: FileSystemProtocol.Request in [.status, .remove, .createDirectory] {
      #expect(throws: failure.error) { try client.ask(request, nil, lender(["/tmp/f"])) }
    }
    #expect(throws: failure.error) { try client.ask(.rename, nil, lender(["/tmp/f", "/tmp/g"])) }
    for bits in 0..<16 as Range<UInt64> {
      let path = lender(["/tmp/f"])
      #expect(throws: failure.error) {
        switch try files.server.open(FileOptions(bits: bits), from: client.byName, lending: path) {
        default: return
        }
      }
    }
    #expect(try other.tree("/tmp") == before)
  }

  @Test func `VFS_019 secondPathThatCannotBeReadRenamesNothing`() throws {
    let client = TestClient(try TestFiles())
    try client.save("/tmp/f", [1])
    // The first is read to its end.
    let paths = TestLender(
      [Array("/tmp/f".utf8), Array("/tmp/longer".utf8)], .read, failure: .badPointer, reachable: 6)

    #expect(throws: FileSystemError.badPointer) { try client.ask(.rename, nil, paths) }
    #expect(try client.tree("/tmp") == ["f": [1]])
  }

  @Test func `VFS_019 whatIsLentTheWrongWayOrNotAtAllIsNothing`() throws {
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
}
