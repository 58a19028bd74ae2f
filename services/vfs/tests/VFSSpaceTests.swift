import Libmnos
import LibmnosHost
import Testing

@testable import VFSService

/// Files and names where there is no room for more.
@Suite struct VFSSpaceTests {
  private static var page: Int { MemoryFileSystem.pageByteCount }

  /// Each number of pages left, and writes that need one more than that, and as many: at the end
  /// of a file, over its end, and behind a gap.
  @Test(arguments: 0...3, [1, 5_000, 8_128]) func `VFS_023 noSpaceLeavesTheFileAsItWas`(
    left: Int, byteCount: Int
  ) throws {
    let used = (byteCount + Self.page - 1) / Self.page
    let end = UInt64((used + left) * Self.page)
    /// Grows the file to what there is room for, or a byte more.
    func check(_ grow: (TestClient, UInt64, _ end: UInt64) throws -> Void) throws {
      let client = TestClient(try TestFiles(pageCapacity: used + left))
      let content = [UInt8](repeating: 1, count: byteCount)
      try client.save("/tmp/f", content)
      let file = try client.open("/tmp/f", .write)

      #expect(throws: FileSystemError.noSpace) { try grow(client, file, end + 1) }
      #expect(try client.tree("/tmp") == ["f": content])
      #expect(try client.readAll(file) == content)
      // It has taken none of the room.
      try grow(client, file, end)
      #expect(try client.status(of: file).byteCount == end)
    }
    try check { client, file, end in try client.ask(.setByteCount(end), file) }
    // One request writes no more.
    let starts = [0, byteCount - 1, byteCount, Int(end) - 1].map { UInt64($0) }
    for start in starts where end - start < FileSystemProtocol.mostBytes {
      try check { client, file, end in
        try client.write(file, [UInt8](repeating: 2, count: Int(end - start)), at: start)
      }
    }
  }

  /// Each way to make a name, when there is none left.
  @Test(arguments: 1...4) func `VFS_023 noNamesLeftMakesNothing`(capacity: Int) throws {
    let client = TestClient(try TestFiles(nodeCapacity: capacity))
    try client.save("/tmp/f", [1])
    for index in 1..<capacity { try client.makeDirectory("/tmp/d\(index)") }
    let before = try client.tree("/tmp")
    let ways: [(String) throws -> Void] = [
      { try client.makeDirectory($0) }, { _ = try client.open($0, .create) },
      { _ = try client.open($0, .write.union(.create).union(.exclusive)) },
    ]
    for way in ways {
      for path in ["/tmp/new", "/tmp/d1/new"].prefix(min(capacity, 2)) {
        #expect(throws: FileSystemError.noSpace) { try way(path) }
      }
    }
    #expect(try client.tree("/tmp") == before)
    #expect(try client.load("/tmp/f") == [1])
    // Nothing of them is left behind: one that goes makes room for one, and for no more.
    for way in ways {
      try client.remove("/tmp/f")
      try way("/tmp/f")
      #expect(throws: FileSystemError.noSpace) { try way("/tmp/g") }
      #expect(try client.list("/tmp").count == capacity)
      if try client.status("/tmp/f").kind == .file { continue }
      try client.remove("/tmp/f")
      try client.save("/tmp/f", [])
    }
  }

  /// What needs no room goes on: reading, listing, renaming, cutting, and writing over.
  @Test func `VFS_023 fullFileSystemIsStillOfUse`() throws {
    let client = TestClient(try TestFiles(pageCapacity: 1, nodeCapacity: 2))
    try client.save("/tmp/f", [1, 2, 3])
    try client.makeDirectory("/tmp/d")
    let file = try client.open("/tmp/f", .write)
    #expect(throws: FileSystemError.noSpace) { try client.write(file, [4], at: 4_064) }
    #expect(throws: FileSystemError.noSpace) { try client.makeDirectory("/tmp/e") }

    try client.rename("/tmp/f", to: "/tmp/d/g")
    try client.write(file, [9], at: 1)
    #expect(try client.tree("/tmp") == ["d": nil, "d/g": [1, 9, 3]])
    try client.ask(.setByteCount(0), file)
    #expect(try client.load("/tmp/d/g").isEmpty)
    #expect(try client.load("/etc/motd") == ReadOnlyRoot.motd)
  }

  @Test func truncatedFileReadsAsZerosWhenItGrows() throws {
    let client = TestClient(try TestFiles())
    try client.save("/tmp/f", [UInt8](repeating: 9, count: 6_000))
    let file = try client.open("/tmp/f", .write)

    try client.ask(.setByteCount(10), file)
    try client.ask(.setByteCount(5_000), file)

    let expected = [UInt8](repeating: 9, count: 10) + [UInt8](repeating: 0, count: 4_990)
    #expect(try client.readAll(file) == expected)
  }
}
