import Libmnos

/// A file system that another service serves, found by name and found again when it
/// was restarted. Files are read from its own memory, mapped here: no call, one copy.
final class RemoteFileSystem: FileSystem {
  /// A file or directory that is open here and there.
  private final class RemoteFile {
    let file: OpenFile
    /// A file's bytes, once they were read.
    var memory: MappedMemory?
    var offset = 0
    /// A directory's names, once they were listed.
    var entries: [(name: [UInt8], status: FileStatus)]?

    init(_ file: consuming OpenFile) { self.file = file }

    /// Copies out of the mapped file, which is taken out for the moment: a view of it
    /// cannot be had inside an object.
    func copy(
      from start: Int, count: Int, into buffer: inout MutableSpan<UInt8>
    ) throws(FileSystemError) {
      guard let memory = memory.take() else { throw .failed }
      Self.copy(memory, from: offset + start, count: count, into: &buffer)
      self.memory = consume memory
    }

    private static func copy(
      _ memory: borrowing MappedMemory, from start: Int, count: Int,
      into buffer: inout MutableSpan<UInt8>
    ) {
      let bytes = memory.bytes
      for index in 0..<count { buffer[index] = bytes[start + index] }
    }
  }

  let directory: Client<NameProtocol>
  private let name: Name
  private var client: FileClient?
  private var files: [RemoteFile?] = []

  init(_ name: Name, _ directory: consuming Client<NameProtocol>) {
    self.name = name
    self.directory = directory
  }

  func open(_ path: FilePath) throws(FileSystemError) -> FileNode {
    try keep(try openFile(path, .read))
  }

  func close(_ node: FileNode) {
    guard node.rawValue < UInt64(files.count) else { return }
    files[Int(node.rawValue)] = nil
  }

  func status(of node: FileNode) throws(FileSystemError) -> FileStatus {
    try file(node).file.status
  }

  func read(
    _ node: FileNode, at offset: UInt64, into buffer: inout MutableSpan<UInt8>
  ) throws(FileSystemError) -> Int {
    let file = try file(node)
    let status = file.file.status
    guard status.kind == .file else { throw .isDirectory }
    guard offset < status.byteCount else { return 0 }
    if file.memory == nil { try map(file) }
    let count = min(buffer.count, Int(status.byteCount - offset))
    try file.copy(from: Int(offset), count: count, into: &buffer)
    return count
  }

  func entry(of node: FileNode, at cursor: UInt64) throws(FileSystemError) -> FileEntry? {
    let file = try file(node)
    if file.entries == nil { file.entries = try list(file) }
    guard let entries = file.entries, cursor < UInt64(entries.count) else { return nil }
    let entry = entries[Int(cursor)]
    return FileEntry(name: entry.name, status: entry.status, nextCursor: cursor + 1)
  }

  func memory(of node: FileNode) throws(FileSystemError) -> FileMemory {
    try file(node).file.map()
  }

  func create(
    _ path: FilePath, _ kind: FileKind, isExclusive: Bool
  ) throws(FileSystemError) -> FileNode {
    if kind == .directory {
      try withClient { (client) throws(FileSystemError) in
        try client.createDirectory(path.absoluteBytes.span)
      }
      return try open(path)
    }
    let options = FileOptions.create.union(isExclusive ? .exclusive : .read)
    return try keep(try openFile(path, options))
  }

  func remove(_ path: FilePath) throws(FileSystemError) {
    try withClient { (client) throws(FileSystemError) in
      try client.remove(path.absoluteBytes.span)
    }
  }

  func rename(_ path: FilePath, to newPath: FilePath) throws(FileSystemError) {
    try withClient { (client) throws(FileSystemError) in
      try client.rename(path.absoluteBytes.span, to: newPath.absoluteBytes.span)
    }
  }

  func write(
    _ node: FileNode, at offset: UInt64, from bytes: Span<UInt8>
  ) throws(FileSystemError) { throw .readOnly }

  func setByteCount(of node: FileNode, to byteCount: UInt64) throws(FileSystemError) {
    throw .readOnly
  }

  private func file(_ node: FileNode) throws(FileSystemError) -> RemoteFile {
    guard node.rawValue < UInt64(files.count), let file = files[Int(node.rawValue)] else {
      throw .badFile
    }
    return file
  }

  private func keep(_ file: RemoteFile) throws(FileSystemError) -> FileNode {
    let place = files.firstIndex { $0 == nil } ?? files.count
    if place == files.count { files.append(file) } else { files[place] = file }
    return FileNode(rawValue: UInt64(place))
  }

  private func openFile(
    _ path: FilePath, _ options: FileOptions
  ) throws(FileSystemError) -> RemoteFile {
    var text = path.absoluteBytes
    if path.namesDirectory { text.append(UInt8(ascii: "/")) }
    return try withClient { (client) throws(FileSystemError) in
      RemoteFile(try client.open(text.span, options))
    }
  }

  private func map(_ file: RemoteFile) throws(FileSystemError) {
    let part = try file.file.map()
    let (offset, byteCount) = (part.offset, part.byteCount)
    do throws(SyscallStatus) {
      let mapped = try MappedMemory(part.takeMemory(), rights: .read)
      guard offset <= UInt64(mapped.byteCount), byteCount == file.file.status.byteCount,
        byteCount <= UInt64(mapped.byteCount) - offset
      else { throw .failed }
      file.offset = Int(offset)
      file.memory = consume mapped
    } catch {
      throw FileSystemError(error)
    }
  }

  private func list(
    _ file: RemoteFile
  ) throws(FileSystemError) -> [(name: [UInt8], status: FileStatus)] {
    var entries: [(name: [UInt8], status: FileStatus)] = []
    try withClient { (client) throws(FileSystemError) in
      var cursor: UInt64 = 0
      while let next = try client.list(file.file, from: cursor, { entries.append(($0, $1)) }) {
        cursor = next
      }
    }
    return entries
  }

  /// Runs `body` with a connected client; with a new one if the server was restarted or
  /// has forgotten the old.
  private func withClient<R>(
    _ body: (inout FileClient) throws(FileSystemError) -> R
  ) throws(FileSystemError) -> R {
    if let client = client.take() {
      do throws(FileSystemError) {
        return try run(body, client)
      } catch {
        guard error == .gone || error == .badFile else { throw error }
      }
    }
    return try run(body, try connect())
  }

  /// Runs `body` and keeps the client, unless its server is gone.
  private func run<R>(
    _ body: (inout FileClient) throws(FileSystemError) -> R, _ client: consuming FileClient
  ) throws(FileSystemError) -> R {
    var client = client
    do throws(FileSystemError) {
      let result = try body(&client)
      self.client = consume client
      return result
    } catch {
      if error != .gone, error != .badFile { self.client = consume client }
      throw error
    }
  }

  private func connect() throws(FileSystemError) -> FileClient {
    let endpoint: SendEndpoint
    do throws(CallFailure<NameProtocol.Failure>) {
      endpoint = try directory.lookUp(name)
    } catch {
      throw .gone
    }
    return try FileClient(connectingTo: endpoint)
  }
}
