import Libmnos
import LibmnosHost
import Testing

@testable import VFSService

/// Directories by cursor, and what is told of files without reading them.
@Suite struct VFSListingTests {
  /// Entries with names of four bytes take 16 bytes.
  private static func names(_ count: Int) -> [String] {
    (0..<count).map { String("\(10_000 + $0)".suffix(4)) }
  }

  /// Room for one entry to eight, and for each part of the next.
  @Test(arguments: [0, 1, 2, 6, 7, 8, 30], 16...130)
  func `VFS_014 everyNameIsListedOnce`(count: Int, byteCount: UInt64) throws {
    let client = TestClient(try TestFiles())
    for name in Self.names(count) { try client.makeDirectory("/tmp/" + name) }
    let directory = try client.open("/tmp")

    #expect(try client.list("/tmp", byteCount: byteCount) == Self.names(count))
    let first = try client.list(directory, from: 0, byteCount: byteCount).entries
    #expect(first.count == min(count, Int(byteCount) / 16))
  }

  @Test func `VFS_014 everyNameOfAThousandIsListedOnce`() throws {
    let client = TestClient(try TestFiles())
    for name in Self.names(1_000) { try client.makeDirectory("/tmp/" + name) }

    for byteCount in [16, 31, 7 * 16, 7 * 16 + 3, 4096, 16_384, 1 << 20] as [UInt64] {
      #expect(try client.list("/tmp", byteCount: byteCount) == Self.names(1_000))
    }
  }

  /// Names of other lengths: what does not fit stays for the next request, and is refused there if
  /// it does not fit alone.
  @Test(arguments: [1, 2, 100, 254]) func `VFS_014 roomThatIsTooSmallIsRefused`(count: Int) throws {
    let client = TestClient(try TestFiles())
    let name = String(repeating: "n", count: count)
    try client.makeDirectory("/tmp/a")
    try client.makeDirectory("/tmp/" + name + "b")
    let directory = try client.open("/tmp")
    let needed = UInt64(12 + count + 1)

    for byteCount in 0..<13 as Range<UInt64> {
      #expect(throws: FileSystemError.badArgument) {
        try client.list(directory, from: 0, byteCount: byteCount)
      }
    }
    for byteCount in 13..<needed {
      let part = try client.list(directory, from: 0, byteCount: byteCount)
      #expect(part.entries.map(\.name) == ["a"])
      #expect(throws: FileSystemError.badArgument) {
        try client.list(directory, from: part.next, byteCount: byteCount)
      }
    }
    #expect(try client.list("/tmp", byteCount: needed) == ["a", name + "b"])
  }

  @Test(arguments: ["/tmp", "/void"]) func `VFS_014 emptyDirectoryNeedsNoRoom`(path: String) throws
  {
    let client = TestClient(try TestFiles())
    let directory = try client.open(path)

    for byteCount in [0, 1, 16, 4096] as [UInt64] {
      let part = try client.list(directory, from: 0, byteCount: byteCount)
      #expect(part.entries.isEmpty)
    }
  }

  @Test(arguments: [5, 0, 1, 7, UInt64(Int64.max), .max] as [UInt64])
  func `VFS_014 cursorsFromElsewhereListWhatFollowsThem`(cursor: UInt64) throws {
    let client = TestClient(try TestFiles())
    for name in "abcde" { try client.makeDirectory("/tmp/\(name)") }
    let directory = try client.open("/tmp")

    let names = try client.list(directory, from: cursor, byteCount: 1_000).entries.map(\.name)

    // The names have the numbers 1 to 5.
    #expect(names.joined() == "abcde".suffix(5 - Int(min(5, max(cursor, 1) - 1))))
  }

  /// Whatever goes and comes after each part of a listing.
  @Test(arguments: 0...6) func `VFS_014 namesThatStayAreListedOnce`(listed: Int) throws {
    let names = "abcdef".map(String.init)
    for removed in 0..<1 << names.count {
      let client = TestClient(try TestFiles(pageCapacity: 1, nodeCapacity: 16))
      for name in names { try client.makeDirectory("/tmp/" + name) }
      let directory = try client.open("/tmp")
      let first =
        listed == 0
        ? [] : try client.list(directory, from: 0, byteCount: UInt64(listed) * 13).entries
      let cursor =
        listed == 0 ? 0 : try client.list(directory, from: 0, byteCount: UInt64(listed) * 13).next
      let stay = names.indices.filter { removed & 1 << $0 == 0 }.map { names[$0] }
      for name in names where !stay.contains(name) { try client.remove("/tmp/" + name) }
      try client.makeDirectory("/tmp/new")
      try client.makeDirectory("/tmp/passing")
      try client.remove("/tmp/passing")

      let rest = try client.list(directory, from: cursor, byteCount: 1_000).entries.map(\.name)

      let all = first.map(\.name) + rest
      #expect(first.count == listed)
      #expect(all.filter(stay.contains) == stay && rest.last == "new", "\(removed): \(all)")
      #expect(Set(all).count == all.count && !all.contains("passing"))
    }
  }

  @Test(arguments: [0, 1, 4063, 4064, 4065, 5_000, 16_384, 40_000])
  func `VFS_016 statusAgreesWithWhatCanBeRead`(byteCount: Int) throws {
    let client = TestClient(try TestFiles())
    try client.save("/tmp/f", [UInt8](repeating: 1, count: byteCount))
    let file = try client.open("/tmp/f", .write)

    func check(_ byteCount: Int) throws {
      let expected = FileStatus(kind: .file, byteCount: UInt64(byteCount), isWritable: true)
      #expect(try client.status("/tmp/f") == expected)
      #expect(try client.openWithStatus("/tmp/f").status == expected)
      #expect(try client.status(of: file) == expected)
      #expect(try client.entries("/tmp").map(\.status) == [expected])
      #expect(try client.readAll(file).count == byteCount)
    }
    try check(byteCount)
    try client.write(file, [2], at: UInt64(byteCount) + 100)
    try check(byteCount + 101)
    for changed in [byteCount + 5_000, byteCount, byteCount / 2, 0] {
      try client.ask(.setByteCount(UInt64(changed)), file)
      try check(changed)
    }
    #expect(try client.openWithStatus("/tmp/f", .write.union(.truncate)).status.byteCount == 0)
  }

  @Test func `VFS_016 statusSaysKindAndRights`() throws {
    let client = TestClient(try TestFiles())
    try client.makeDirectory("/tmp/d")
    let motd = FileStatus(
      kind: .file, byteCount: UInt64(ReadOnlyRoot.motd.count), isWritable: false)
    let fixed = FileStatus(kind: .directory, byteCount: 0, isWritable: false)
    let writable = FileStatus(kind: .directory, byteCount: 0, isWritable: true)

    for (path, expected) in [
      ("/", fixed), ("/etc", fixed), ("/void/", fixed), ("/etc/motd", motd), ("/tmp", writable),
      ("/tmp/d", writable),
    ] {
      let (file, status) = try client.openWithStatus(path)
      #expect(try client.status(path) == expected && status == expected, "\(path)")
      #expect(try client.status(of: file) == expected, "\(path)")
    }
    #expect(try client.entries("/etc").map(\.status) == [motd])
    #expect(try client.entries("/tmp").map(\.status) == [writable])
    #expect(try client.load("/etc/motd").count == Int(motd.byteCount))
  }
}
