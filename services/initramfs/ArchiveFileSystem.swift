import Libmnos

/// Where the bytes of an archive are: mapped memory, or an array in tests.
protocol ArchiveBytes: ~Copyable {
  func withBytes<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R
}

/// Why an archive cannot be served.
enum ArchiveFailure: Error, Equatable {
  case malformed(TarError)
  /// An entry needs a directory where an earlier one has a file, or the reverse.
  case conflict(offset: Int)
}

/// The files of a tar archive, read where they stand.
///
/// Of several files with one name the last counts, as when unpacking. Directories that
/// are only named inside longer names exist all the same.
struct ArchiveFileSystem<Bytes: ArchiveBytes & ~Copyable>: ~Copyable, FileSystem {
  private struct Node {
    let name: [UInt8]
    let kind: FileKind
    var dataOffset = 0
    var byteCount = 0
    var children: [Int] = []
  }

  let bytes: Bytes
  private var nodes = [Node(name: [], kind: .directory)]

  init(_ bytes: consuming Bytes) throws(ArchiveFailure) {
    self.bytes = bytes
    var nodes = self.nodes
    try self.bytes.withBytes { (archive: Span<UInt8>) throws(ArchiveFailure) in
      var reader = TarReader()
      while let entry = try Self.next(&reader, in: archive) {
        try Self.add(entry, named: entry.name.bytes(in: archive), to: &nodes)
      }
    }
    self.nodes = nodes
  }

  /// Where a file's bytes are in the archive.
  func place(of node: FileNode) throws(FileSystemError) -> (offset: Int, byteCount: Int) {
    let file = nodes[try index(node)]
    guard file.kind == .file else { throw .isDirectory }
    return (file.dataOffset, file.byteCount)
  }

  func find(_ path: FilePath) throws(FileSystemError) -> FileNode {
    var index = 0
    try path.forEachPart { (part: ArraySlice<UInt8>) throws(FileSystemError) in
      guard nodes[index].kind == .directory else { throw .notDirectory }
      guard let child = Self.child(named: part, of: index, in: nodes) else { throw .notFound }
      index = child
    }
    if path.namesDirectory, nodes[index].kind != .directory { throw .notDirectory }
    return FileNode(rawValue: UInt64(index))
  }

  func status(of node: FileNode) throws(FileSystemError) -> FileStatus {
    Self.status(nodes[try index(node)])
  }

  func read(
    _ node: FileNode, at offset: UInt64, into buffer: inout MutableSpan<UInt8>
  ) throws(FileSystemError) -> Int {
    let (start, byteCount) = try place(of: node)
    guard offset < UInt64(byteCount) else { return 0 }
    let first = start + Int(offset)
    let count = min(buffer.count, byteCount - Int(offset))
    bytes.withBytes { (archive: Span<UInt8>) in
      for index in 0..<count { buffer[index] = archive[first + index] }
    }
    return count
  }

  func entry(of node: FileNode, at cursor: UInt64) throws(FileSystemError) -> FileEntry? {
    let directory = nodes[try index(node)]
    guard directory.kind == .directory else { throw .notDirectory }
    guard cursor < UInt64(directory.children.count) else { return nil }
    let child = nodes[directory.children[Int(cursor)]]
    return FileEntry(name: child.name, status: Self.status(child), nextCursor: cursor + 1)
  }

  func write(
    _ node: FileNode, at offset: UInt64, from bytes: Span<UInt8>
  ) throws(FileSystemError) { throw .readOnly }

  func setByteCount(of node: FileNode, to byteCount: UInt64) throws(FileSystemError) {
    throw .readOnly
  }

  func create(
    _ path: FilePath, _ kind: FileKind, isExclusive: Bool
  ) throws(FileSystemError) -> FileNode {
    guard let node = try? find(path) else { throw .readOnly }
    guard !isExclusive else { throw .exists }
    let found = try status(of: node).kind
    guard found == kind else { throw kind == .file ? .isDirectory : .exists }
    return node
  }

  func remove(_ path: FilePath) throws(FileSystemError) { throw .readOnly }

  func rename(_ path: FilePath, to newPath: FilePath) throws(FileSystemError) {
    throw .readOnly
  }

  private func index(_ node: FileNode) throws(FileSystemError) -> Int {
    guard node.rawValue < UInt64(nodes.count) else { throw .badFile }
    return Int(node.rawValue)
  }

  private static func status(_ node: Node) -> FileStatus {
    FileStatus(kind: node.kind, byteCount: UInt64(node.byteCount), isWritable: false)
  }

  private static func next(
    _ reader: inout TarReader, in archive: Span<UInt8>
  ) throws(ArchiveFailure) -> TarEntry? {
    do throws(TarError) {
      return try reader.next(in: archive)
    } catch {
      throw .malformed(error)
    }
  }

  /// Adds an entry, and the directories that its name needs.
  private static func add(
    _ entry: TarEntry, named name: [UInt8], to nodes: inout [Node]
  ) throws(ArchiveFailure) {
    var index = 0
    var start = 0
    while start < name.count {
      let end = name[start...].firstIndex(of: UInt8(ascii: "/")) ?? name.count
      let kind: FileKind = end < name.count || entry.kind == .directory ? .directory : .file
      if let child = child(named: name[start..<end], of: index, in: nodes) {
        guard nodes[child].kind == kind else { throw .conflict(offset: entry.dataOffset) }
        index = child
      } else {
        nodes.append(Node(name: Array(name[start..<end]), kind: kind))
        nodes[index].children.append(nodes.count - 1)
        index = nodes.count - 1
      }
      start = end + 1
    }
    nodes[index].dataOffset = entry.dataOffset
    nodes[index].byteCount = entry.byteCount
  }

  private static func child(
    named name: ArraySlice<UInt8>, of directory: Int, in nodes: [Node]
  ) -> Int? {
    nodes[directory].children.first { nodes[$0].name.elementsEqual(name) }
  }
}
