import Libmnos
import LibmnosHost
import Testing

@testable import VFSService

/// Renaming, and files that are removed while they are open.
@Suite struct VFSChangeTests {
  private static let sources = [
    "f", "g", "e", "d", "d/in", "d/h", "no", "no/x", "f/x", "f/", "e/", "d/in/",
  ]
  private static let targets =
    sources + [
      "new", "new/", "d/new", "d/in/new", "d/in/new/", "e/new", "f/new", "d/h/new", "d/../new",
      "d/./in/../../e",
    ]

  /// Two files, an empty directory, and one with a directory and a file in it.
  private func makeClient() throws -> TestClient {
    let client = TestClient(try TestFiles())
    for name in ["d", "d/in", "e"] { try client.makeDirectory("/tmp/" + name) }
    for (name, byte) in [("f", 1), ("g", 2), ("d/h", 3)] as [(String, UInt8)] {
      try client.save("/tmp/" + name, [byte])
    }
    return client
  }

  /// What a tree of names becomes, said by nothing but the names.
  private struct Model {
    var tree: [String: [UInt8]?]

    private func isDirectory(_ path: String) -> Bool { tree[path] == .some(nil) }

    /// A path without `.` and `..`, and whether it demands a directory.
    private static func resolve(_ text: String) -> (path: String, isSlashed: Bool) {
      var parts: [Substring] = []
      for part in text.split(separator: "/") where part != "." {
        if part == ".." { _ = parts.popLast() } else { parts.append(part) }
      }
      return (parts.joined(separator: "/"), text.hasSuffix("/"))
    }

    private func missing(_ path: String, _ isSlashed: Bool) -> FileSystemError? {
      var start = ""
      for part in path.split(separator: "/") {
        if start != "", !isDirectory(start) { return .notDirectory }
        start += (start == "" ? "" : "/") + part
        guard tree[start] != nil else { return .notFound }
      }
      return isSlashed && path != "" && !isDirectory(path) ? .notDirectory : nil
    }

    mutating func rename(_ text: String, to newText: String) -> FileSystemError? {
      let (path, isSlashed) = Self.resolve(text)
      let (newPath, isNewSlashed) = Self.resolve(newText)
      if let error = missing(path, isSlashed) { return error }
      if isDirectory(path), newPath.hasPrefix(path + "/") { return .intoItself }
      let parent = newPath.split(separator: "/").dropLast().joined(separator: "/")
      if let error = missing(parent, true) { return error }
      if isNewSlashed, !isDirectory(path) { return .notDirectory }
      if path == newPath { return nil }
      if tree[newPath] != nil {
        switch (isDirectory(path), isDirectory(newPath)) {
        case (false, true): return .isDirectory
        case (true, false): return .notDirectory
        case (true, true):
          if tree.keys.contains(where: { $0.hasPrefix(newPath + "/") }) { return .notEmpty }
        default: break
        }
      }
      for (name, content) in tree where name == path || name.hasPrefix(path + "/") {
        tree.removeValue(forKey: name)
        tree.updateValue(content, forKey: newPath + name.dropFirst(path.count))
      }
      return nil
    }
  }

  @Test(arguments: sources) func `VFS_017 renameHasOneOutcomeForEachTarget`(source: String) throws {
    for target in Self.targets {
      let client = try makeClient()
      var model = Model(tree: try client.tree("/tmp"))
      let expected = model.rename(source, to: target)

      var error: FileSystemError?
      do { try client.rename("/tmp/" + source, to: "/tmp/" + target) } catch let thrown {
        error = thrown as? FileSystemError
      }

      #expect(error == expected, "\(source) to \(target)")
      #expect(try client.tree("/tmp") == model.tree, "\(source) to \(target)")
    }
  }

  @Test func `VFS_017 renameOfAMountOrOutOfItIsRefused`() throws {
    let client = try makeClient()
    let before = try client.tree("/tmp")

    for path in ["/tmp/f", "/tmp/d", "/tmp/d/in", "/tmp", "/"] {
      #expect(throws: FileSystemError.inUse) { try client.rename("/tmp", to: "/tmp/x") }
      #expect(throws: FileSystemError.self) { try client.rename(path, to: "/tmp") }
      #expect(throws: FileSystemError.self) { try client.rename(path, to: "/") }
    }
    for path in ["/tmp/f", "/tmp/d", "/tmp/e", "/tmp"] {
      for target in ["/etc/x", "/x", "/etc/motd", "/void", "/"] {
        #expect(throws: FileSystemError.crossesFileSystems) {
          try client.rename(path, to: target)
        }
      }
    }
    #expect(throws: FileSystemError.crossesFileSystems) {
      try client.rename("/etc/motd", to: "/tmp/x")
    }
    #expect(throws: FileSystemError.notFound) { try client.rename("/tmp/no", to: "/etc/x") }
    #expect(throws: FileSystemError.notDirectory) { try client.rename("/tmp/f/x", to: "/etc/x") }
    #expect(try client.tree("/tmp") == before)
    #expect(try client.load("/etc/motd") == ReadOnlyRoot.motd)
  }

  /// Who has a file open goes on with it under its new name, and with one that was replaced.
  @Test func `VFS_017 VFS_018 openFilesOutliveARename`() throws {
    let client = try makeClient()
    let (moved, replaced) = (try client.open("/tmp/f", .write), try client.open("/tmp/g", .write))

    try client.rename("/tmp/f", to: "/tmp/g")
    try client.write(moved, [7])
    try client.write(replaced, [8])

    #expect(try client.load("/tmp/g") == [7])
    #expect(try client.readAll(replaced) == [8])
  }

  /// How a file loses its name.
  private static let removals: [@Sendable (TestClient) throws -> Void] = [
    { try $0.remove("/tmp/f") },
    {
      try $0.save("/tmp/other", [])
      try $0.rename("/tmp/other", to: "/tmp/f")
      try $0.remove("/tmp/f")
    },
  ]

  /// Its data stay while there is space for all others; then the space is theirs.
  @Test(arguments: 0..<removals.count, [1, 2, 3])
  func `VFS_018 removedFileIsReadUntilItsSpaceIsNeeded`(way: Int, pages: Int) throws {
    let page = MemoryFileSystem.pageByteCount
    let client = TestClient(try TestFiles(pageCapacity: pages + 1))
    let content = [UInt8](repeating: 7, count: pages * page)
    try client.save("/tmp/f", content)
    let file = try client.open("/tmp/f", .write)

    try Self.removals[way](client)
    #expect(throws: FileSystemError.notFound) { try client.open("/tmp/f") }
    #expect(try client.list("/tmp").isEmpty)
    try client.save("/tmp/g", [1])
    #expect(try client.readAll(file) == content)
    try client.write(file, [9], at: 1)
    #expect(try client.read(file, count: 3) == [7, 9, 7])

    try client.save("/tmp/h", [UInt8](repeating: 8, count: pages * page))
    #expect(try client.load("/tmp/h") == [UInt8](repeating: 8, count: pages * page))
    #expect(throws: FileSystemError.badFile) { try client.read(file) }
    #expect(throws: FileSystemError.badFile) { try client.write(file, [1]) }
    #expect(throws: FileSystemError.badFile) { try client.status(of: file) }
    #expect(try client.load("/tmp/g") == [1])
  }

  /// Where there is no more space for data, and where there is none for names.
  @Test(
    arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]],
    [(3, 4096), (256, 3)])
  func `VFS_018 theFirstThatWasRemovedGoesFirst`(
    order: [Int], capacity: (pages: Int, nodes: Int)
  ) throws {
    let client = TestClient(
      try TestFiles(pageCapacity: capacity.pages, nodeCapacity: capacity.nodes))
    let names = ["/tmp/a", "/tmp/b", "/tmp/c"]
    for name in names { try client.save(name, [1]) }
    let files = try names.map { try client.open($0) }
    for index in order { try client.remove(names[index]) }

    for count in 1...3 {
      try client.save("/tmp/new\(count)", [2])
      for (position, index) in order.enumerated() {
        if position < count {
          #expect(throws: FileSystemError.badFile) { try client.read(files[index]) }
        } else {
          #expect(try client.read(files[index]) == [1])
        }
      }
    }
  }

  @Test func `VFS_018 aRemovedFileThatGrowsKeepsItself`() throws {
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

  /// A directory that is open, too: it is empty, nothing gets into it, and its place comes back.
  @Test func `VFS_018 removedDirectoryStaysEmpty`() throws {
    let client = TestClient(try TestFiles(nodeCapacity: 1))
    try client.makeDirectory("/tmp/d")
    let directory = try client.open("/tmp/d")

    try client.remove("/tmp/d")
    #expect(try client.list(directory, from: 0, byteCount: 100).entries.isEmpty)
    #expect(throws: FileSystemError.notFound) { try client.makeDirectory("/tmp/d/e") }
    try client.makeDirectory("/tmp/new")
    #expect(throws: FileSystemError.badFile) {
      try client.list(directory, from: 0, byteCount: 100)
    }
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
}
