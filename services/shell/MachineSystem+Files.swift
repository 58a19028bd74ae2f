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
      while let next = try directory.list(from: cursor, { entries.append(($0, $1)) }) {
        cursor = next
      }
    }
    return entries
  }

  func read(_ path: [UInt8], _ body: ([UInt8]) -> Bool) throws(FileSystemError) {
    var offset: UInt64 = 0
    try withFiles { (files) throws(FileSystemError) in
      let file = try files.open(path.span)
      var buffer = [UInt8](repeating: 0, count: FileSystemProtocol.mostBytes)
      while true {
        var span = buffer.mutableSpan
        let count = try file.read(at: offset, into: &span)
        offset += UInt64(count)
        guard count > 0, body(Array(buffer[..<count])) else { return }
      }
    }
  }

  func save(_ bytes: [UInt8], to path: [UInt8], appends: Bool) throws(FileSystemError) {
    let options = FileOptions.write.union(.create).union(appends ? .read : .truncate)
    try withFiles { (files) throws(FileSystemError) in
      let file = try files.open(path.span, options)
      try file.write(at: file.status.byteCount, from: bytes.span)
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

  /// Runs `body` with the file service; once more if that, or the server of a file that was open, was
  /// started anew in the middle. What was under `/tmp` is lost then, so nothing is done twice.
  private func withFiles<R>(
    _ body: (borrowing FileClient) throws(FileSystemError) -> R
  ) throws(FileSystemError) -> R {
    if files == nil { files = FileClient(try findFiles()) }
    do throws(FileSystemError) {
      return try body(files!)
    } catch {
      guard error == .gone else { throw error }
    }
    files = FileClient(try findFiles())
    return try body(files!)
  }

  private func findFiles() throws(FileSystemError) -> SendEndpoint {
    do throws(CallFailure<NameProtocol.Failure>) {
      return try directory.lookUp(Name("vfs"))
    } catch {
      throw .gone
    }
  }
}
