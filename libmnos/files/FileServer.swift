/// What the badge of an open file says, which is all that its server knows of it.
///
/// The server mints the capability when a file is opened, and only then: nobody can make one of his
/// own.
public struct FileBadge: Equatable, Sendable {
  // Bit 61 is always set, so that no badge is 0, which would be none. Bit 63 belongs to the send
  // ends by which the service itself is asked.
  private static var fileBit: UInt64 { 1 << 61 }
  private static var writableBit: UInt64 { 1 << 62 }

  public let node: FileNode
  /// Whether the file was opened for writing.
  public let isWritable: Bool

  public init(_ node: FileNode, isWritable: Bool) {
    precondition(node.rawValue <= FileNode.highest)
    self.node = node
    self.isWritable = isWritable
  }

  /// - Returns: nil for a badge that is none of an open file's.
  public init?(rawValue: UInt64) {
    guard rawValue >> 63 == 0, rawValue & Self.fileBit != 0 else { return nil }
    node = FileNode(rawValue: rawValue & FileNode.highest)
    isWritable = rawValue & Self.writableBit != 0
  }

  public var rawValue: UInt64 {
    node.rawValue | Self.fileBit | (isWritable ? Self.writableBit : 0)
  }
}

/// What the client of a file server lends with its request, until that is answered.
public protocol FileLender: ~Copyable {
  /// Bytes of a lease, 0 or 1, that may be used so; 0 without one.
  func byteCount(_ lease: Int, for access: LeaseAccess) -> UInt64
  func read(
    _ lease: Int, at offset: UInt64, into bytes: inout MutableSpan<UInt8>
  ) throws(SyscallStatus)
  func write(_ bytes: Span<UInt8>, to lease: Int, at offset: UInt64) throws(SyscallStatus)
}

extension PendingReply: FileLender {
  public func byteCount(_ lease: Int, for access: LeaseAccess) -> UInt64 {
    leases.byteCount(lease, for: access)
  }
}

/// A file that was opened.
public enum OpenedFile: ~Copyable {
  case here(FileBadge, FileStatus)
  case elsewhere(FileElsewhere)
}

/// Open files over a file system: all of a file service that needs no machine.
///
/// It keeps nothing of its clients. Bytes pass through one buffer, whoever they belong to, so a
/// file system never sees memory that a client may change meanwhile.
public struct FileServer<Backend: FileSystem & ~Copyable>: ~Copyable {
  public var backend: Backend
  private var buffer = [UInt8](repeating: 0, count: FileSystemProtocol.mostBytes)

  public init(_ backend: consuming Backend) { self.backend = backend }

  /// Opens a file for whoever asks the service itself.
  public mutating func open<Lender: FileLender & ~Copyable>(
    _ options: FileOptions, from badge: UInt64, lending lender: borrowing Lender
  ) throws(FileSystemError) -> OpenedFile {
    guard badge == NameProtocol.senderBadge else { throw .badFile }
    let path = try Self.path(in: 0, of: lender)
    if let file = try backend.openElsewhere(path, options) { return .elsewhere(file) }
    let node =
      options.includes(.create)
      ? try backend.create(path, .file, isExclusive: options.includes(.exclusive))
      : try backend.find(path)
    let status = try prepare(node, options)
    return .here(FileBadge(node, isWritable: options.includes(.write)), status)
  }

  /// Answers every other request.
  public mutating func answer<Lender: FileLender & ~Copyable>(
    _ request: FileSystemProtocol.Request, from badge: UInt64, lending lender: borrowing Lender
  ) throws(FileSystemError) -> FileSystemProtocol.Reply {
    switch request {
    case .open, .status, .createDirectory, .remove, .rename:
      guard badge == NameProtocol.senderBadge else { throw .badFile }
      return try answerAboutNames(request, lender)
    default:
      guard let file = FileBadge(rawValue: badge) else { throw .badFile }
      return try answer(request, about: file, lender)
    }
  }

  private mutating func answerAboutNames<Lender: FileLender & ~Copyable>(
    _ request: FileSystemProtocol.Request, _ lender: borrowing Lender
  ) throws(FileSystemError) -> FileSystemProtocol.Reply {
    let path = try Self.path(in: 0, of: lender)
    switch request {
    case .status: return .status(try backend.status(at: path))
    case .createDirectory: try backend.createDirectory(path)
    case .remove: try backend.remove(path)
    case .rename: try backend.rename(path, to: try Self.path(in: 1, of: lender))
    default: throw .badArgument
    }
    return .done
  }

  private mutating func answer<Lender: FileLender & ~Copyable>(
    _ request: FileSystemProtocol.Request, about file: FileBadge, _ lender: borrowing Lender
  ) throws(FileSystemError) -> FileSystemProtocol.Reply {
    switch request {
    case .read(let offset):
      let room = lender.byteCount(0, for: .write)
      let count = try withBuffer { (backend, buffer) throws(FileSystemError) in
        var span = buffer.mutableSpan
        var part = span._mutatingExtracting(0..<Int(min(room, UInt64(span.count))))
        return try backend.read(file.node, at: offset, into: &part)
      }
      try give(count, to: lender)
      return .count(UInt64(count))
    case .write(let offset):
      guard file.isWritable else { throw .noRight }
      let count = try take(from: lender)
      try withBuffer { (backend, buffer) throws(FileSystemError) in
        try backend.write(file.node, at: offset, from: buffer.span.extracting(0..<count))
      }
      return .count(UInt64(count))
    case .setByteCount(let byteCount):
      guard file.isWritable else { throw .noRight }
      try backend.setByteCount(of: file.node, to: byteCount)
      return .done
    case .fileStatus: return .status(try backend.status(of: file.node))
    case .list(let cursor): return try list(file.node, cursor, lender)
    default: throw .badArgument
    }
  }

  /// Puts as many entries into the client's memory as fit.
  private mutating func list<Lender: FileLender & ~Copyable>(
    _ node: FileNode, _ cursor: UInt64, _ lender: borrowing Lender
  ) throws(FileSystemError) -> FileSystemProtocol.Reply {
    let room = lender.byteCount(0, for: .write)
    var next = cursor
    let count = try withBuffer { (backend, buffer) throws(FileSystemError) in
      var span = buffer.mutableSpan
      let limit = Int(min(room, UInt64(span.count)))
      var end = 0
      while let entry = try backend.entry(of: node, at: next) {
        guard let place = FileListing.append(entry, to: &span, at: end, limit: limit) else {
          guard end > 0 else { throw .badArgument }
          break
        }
        (next, end) = (entry.nextCursor, place)
      }
      return end
    }
    try give(count, to: lender)
    return .listed(byteCount: UInt64(count), nextCursor: next)
  }

  /// Checks what a file is opened for, and cuts it if asked to.
  private mutating func prepare(
    _ node: FileNode, _ options: FileOptions
  ) throws(FileSystemError) -> FileStatus {
    let status = try backend.status(of: node)
    guard options.includes(.write) else { return status }
    guard status.kind == .file else { throw .isDirectory }
    guard status.isWritable else { throw .readOnly }
    guard options.includes(.truncate) else { return status }
    try backend.setByteCount(of: node, to: 0)
    return try backend.status(of: node)
  }
}

// The buffer.
extension FileServer where Backend: ~Copyable {
  /// Runs `body` with the buffer taken out for the moment: a view of it and the file system cannot
  /// be used together while both are parts of this value.
  private mutating func withBuffer<R>(
    _ body: (inout Backend, inout [UInt8]) throws(FileSystemError) -> R
  ) throws(FileSystemError) -> R {
    var taken: [UInt8] = []
    swap(&taken, &buffer)
    defer { swap(&taken, &buffer) }
    return try body(&backend, &taken)
  }

  /// Copies the first bytes of the buffer to the client.
  private func give<Lender: FileLender & ~Copyable>(
    _ count: Int, to lender: borrowing Lender
  ) throws(FileSystemError) {
    guard count > 0 else { return }
    do throws(SyscallStatus) {
      try lender.write(buffer.span.extracting(0..<count), to: 0, at: 0)
    } catch {
      throw FileSystemError(error)
    }
  }

  /// Copies to the buffer what the client lends, as much as goes there.
  private mutating func take<Lender: FileLender & ~Copyable>(
    from lender: borrowing Lender
  ) throws(FileSystemError) -> Int {
    let count = Int(min(lender.byteCount(0, for: .read), UInt64(buffer.count)))
    guard count > 0 else { return 0 }
    var span = buffer.mutableSpan
    var part = span._mutatingExtracting(0..<count)
    do throws(SyscallStatus) {
      try lender.read(0, at: 0, into: &part)
    } catch {
      throw FileSystemError(error)
    }
    return count
  }

  private static func path<Lender: FileLender & ~Copyable>(
    in lease: Int, of lender: borrowing Lender
  ) throws(FileSystemError) -> FilePath {
    let count = lender.byteCount(lease, for: .read)
    guard count <= UInt64(FilePath.maximumByteCount) else { throw .nameTooLong }
    var text = [UInt8](repeating: 0, count: Int(count))
    if count > 0 {
      var span = text.mutableSpan
      do throws(SyscallStatus) {
        try lender.read(lease, at: 0, into: &span)
      } catch {
        throw FileSystemError(error)
      }
    }
    return try FilePath(resolving: text.span)
  }
}
