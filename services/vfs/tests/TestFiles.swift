import Libmnos
import Testing

@testable import VFSService

/// A client of a file server, with a buffer of its own.
final class TestClient {
  let files: TestFiles
  let session: UInt64
  var buffer = [UInt8](repeating: 0, count: Int(FileSystemProtocol.bufferByteCount))

  init(_ files: TestFiles) throws {
    self.files = files
    session = try files.server.connect(now: files.now).badge
  }

  func open(_ path: String, _ options: FileOptions = .read) throws -> UInt64 {
    let count = put(path)
    let copy = buffer
    return try files.server.open(
      count, options, from: session, in: copy.span, now: files.now
    ).badge
  }

  func ask(
    _ request: FileSystemProtocol.Request, _ badge: UInt64? = nil
  ) throws -> FileSystemProtocol.Reply {
    var copy = buffer
    defer { buffer = copy }
    var span = copy.mutableSpan
    return try files.server.answer(
      request, from: badge ?? session, in: &span, now: files.now)
  }

  func put(_ text: String, at offset: Int = 0) -> UInt64 {
    let bytes = Array(text.utf8)
    buffer.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    return UInt64(bytes.count)
  }

  func status(_ path: String) throws -> FileStatus {
    guard case .status(let status) = try ask(.status(pathByteCount: put(path))) else {
      throw FileSystemError.failed
    }
    return status
  }

  func makeDirectory(_ path: String) throws {
    _ = try ask(.createDirectory(pathByteCount: put(path)))
  }

  func remove(_ path: String) throws { _ = try ask(.remove(pathByteCount: put(path))) }

  func rename(_ path: String, to newPath: String) throws {
    let count = put(path)
    _ = try ask(
      .rename(pathByteCount: count, newPathByteCount: put(newPath, at: Int(count))))
  }

  func close(_ file: UInt64) throws { try files.server.close(file, now: files.now) }

  func write(_ file: UInt64, _ bytes: [UInt8], at offset: UInt64 = 0) throws {
    buffer.replaceSubrange(0..<bytes.count, with: bytes)
    _ = try ask(.write(offset: offset, byteCount: UInt64(bytes.count)), file)
  }

  func read(_ file: UInt64, at offset: UInt64 = 0, count: UInt64 = 4096) throws -> [UInt8] {
    guard case .count(let count) = try ask(.read(offset: offset, byteCount: count), file)
    else { throw FileSystemError.failed }
    return Array(buffer.prefix(Int(count)))
  }

  /// All of a file, in pieces of `piece` bytes.
  func readAll(_ file: UInt64, piece: UInt64 = 4096) throws -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let part = try read(file, at: UInt64(all.count), count: piece)
      if part.isEmpty { return all }
      all += part
    }
  }

  /// Writes a new file.
  func save(_ path: String, _ bytes: [UInt8]) throws {
    let file = try open(path, .write.union(.create).union(.truncate))
    var offset = 0
    while offset < bytes.count {
      let piece = Array(bytes[offset..<min(offset + 16_000, bytes.count)])
      try write(file, piece, at: UInt64(offset))
      offset += piece.count
    }
    try close(file)
  }

  func load(_ path: String) throws -> [UInt8] {
    let file = try open(path)
    defer { try? close(file) }
    return try readAll(file)
  }

  /// Names of a directory, listed with room for `byteCount` bytes at a time.
  func list(_ path: String, byteCount: UInt64 = 16_384) throws -> [String] {
    let directory = try open(path)
    defer { try? close(directory) }
    var names: [String] = []
    var cursor: UInt64 = 0
    while true {
      let reply = try ask(.list(cursor: cursor, byteCount: byteCount), directory)
      guard case .listed(let count, let next) = reply else { throw FileSystemError.failed }
      if count == 0 { return names }
      var offset = 0
      let copy = buffer
      while let entry = FileListing.next(in: copy.span.extracting(0..<Int(count)), at: &offset) {
        names.append(String(decoding: entry.name, as: UTF8.self))
      }
      cursor = next
    }
  }
}

/// A file server over a read-only root with a writable `/tmp`.
final class TestFiles {
  var server: FileServer<MountedFileSystem<ReadOnlyRoot>>
  var now: UInt64 = 0

  init(pageCapacity: Int = 256, nodeCapacity: Int = 4096) throws {
    var mounted = MountedFileSystem(root: ReadOnlyRoot())
    mounted.mount(
      MemoryFileSystem(pageCapacity: pageCapacity, nodeCapacity: nodeCapacity),
      at: try FilePath(resolving: Array("/tmp".utf8).span))
    server = FileServer(mounted)
  }
}

/// A fixed tree that refuses every change: `/etc/motd`, `/tmp` and an empty `/void`.
struct ReadOnlyRoot: FileSystem {
  static var motd: [UInt8] { (0..<2_000).map { UInt8(truncatingIfNeeded: $0 &* 7) } }

  private let names = ["", "etc", "etc/motd", "tmp", "void"]

  mutating func open(_ path: FilePath) throws(FileSystemError) -> FileNode {
    let text = String(decoding: path.bytes, as: UTF8.self)
    if text.hasPrefix("etc/motd/") || text == "etc/motd" && path.namesDirectory {
      throw .notDirectory
    }
    guard let index = names.firstIndex(of: text) else { throw .notFound }
    return FileNode(rawValue: UInt64(index))
  }

  mutating func close(_ node: FileNode) {}

  func status(of node: FileNode) throws(FileSystemError) -> FileStatus {
    let isFile = node.rawValue == 2
    return FileStatus(
      kind: isFile ? .file : .directory, byteCount: isFile ? UInt64(Self.motd.count) : 0,
      isWritable: false)
  }

  func read(
    _ node: FileNode, at offset: UInt64, into buffer: inout MutableSpan<UInt8>
  ) throws(FileSystemError) -> Int {
    guard node.rawValue == 2 else { throw .isDirectory }
    guard offset < UInt64(Self.motd.count) else { return 0 }
    let rest = Self.motd[Int(offset)...].prefix(buffer.count)
    for (index, byte) in rest.enumerated() { buffer[index] = byte }
    return rest.count
  }

  func entry(of node: FileNode, at cursor: UInt64) throws(FileSystemError) -> FileEntry? {
    let children: [Int] = [0: [1, 3, 4], 1: [2]][Int(node.rawValue)] ?? []
    if node.rawValue == 2 { throw .notDirectory }
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
