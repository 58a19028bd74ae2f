import Libmnos

// Files.
extension MachineSystem {
  func status(_ path: [UInt8]) throws(FileSystemError) -> FileStatus {
    try withFiles { (files) throws(FileSystemError) in try files.status(path.span) }
  }

  func list(
    _ path: [UInt8]
  ) throws(FileSystemError) -> [(name: [UInt8], status: FileStatus)] {
    var entries: [(name: [UInt8], status: FileStatus)] = []
    try withFiles { (files) throws(FileSystemError) in
      entries.removeAll()
      let directory = try files.open(path.span)
      var cursor: UInt64 = 0
      while let next = try files.list(directory, from: cursor, { entries.append(($0, $1)) }) {
        cursor = next
      }
    }
    return entries
  }

  func read(_ path: [UInt8], _ body: ([UInt8]) -> Bool) throws(FileSystemError) {
    var offset: UInt64 = 0
    try withFiles { (files) throws(FileSystemError) in
      let file = try files.open(path.span)
      var buffer = [UInt8](repeating: 0, count: Int(FileSystemProtocol.bufferByteCount))
      while true {
        var span = buffer.mutableSpan
        let count = try files.read(file, at: offset, into: &span)
        offset += UInt64(count)
        guard count > 0, body(Array(buffer[..<count])) else { return }
      }
    }
  }

  func save(_ bytes: [UInt8], to path: [UInt8], appends: Bool) throws(FileSystemError) {
    let options = FileOptions.write.union(.create).union(appends ? .read : .truncate)
    try withFiles { (files) throws(FileSystemError) in
      let file = try files.open(path.span, options)
      try files.write(file, at: file.status.byteCount, from: bytes.span)
    }
  }

  func createDirectory(_ path: [UInt8]) throws(FileSystemError) {
    try withFiles { (files) throws(FileSystemError) in try files.createDirectory(path.span) }
  }

  func remove(_ path: [UInt8]) throws(FileSystemError) {
    try withFiles { (files) throws(FileSystemError) in try files.remove(path.span) }
  }

  func rename(_ path: [UInt8], to newPath: [UInt8]) throws(FileSystemError) {
    try withFiles { (files) throws(FileSystemError) in
      try files.rename(path.span, to: newPath.span)
    }
  }

  /// Runs `body` with a connected client; once more, with a new one, if the file service
  /// was restarted since the last time.
  private func withFiles<R>(
    _ body: (inout FileClient) throws(FileSystemError) -> R
  ) throws(FileSystemError) -> R {
    if let client = fileClient.take() {
      do throws(FileSystemError) {
        return try use(client, body)
      } catch {
        guard error == .gone || error == .badFile else { throw error }
      }
    }
    fileService = try findFiles()
    return try use(try FileClient(connectingTo: fileService!), body)
  }

  private func use<R>(
    _ client: consuming FileClient, _ body: (inout FileClient) throws(FileSystemError) -> R
  ) throws(FileSystemError) -> R {
    var client = client
    do throws(FileSystemError) {
      let result = try body(&client)
      fileClient = consume client
      return result
    } catch {
      if error != .gone, error != .badFile { fileClient = consume client }
      throw error
    }
  }

  private func findFiles() throws(FileSystemError) -> SendEndpoint {
    do throws(CallFailure<NameProtocol.Failure>) {
      return try directory.lookUp(Name("vfs"))
    } catch {
      throw .gone
    }
  }
}
