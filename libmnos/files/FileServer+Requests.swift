/// The requests that need no capabilities.
extension FileServer where Backend: ~Copyable {
  /// Answers a request that is none of `connect`, `disconnect`, `open`, `map`, `close`.
  ///
  /// - Parameter buffer: The memory of the session; its client may change it at any time.
  public mutating func answer(
    _ request: FileSystemProtocol.Request, from badge: UInt64,
    in buffer: inout MutableSpan<UInt8>, now: UInt64
  ) throws(FileSystemError) -> FileSystemProtocol.Reply {
    switch request {
    case .status, .createDirectory, .remove, .rename:
      _ = try use(badge, now)
      return try answerAboutNames(request, in: buffer.span)
    case .read(let offset, let byteCount):
      let file = try file(badge, now)
      let count = min(byteCount, UInt64(buffer.count))
      var part = buffer._mutatingExtracting(0..<Int(count))
      return .count(UInt64(try backend.read(file.node, at: offset, into: &part)))
    case .write(let offset, let byteCount):
      let file = try writable(badge, now)
      guard byteCount <= UInt64(buffer.count) else { throw .badArgument }
      let part = buffer.span.extracting(0..<Int(byteCount))
      try backend.write(file.node, at: offset, from: part)
      return .count(byteCount)
    case .setByteCount(let byteCount):
      try backend.setByteCount(of: try writable(badge, now).node, to: byteCount)
      return .done
    case .fileStatus:
      return .status(try backend.status(of: try file(badge, now).node))
    case .list(let cursor, let byteCount):
      return try list(try file(badge, now).node, cursor, byteCount, in: &buffer)
    case .connect, .disconnect, .open, .map, .close:
      throw .badArgument
    }
  }

  /// The memory that holds an open file, for `map`.
  public mutating func memory(
    of badge: UInt64, now: UInt64
  ) throws(FileSystemError) -> FileMemory {
    try backend.memory(of: try file(badge, now).node)
  }

  private mutating func writable(
    _ badge: UInt64, _ now: UInt64
  ) throws(FileSystemError) -> OpenFile {
    let file = try file(badge, now)
    guard file.options.includes(.write) else { throw .noRight }
    return file
  }

  private mutating func answerAboutNames(
    _ request: FileSystemProtocol.Request, in buffer: Span<UInt8>
  ) throws(FileSystemError) -> FileSystemProtocol.Reply {
    switch request {
    case .status(let count):
      let node = try backend.open(try Self.path(count, in: buffer))
      let status = Result { () throws(FileSystemError) in try backend.status(of: node) }
      backend.close(node)
      return .status(try status.get())
    case .createDirectory(let count):
      let path = try Self.path(count, in: buffer)
      backend.close(try backend.create(path, .directory, isExclusive: true))
    case .remove(let count):
      try backend.remove(try Self.path(count, in: buffer))
    case .rename(let count, let newCount):
      let path = try Self.path(count, in: buffer)
      try backend.rename(path, to: try Self.path(newCount, in: buffer, at: count))
    default:
      throw .badArgument
    }
    return .done
  }

  /// Puts as many entries into the buffer as fit.
  private mutating func list(
    _ node: FileNode, _ cursor: UInt64, _ byteCount: UInt64,
    in buffer: inout MutableSpan<UInt8>
  ) throws(FileSystemError) -> FileSystemProtocol.Reply {
    let limit = Int(min(byteCount, UInt64(buffer.count)))
    var (cursor, end) = (cursor, 0)
    while let entry = try backend.entry(of: node, at: cursor) {
      guard let next = FileListing.append(entry, to: &buffer, at: end, limit: limit) else {
        guard end > 0 else { throw .badArgument }
        break
      }
      (cursor, end) = (entry.nextCursor, next)
    }
    return .listed(byteCount: UInt64(end), nextCursor: cursor)
  }
}
