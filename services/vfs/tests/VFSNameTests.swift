import Libmnos
import LibmnosHost
import Testing

@testable import VFSService

/// Requests on names: what is not there, what is of the other kind, and what may not be done.
@Suite struct VFSNameTests {
  private typealias Request = (name: String, ask: @Sendable (TestClient, String) throws -> Void)

  private static let looks: [Request] = [
    ("open", { _ = try $0.open($1) }), ("status", { _ = try $0.status($1) }),
  ]
  /// Requests that need what they name.
  private static let uses: [Request] = [
    ("open to write", { _ = try $0.open($1, .write) }),
    ("open to cut", { _ = try $0.open($1, .write.union(.truncate)) }),
    ("remove", { try $0.remove($1) }), ("rename", { try $0.rename($1, to: "/tmp/new") }),
  ]
  /// Requests that make what they name.
  private static let makes: [Request] = [
    ("create", { _ = try $0.open($1, .write.union(.create)) }),
    ("create anew", { _ = try $0.open($1, .create.union(.exclusive)) }),
    ("make directory", { try $0.makeDirectory($1) }),
    ("rename file to", { try $0.rename("/tmp/f", to: $1) }),
    ("rename directory to", { try $0.rename("/tmp/e", to: $1) }),
  ]

  /// A client with files and directories.
  private func makeClient() throws -> TestClient {
    let client = TestClient(try TestFiles())
    try client.save("/tmp/f", [1])
    try client.makeDirectory("/tmp/d")
    try client.makeDirectory("/tmp/d/in")
    try client.save("/tmp/d/f", [2])
    try client.makeDirectory("/tmp/e")
    return client
  }

  /// Each request, on each of the paths, is refused and changes nothing.
  private func expectRefused(_ requests: [Request], _ paths: [String], as error: FileSystemError)
    throws
  {
    let client = try makeClient()
    let before = try client.tree("/tmp")
    for (name, ask) in requests {
      for path in paths {
        #expect(throws: error, "\(name) \(path)") { try ask(client, path) }
      }
    }
    #expect(try client.tree("/tmp") == before)
  }

  @Test func `VFS_005 fileIsNotListed`() throws {
    let client = try makeClient()
    for path in ["/tmp/f", "/tmp/d/f", "/etc/motd"] {
      let file = try client.open(path)
      for cursor in [0, 1, .max] as [UInt64] {
        for byteCount in [0, 1, 100] as [UInt64] {
          #expect(throws: FileSystemError.notDirectory) {
            try client.list(file, from: cursor, byteCount: byteCount)
          }
        }
      }
    }
  }

  @Test func `VFS_005 fileIsNoPartOfAPath`() throws {
    // By its letters, the last one is the file as a directory too.
    let paths = ["/x", "/x/y", "/x/y/", "/", "/.", "//", "/x/../y/.."].flatMap { end in
      ["/tmp/f", "/tmp/d/f", "/tmp/d/in/../f"].map { $0 + end }
    }
    try expectRefused(Self.looks + Self.uses + Self.makes, paths, as: .notDirectory)
    try expectRefused(
      Self.looks, ["/etc/motd/x", "/etc/motd/", "/etc/motd/x/y"], as: .notDirectory)
  }

  @Test func `VFS_006 whatIsMissingIsNotFound`() throws {
    let paths = ["", "/tmp/nope", "/tmp/nope/x", "/tmp/nope/x/y", "/tmp/d/nope", "/tmp/d/in/no/x"]
    try expectRefused(Self.looks + Self.uses, paths + ["/tmp/nope/"], as: .notFound)
    try expectRefused(Self.looks, ["/nope", "/nope/x", "/etc/nope", "/void/x"], as: .notFound)
    try expectRefused(
      Self.makes, ["", "/tmp/nope/x", "/tmp/nope/x/y", "/tmp/d/no/x"], as: .notFound)
  }

  @Test func `VFS_008 pathsCrossMountsAsWritten`() throws {
    let client = try makeClient()
    for path in [
      "/tmp/../etc/motd", "//etc//motd", "/etc/./motd", "/../etc/motd", "etc/motd",
      "/tmp/nope/../../etc/motd", "../../etc/motd", "./etc/motd", "/etc/motd/../motd",
      "/tmp/d/in/../../../../../etc/motd",
    ] {
      #expect(try client.load(path) == ReadOnlyRoot.motd, "\(path)")
    }
    for path in ["/tmp/d/f", "/etc/../tmp/./d//in/../f", "/void/../tmp/d/f", "tmp/d/f"] {
      #expect(try client.load(path) == [2], "\(path)")
    }
    for path in ["/", ".", "..", "//", "/..", "/tmp/..", "/tmp/../..", "/tmp/d/../../.."] {
      #expect(try client.list(path) == ["etc", "tmp", "void"], "\(path)")
    }
    for path in ["/tmp", "/tmp/", "/tmp/.", "/tmp/d/..", "/tmp/d/../", "//tmp//d//in//..//.."] {
      #expect(try client.list(path) == ["f", "d", "e"], "\(path)")
    }
  }

  /// Every set of options, for a file, for nothing, and for a directory.
  @Test(arguments: 0..<16 as Range<UInt64>)
  func `VFS_010 optionsDecideWhatIsOpened`(bits: UInt64) throws {
    let options = FileOptions(bits: bits)
    let isNew = options.includes(.create.union(.exclusive))
    let makes = options.includes(.create)
    let cuts = options.includes(.write.union(.truncate))
    func outcome(_ path: String) throws -> (error: FileSystemError?, tree: [String: [UInt8]?]) {
      let client = try makeClient()
      do {
        let (file, status) = try client.openWithStatus(path, options)
        #expect(try client.status(of: file) == status)
        return (nil, try client.tree("/tmp"))
      } catch {
        return (error as? FileSystemError, try client.tree("/tmp"))
      }
    }
    let before = try makeClient().tree("/tmp")

    let file = try outcome("/tmp/f")
    #expect(file.error == (isNew ? .exists : nil))
    #expect(file.tree["f"] == (cuts && !isNew ? [] : [1]) && file.tree.count == before.count)
    let missing = try outcome("/tmp/d/new")
    #expect(missing.error == (makes ? nil : .notFound))
    #expect(missing.tree.count == before.count + (makes ? 1 : 0))
    #expect(missing.tree["d/new"] == (makes ? .some([]) : nil))
    for path in ["/tmp/d", "/tmp", "/tmp/d/in/"] {
      let directory = try outcome(path)
      let isRefused = makes || options.includes(.write)
      #expect(directory.error == (isNew ? .exists : isRefused ? .isDirectory : nil))
      #expect(directory.tree == before)
    }
    #expect(try outcome("/tmp/new/").error == (makes ? .isDirectory : .notFound))
    let fixed = try makeClient()
    if !makes && !options.includes(.write) {
      #expect(try fixed.read(fixed.open("/etc/motd", options), count: 1) == [0])
    } else {
      #expect(throws: FileSystemError.readOnly) { try fixed.open("/etc/motd", options) }
    }
  }

  @Test func `VFS_010 directoryIsMadeUnderANewNameOnly`() throws {
    try expectRefused(
      [("make directory", { try $0.makeDirectory($1) })],
      ["/tmp/f", "/tmp/d", "/tmp/d/", "/tmp/d/in", "/tmp/d/f", "/tmp", "/tmp/", "/tmp/d/."],
      as: .exists)
  }

  @Test func `VFS_011 changesOutsideOfAMountAreTheReadOnlyRoots`() throws {
    try expectRefused(
      [
        ("create", { _ = try $0.open($1, .write.union(.create)) }),
        ("create alone", { _ = try $0.open($1, .create) }),
        ("make directory", { try $0.makeDirectory($1) }), ("remove", { try $0.remove($1) }),
        ("rename", { try $0.rename($1, to: "/etc/other") }),
        ("rename to", { try $0.rename("/etc/motd", to: $1) }),
      ], ["/new", "/etc/motd", "/etc", "/void", "/void/new", "/tmp/../new"], as: .readOnly)
    try expectRefused(
      [("write", { _ = try $0.open($1, .write) })], ["/etc/motd", "/etc/./motd"], as: .readOnly)
    try expectRefused(
      [("rename", { try $0.rename($1, to: "/tmp/x") })], ["/etc/motd", "/void", "/"],
      as: .crossesFileSystems)
    let client = try makeClient()
    #expect(try client.list("/") == ["etc", "tmp", "void"] && client.list("/void").isEmpty)
    #expect(try client.load("/etc/motd") == ReadOnlyRoot.motd)
  }

  /// Every way to open one without the right to write; what is lent need not even be there.
  @Test(arguments: (0..<16 as Range<UInt64>).filter { $0 & 1 == 0 && $0 & 6 != 6 })
  func `VFS_012 fileOpenedForReadingIsNotChanged`(bits: UInt64) throws {
    let client = TestClient(try TestFiles())
    let content = [UInt8](repeating: 5, count: 5_000)
    try client.save("/tmp/f", content)
    let file = try client.open("/tmp/f", FileOptions(bits: bits))

    for offset in [0, 1, 4_999, 5_000, 1 << 40, .max] as [UInt64] {
      for count in [0, 1, 5_000] {
        #expect(throws: FileSystemError.noRight) {
          try client.write(file, [UInt8](repeating: 6, count: count), at: offset)
        }
      }
      #expect(throws: FileSystemError.noRight) { try client.ask(.setByteCount(offset), file) }
    }
    let unreachable = TestLender([[6]], .read, failure: .badPointer)
    #expect(throws: FileSystemError.noRight) {
      try client.ask(.write(offset: 0), file, unreachable)
    }
    for path in ["/etc/motd", "/tmp", "/"] {
      let other = try client.open(path)
      #expect(throws: FileSystemError.noRight) { try client.write(other, [6]) }
      #expect(throws: FileSystemError.noRight) { try client.ask(.setByteCount(0), other) }
    }
    #expect(try client.readAll(file) == content)
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
      switch try client.service.server.open(.read, from: file, lending: path) {
      default: return
      }
    }
  }

  @Test func namesThatCannotBeShownAreNotMade() throws {
    try expectRefused(
      Self.makes, ["/tmp/a\u{1b}[2J", "/tmp/a\nb", "/tmp/\u{7f}", "/tmp/d/\t"], as: .badArgument)
  }
}
