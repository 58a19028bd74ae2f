import Libmnos
import Testing

@testable import VFSService

/// What a client lends with one request: up to two arrays. As the kernel does, it refuses what the
/// lease does not allow, and what is not there.
final class TestLender: FileLender {
  var bytes: [[UInt8]]
  private let access: [LeaseAccess]
  /// What a server is told that reaches for it.
  private let failure: SyscallStatus

  init(_ bytes: [[UInt8]], _ access: LeaseAccess, failure: SyscallStatus = .ok) {
    self.bytes = bytes
    self.access = bytes.map { _ in access }
    self.failure = failure
  }

  func byteCount(_ lease: Int, for wanted: LeaseAccess) -> UInt64 {
    lease < bytes.count && access[lease].includes(wanted) ? UInt64(bytes[lease].count) : 0
  }

  func read(
    _ lease: Int, at offset: UInt64, into target: inout MutableSpan<UInt8>
  ) throws(SyscallStatus) {
    guard failure == .ok else { throw failure }
    guard lease < bytes.count, Int(offset) + target.count <= bytes[lease].count else {
      throw .badArgument
    }
    guard access[lease].includes(.read) else { throw .noRight }
    for index in 0..<target.count { target[index] = bytes[lease][Int(offset) + index] }
  }

  func write(
    _ source: Span<UInt8>, to lease: Int, at offset: UInt64
  ) throws(SyscallStatus) {
    guard failure == .ok else { throw failure }
    guard lease < bytes.count, Int(offset) + source.count <= bytes[lease].count else {
      throw .badArgument
    }
    guard access[lease].includes(.write) else { throw .noRight }
    for index in 0..<source.count { bytes[lease][Int(offset) + index] = source[index] }
  }
}

/// A client of a file server. An open file is its badge.
final class TestClient {
  let files: TestFiles
  let byName = NameProtocol.senderBadge

  init(_ files: TestFiles) { self.files = files }

  func open(_ path: String, _ options: FileOptions = .read) throws -> UInt64 {
    let lender = TestLender([Array(path.utf8)], .read)
    switch try files.server.open(options, from: byName, lending: lender) {
    case .here(let file, _): return file.rawValue
    case .elsewhere: throw FileSystemError.failed
    }
  }

  func ask(
    _ request: FileSystemProtocol.Request, _ badge: UInt64? = nil, _ lender: TestLender
  ) throws -> FileSystemProtocol.Reply {
    try files.server.answer(request, from: badge ?? byName, lending: lender)
  }

  /// A request that lends nothing.
  func ask(
    _ request: FileSystemProtocol.Request, _ badge: UInt64
  ) throws -> FileSystemProtocol.Reply {
    try ask(request, badge, TestLender([], .none))
  }

  private func ask(
    _ request: FileSystemProtocol.Request, paths: String...
  ) throws -> FileSystemProtocol.Reply {
    try ask(request, nil, TestLender(paths.map { Array($0.utf8) }, .read))
  }

  func status(_ path: String) throws -> FileStatus {
    guard case .status(let status) = try ask(.status, paths: path) else {
      throw FileSystemError.failed
    }
    return status
  }

  func makeDirectory(_ path: String) throws { _ = try ask(.createDirectory, paths: path) }

  func remove(_ path: String) throws { _ = try ask(.remove, paths: path) }

  func rename(_ path: String, to newPath: String) throws {
    _ = try ask(.rename, paths: path, newPath)
  }

  /// - Returns: How many were taken.
  @discardableResult
  func write(_ file: UInt64, _ bytes: [UInt8], at offset: UInt64 = 0) throws -> Int {
    guard
      case .count(let count) = try ask(
        .write(offset: offset), file, TestLender([bytes], .read))
    else { throw FileSystemError.failed }
    return Int(count)
  }

  func read(_ file: UInt64, at offset: UInt64 = 0, count: UInt64 = 4096) throws -> [UInt8] {
    let lender = TestLender([[UInt8](repeating: 0, count: Int(count))], .write)
    guard case .count(let count) = try ask(.read(offset: offset), file, lender) else {
      throw FileSystemError.failed
    }
    return Array(lender.bytes[0].prefix(Int(count)))
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
      offset += try write(file, Array(bytes[offset...]), at: UInt64(offset))
    }
  }

  func load(_ path: String) throws -> [UInt8] { try readAll(try open(path)) }

  /// A piece of a listing, and where to go on.
  func list(
    _ directory: UInt64, from cursor: UInt64, byteCount: UInt64
  ) throws -> (names: [String], next: UInt64) {
    let lender = TestLender([[UInt8](repeating: 0, count: Int(byteCount))], .write)
    guard case .listed(let count, let next) = try ask(.list(cursor: cursor), directory, lender)
    else { throw FileSystemError.failed }
    var (names, offset) = ([String](), 0)
    let bytes = lender.bytes[0]
    while let entry = FileListing.next(in: bytes.span.extracting(0..<Int(count)), at: &offset) {
      names.append(String(decoding: entry.name, as: UTF8.self))
    }
    return (names, next)
  }

  /// Names of a directory, listed with room for `byteCount` bytes at a time.
  func list(_ path: String, byteCount: UInt64 = 16_384) throws -> [String] {
    let directory = try open(path)
    var names: [String] = []
    var cursor: UInt64 = 0
    while true {
      let part = try list(directory, from: cursor, byteCount: byteCount)
      if part.names.isEmpty { return names }
      names += part.names
      cursor = part.next
    }
  }
}

/// A file server over a read-only root with a writable `/tmp`.
final class TestFiles {
  var server: FileServer<MountedFileSystem<ReadOnlyRoot>>

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

  mutating func find(_ path: FilePath) throws(FileSystemError) -> FileNode {
    let text = String(decoding: path.bytes, as: UTF8.self)
    if text.hasPrefix("etc/motd/") || text == "etc/motd" && path.namesDirectory {
      throw .notDirectory
    }
    guard let index = names.firstIndex(of: text) else { throw .notFound }
    return FileNode(rawValue: UInt64(index))
  }

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
