import Libmnos

/// A file server under test, for several clients.
public final class TestFileService<Backend: FileSystem & ~Copyable> {
  public var server: FileServer<Backend>

  public init(_ backend: consuming Backend) { server = FileServer(backend) }
}

/// A client of a file server. An open file is its badge.
public final class TestFileClient<Backend: FileSystem & ~Copyable> {
  public let service: TestFileService<Backend>
  /// Where names are asked for.
  public let byName = NameProtocol.senderBadge

  public init(_ service: TestFileService<Backend>) { self.service = service }

  // MARK: Names

  public func open(_ path: String, _ options: FileOptions = .read) throws -> UInt64 {
    try openWithStatus(path, options).file
  }

  public func openWithStatus(
    _ path: String, _ options: FileOptions = .read
  ) throws -> (file: UInt64, status: FileStatus) {
    let lender = TestLender([Array(path.utf8)], .read)
    switch try service.server.open(options, from: byName, lending: lender) {
    case .here(let file, let status): return (file.rawValue, status)
    case .elsewhere: throw FileSystemError.failed
    }
  }

  public func ask(
    _ request: FileSystemProtocol.Request, _ badge: UInt64? = nil, _ lender: TestLender
  ) throws -> FileSystemProtocol.Reply {
    try service.server.answer(request, from: badge ?? byName, lending: lender)
  }

  /// A request that lends nothing.
  @discardableResult
  public func ask(
    _ request: FileSystemProtocol.Request, _ badge: UInt64
  ) throws -> FileSystemProtocol.Reply {
    try ask(request, badge, TestLender([], .none))
  }

  private func ask(
    _ request: FileSystemProtocol.Request, paths: String...
  ) throws -> FileSystemProtocol.Reply {
    try ask(request, nil, TestLender(paths.map { Array($0.utf8) }, .read))
  }

  public func status(_ path: String) throws -> FileStatus {
    guard case .status(let status) = try ask(.status, paths: path) else {
      throw FileSystemError.failed
    }
    return status
  }

  public func makeDirectory(_ path: String) throws { _ = try ask(.createDirectory, paths: path) }

  public func remove(_ path: String) throws { _ = try ask(.remove, paths: path) }

  public func rename(_ path: String, to newPath: String) throws {
    _ = try ask(.rename, paths: path, newPath)
  }

  // MARK: Open files

  public func status(of file: UInt64) throws -> FileStatus {
    guard case .status(let status) = try ask(.fileStatus, file) else {
      throw FileSystemError.failed
    }
    return status
  }

  /// - Returns: How many were taken.
  @discardableResult
  public func write(_ file: UInt64, _ bytes: [UInt8], at offset: UInt64 = 0) throws -> Int {
    guard
      case .count(let count) = try ask(
        .write(offset: offset), file, TestLender([bytes], .read))
    else { throw FileSystemError.failed }
    return Int(count)
  }

  public func read(_ file: UInt64, at offset: UInt64 = 0, count: UInt64 = 4096) throws -> [UInt8] {
    let lender = TestLender([[UInt8](repeating: 0, count: Int(count))], .write)
    guard case .count(let count) = try ask(.read(offset: offset), file, lender) else {
      throw FileSystemError.failed
    }
    return Array(lender.bytes[0].prefix(Int(count)))
  }

  /// All of a file, in pieces of `piece` bytes, until a read brings none.
  public func readAll(_ file: UInt64, piece: UInt64 = 4096) throws -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let part = try read(file, at: UInt64(all.count), count: piece)
      if part.isEmpty { return all }
      all += part
    }
  }

  /// Writes a new file, or one anew.
  public func save(_ path: String, _ bytes: [UInt8]) throws {
    let file = try open(path, .write.union(.create).union(.truncate))
    var offset = 0
    while offset < bytes.count {
      offset += try write(file, Array(bytes[offset...]), at: UInt64(offset))
    }
  }

  public func load(_ path: String) throws -> [UInt8] { try readAll(try open(path)) }

  // MARK: Directories

  public struct Entry: Equatable {
    public let name: String
    public let status: FileStatus
  }

  /// A piece of a listing, and where to go on.
  public func list(
    _ directory: UInt64, from cursor: UInt64, byteCount: UInt64
  ) throws -> (entries: [Entry], next: UInt64) {
    let lender = TestLender([[UInt8](repeating: 0, count: Int(byteCount))], .write)
    guard case .listed(let count, let next) = try ask(.list(cursor: cursor), directory, lender)
    else { throw FileSystemError.failed }
    var (entries, offset) = ([Entry](), 0)
    let bytes = lender.bytes[0]
    while let entry = FileListing.next(in: bytes.span.extracting(0..<Int(count)), at: &offset) {
      entries.append(
        Entry(name: String(decoding: entry.name, as: UTF8.self), status: entry.status))
    }
    return (entries, next)
  }

  /// What is in a directory, listed with room for `byteCount` bytes at a time.
  public func entries(_ path: String, byteCount: UInt64 = 16_384) throws -> [Entry] {
    let directory = try open(path)
    var entries: [Entry] = []
    var cursor: UInt64 = 0
    while true {
      let part = try list(directory, from: cursor, byteCount: byteCount)
      if part.entries.isEmpty { return entries }
      entries += part.entries
      cursor = part.next
    }
  }

  public func list(_ path: String, byteCount: UInt64 = 16_384) throws -> [String] {
    try entries(path, byteCount: byteCount).map(\.name)
  }

  /// All that is below `path`: the bytes of each file, nil for a directory, by what follows
  /// `path` and a slash.
  public func tree(_ path: String) throws -> [String: [UInt8]?] {
    var tree: [String: [UInt8]?] = [:]
    let start = path == "/" ? path : path + "/"
    for entry in try entries(path) {
      guard entry.status.kind == .directory else {
        tree.updateValue(try load(start + entry.name), forKey: entry.name)
        continue
      }
      tree.updateValue(nil, forKey: entry.name)
      for (name, content) in try self.tree(start + entry.name) {
        tree.updateValue(content, forKey: entry.name + "/" + name)
      }
    }
    return tree
  }
}
