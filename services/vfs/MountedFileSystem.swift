import Libmnos

/// Several file systems as one tree.
///
/// A mounted file system covers the directory at its path, which the file system below
/// should have, so that it is listed.
struct MountedFileSystem<Root: FileSystem>: FileSystem {
  private struct Mount {
    let path: FilePath
    var fileSystem: MemoryFileSystem
  }

  private(set) var root: Root
  private var mounts: [Mount] = []

  init(root: Root) { self.root = root }

  /// Covers the directory at `path`, which no other mount is inside of.
  mutating func mount(_ fileSystem: MemoryFileSystem, at path: FilePath) {
    mounts.append(Mount(path: path, fileSystem: fileSystem))
  }

  mutating func find(_ path: FilePath) throws(FileSystemError) -> FileNode {
    guard let (mount, rest) = place(of: path) else { return try root.find(path) }
    return Self.node(try mounts[mount].fileSystem.find(rest), in: mount)
  }

  mutating func openElsewhere(
    _ path: FilePath, _ options: FileOptions
  ) throws(FileSystemError) -> FileElsewhere? {
    place(of: path) == nil ? try root.openElsewhere(path, options) : nil
  }

  mutating func status(at path: FilePath) throws(FileSystemError) -> FileStatus {
    guard let (mount, rest) = place(of: path) else { return try root.status(at: path) }
    return try mounts[mount].fileSystem.status(at: rest)
  }

  mutating func createDirectory(_ path: FilePath) throws(FileSystemError) {
    guard let (mount, rest) = place(of: path) else { return try root.createDirectory(path) }
    try mounts[mount].fileSystem.createDirectory(rest)
  }

  mutating func status(of node: FileNode) throws(FileSystemError) -> FileStatus {
    let (inner, mount) = try split(node)
    guard let mount else { return try root.status(of: inner) }
    return try mounts[mount].fileSystem.status(of: inner)
  }

  mutating func read(
    _ node: FileNode, at offset: UInt64, into buffer: inout MutableSpan<UInt8>
  ) throws(FileSystemError) -> Int {
    let (inner, mount) = try split(node)
    guard let mount else { return try root.read(inner, at: offset, into: &buffer) }
    return try mounts[mount].fileSystem.read(inner, at: offset, into: &buffer)
  }

  mutating func write(
    _ node: FileNode, at offset: UInt64, from bytes: Span<UInt8>
  ) throws(FileSystemError) {
    let (inner, mount) = try split(node)
    guard let mount else { return try root.write(inner, at: offset, from: bytes) }
    try mounts[mount].fileSystem.write(inner, at: offset, from: bytes)
  }

  mutating func setByteCount(of node: FileNode, to byteCount: UInt64) throws(FileSystemError) {
    let (inner, mount) = try split(node)
    guard let mount else { return try root.setByteCount(of: inner, to: byteCount) }
    try mounts[mount].fileSystem.setByteCount(of: inner, to: byteCount)
  }

  mutating func entry(
    of node: FileNode, at cursor: UInt64
  ) throws(FileSystemError) -> FileEntry? {
    let (inner, mount) = try split(node)
    guard let mount else { return try root.entry(of: inner, at: cursor) }
    return try mounts[mount].fileSystem.entry(of: inner, at: cursor)
  }

  mutating func create(
    _ path: FilePath, _ kind: FileKind, isExclusive: Bool
  ) throws(FileSystemError) -> FileNode {
    guard let (mount, rest) = place(of: path) else {
      return try root.create(path, kind, isExclusive: isExclusive)
    }
    return Self.node(
      try mounts[mount].fileSystem.create(rest, kind, isExclusive: isExclusive), in: mount)
  }

  mutating func remove(_ path: FilePath) throws(FileSystemError) {
    guard let (mount, rest) = place(of: path) else { return try root.remove(path) }
    try mounts[mount].fileSystem.remove(rest)
  }

  mutating func rename(_ path: FilePath, to newPath: FilePath) throws(FileSystemError) {
    switch (place(of: path), place(of: newPath)) {
    case (nil, nil): try root.rename(path, to: newPath)
    case (let (from, rest)?, let (to, newRest)?) where from == to:
      try mounts[from].fileSystem.rename(rest, to: newRest)
    default:
      // Looked up so that a missing source is told from a far destination.
      _ = try status(at: path)
      throw .crossesFileSystems
    }
  }

  /// The mount that `path` is on, and what it is there; nil for the root's.
  private func place(of path: FilePath) -> (Int, FilePath)? {
    for index in mounts.indices {
      if let rest = path.inside(mounts[index].path) { return (index, rest) }
    }
    return nil
  }

  // Above what a file system's own number takes: 0 for the root's, the mount's place + 1 otherwise.
  private static var mountShift: UInt64 { 53 }

  private static func node(_ inner: FileNode, in mount: Int) -> FileNode {
    FileNode(rawValue: inner.rawValue | UInt64(mount + 1) << mountShift)
  }

  /// - Throws: `badFile` for a number that no mount has given.
  private func split(_ node: FileNode) throws(FileSystemError) -> (FileNode, Int?) {
    let mount = Int(node.rawValue >> Self.mountShift)
    guard mount <= mounts.count else { throw .badFile }
    let inner = FileNode(rawValue: node.rawValue & ((1 << Self.mountShift) - 1))
    return (inner, mount == 0 ? nil : mount - 1)
  }
}
