import Libmnos
import LibmnosHost

@testable import VFSService

typealias TestFiles = TestFileService<MountedFileSystem<ReadOnlyRoot>>
typealias TestClient = TestFileClient<MountedFileSystem<ReadOnlyRoot>>

extension TestFiles {
  /// A file server over a read-only root with a writable `/tmp`.
  convenience init(pageCapacity: Int = 256, nodeCapacity: Int = 4096) throws {
    var mounted = MountedFileSystem(root: ReadOnlyRoot())
    mounted.mount(
      MemoryFileSystem(pageCapacity: pageCapacity, nodeCapacity: nodeCapacity),
      at: try FilePath(resolving: Array("/tmp".utf8).span))
    self.init(mounted)
  }
}

/// A fixed tree that refuses every change: `/etc/motd`, `/tmp` and an empty `/void`.
struct ReadOnlyRoot: FileSystem {
  static var motd: [UInt8] { (0..<2_000).map { UInt8(truncatingIfNeeded: $0 &* 7) } }

  private let names = ["", "etc", "etc/motd", "tmp", "void"]

  mutating func find(_ path: FilePath) throws(FileSystemError) -> FileNode {
    let text = String(decoding: path.bytes, as: UTF8.self)
    if text.hasPrefix("etc/motd/") || text == "etc/motd" && path.namesDirectory {
      throw .notDirectory
    }
    guard let index = names.firstIndex(of: text) else { throw .notFound }
    return FileNode(rawValue: UInt64(index))
  }

  /// Whether it is the file.
  private func isFile(_ node: FileNode) throws(FileSystemError) -> Bool {
    guard node.rawValue < UInt64(names.count) else { throw .badFile }
    return node.rawValue == 2
  }

  func status(of node: FileNode) throws(FileSystemError) -> FileStatus {
    let isFile = try isFile(node)
    return FileStatus(
      kind: isFile ? .file : .directory, byteCount: isFile ? UInt64(Self.motd.count) : 0,
      isWritable: false)
  }

  func read(
    _ node: FileNode, at offset: UInt64, into buffer: inout MutableSpan<UInt8>
  ) throws(FileSystemError) -> Int {
    guard try isFile(node) else { throw .isDirectory }
    guard offset < UInt64(Self.motd.count) else { return 0 }
    let rest = Self.motd[Int(offset)...].prefix(buffer.count)
    for (index, byte) in rest.enumerated() { buffer[index] = byte }
    return rest.count
  }

  func entry(of node: FileNode, at cursor: UInt64) throws(FileSystemError) -> FileEntry? {
    if try isFile(node) { throw .notDirectory }
    let children: [Int] = [0: [1, 3, 4], 1: [2]][Int(node.rawValue)] ?? []
    guard cursor < UInt64(children.count) else { return nil }
    let child = children[Int(cursor)]
    return FileEntry(
      name: Array(names[child].split(separator: "/").last!.utf8),
      status: try status(of: FileNode(rawValue: UInt64(child))), nextCursor: cursor + 1)
  }

  func write(
    _ node: FileNode, at offset: UInt64, from bytes: Span<UInt8>
  ) throws(FileSystemError) { throw .readOnly }
  func setByteCount(of node: FileNode, to byteCount: UInt64) throws(FileSystemError) {
    throw .readOnly
  }
  mutating func create(
    _ path: FilePath, _ kind: FileKind, isExclusive: Bool
  ) throws(FileSystemError) -> FileNode { throw .readOnly }
  func remove(_ path: FilePath) throws(FileSystemError) { throw .readOnly }
  func rename(_ path: FilePath, to newPath: FilePath) throws(FileSystemError) {
    throw .readOnly
  }
}
