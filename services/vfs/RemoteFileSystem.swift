import Libmnos

/// A file system that another service serves, found by name. It resolves paths by asking; what it opens is the other
/// service's, and the client goes on with that one: neither bytes nor open files are kept here.
///
/// While that service is being started anew, asking it waits.
final class RemoteFileSystem: FileSystem {
  let directory: Client<NameProtocol>
  private let name: Name
  private var client: FileClient?

  init(_ name: Name, _ directory: consuming Client<NameProtocol>) {
    self.name = name
    self.directory = directory
  }

  func openElsewhere(
    _ path: FilePath, _ options: FileOptions
  ) throws(FileSystemError) -> FileElsewhere? {
    let text = Self.text(of: path)
    return try withClient { (client) throws(FileSystemError) in
      try client.open(text.span, options).passedOn()
    }
  }

  func status(at path: FilePath) throws(FileSystemError) -> FileStatus {
    let text = Self.text(of: path)
    return try withClient { (client) throws(FileSystemError) in try client.status(text.span) }
  }

  func createDirectory(_ path: FilePath) throws(FileSystemError) {
    let text = Self.text(of: path)
    try withClient { (client) throws(FileSystemError) in try client.createDirectory(text.span) }
  }

  func remove(_ path: FilePath) throws(FileSystemError) {
    let text = Self.text(of: path)
    try withClient { (client) throws(FileSystemError) in try client.remove(text.span) }
  }

  func rename(_ path: FilePath, to newPath: FilePath) throws(FileSystemError) {
    let (text, newText) = (Self.text(of: path), Self.text(of: newPath))
    try withClient { (client) throws(FileSystemError) in
      try client.rename(text.span, to: newText.span)
    }
  }

  private static func text(of path: FilePath) -> [UInt8] {
    var text = path.absoluteBytes
    if path.namesDirectory, !path.isRoot { text.append(UInt8(ascii: "/")) }
    return text
  }

  /// Runs `body` with the client, found again by name if its service did not live to answer.
  private func withClient<R: ~Copyable>(
    _ body: (borrowing FileClient) throws(FileSystemError) -> R
  ) throws(FileSystemError) -> R {
    let client = try takeClient()
    do throws(FileSystemError) {
      let result = try body(client)
      self.client = consume client
      return result
    } catch {
      if error != .gone { self.client = consume client }
      throw error
    }
  }

  private func takeClient() throws(FileSystemError) -> FileClient {
    if let client = client.take() { return client }
    do throws(CallFailure<NameProtocol.Failure>) {
      return FileClient(try directory.lookUp(name))
    } catch {
      throw .gone
    }
  }
}

// No file of it is here, so nobody has a number of one.
extension RemoteFileSystem {
  func find(_ path: FilePath) throws(FileSystemError) -> FileNode { throw .badFile }
  func status(of node: FileNode) throws(FileSystemError) -> FileStatus { throw .badFile }

  func read(
    _ node: FileNode, at offset: UInt64, into buffer: inout MutableSpan<UInt8>
  ) throws(FileSystemError) -> Int { throw .badFile }

  func write(
    _ node: FileNode, at offset: UInt64, from bytes: Span<UInt8>
  ) throws(FileSystemError) { throw .badFile }

  func setByteCount(of node: FileNode, to byteCount: UInt64) throws(FileSystemError) {
    throw .badFile
  }

  func entry(of node: FileNode, at cursor: UInt64) throws(FileSystemError) -> FileEntry? {
    throw .badFile
  }

  func create(
    _ path: FilePath, _ kind: FileKind, isExclusive: Bool
  ) throws(FileSystemError) -> FileNode { throw .badFile }
}
