/// What a name in a directory stands for.
public enum FileKind: UInt8, Sendable {
  case file = 1
  case directory = 2
}

/// What is known of a file or directory without reading it.
public struct FileStatus: Equatable, Sendable {
  public let kind: FileKind
  /// Bytes that can be read; 0 for a directory.
  public let byteCount: UInt64
  public let isWritable: Bool

  public init(kind: FileKind, byteCount: UInt64, isWritable: Bool) {
    self.kind = kind
    self.byteCount = byteCount
    self.isWritable = isWritable
  }
}

/// A file or directory: a number that its file system chose, which fits into a badge.
public struct FileNode: Equatable, Sendable {
  /// The highest that a badge has room for.
  public static var highest: UInt64 { 1 << 61 - 1 }

  public let rawValue: UInt64
  public init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// One name in a directory.
public struct FileEntry: Equatable, Sendable {
  public let name: [UInt8]
  public let status: FileStatus
  /// Where to go on listing.
  public let nextCursor: UInt64

  public init(name: [UInt8], status: FileStatus, nextCursor: UInt64) {
    self.name = name
    self.status = status
    self.nextCursor = nextCursor
  }
}

/// Files and directories, as the server of a file system asks for them.
///
/// Nobody tells a file system who still has a file open. A node names the same file until that is
/// removed, and after that for as long as its space is not needed; then it is `badFile`. What a
/// method throws has changed nothing.
public protocol FileSystem: ~Copyable {
  /// - Throws: `notFound`; `notDirectory` if a middle part is a file, or if `path` was
  ///   written as a directory and is a file.
  mutating func find(_ path: FilePath) throws(FileSystemError) -> FileNode

  mutating func status(of node: FileNode) throws(FileSystemError) -> FileStatus

  /// Reads from `offset` on, as far as there are bytes and `buffer` has room.
  ///
  /// - Returns: How many bytes; 0 at the end and anywhere behind it.
  /// - Throws: `isDirectory`.
  mutating func read(
    _ node: FileNode, at offset: UInt64, into buffer: inout MutableSpan<UInt8>
  ) throws(FileSystemError) -> Int

  /// Writes all of `bytes`; a gap between the end and `offset` reads as zeros.
  ///
  /// - Throws: `readOnly`, `isDirectory`, `noSpace`; `badArgument` if the end overflows.
  mutating func write(
    _ node: FileNode, at offset: UInt64, from bytes: Span<UInt8>
  ) throws(FileSystemError)

  /// Cuts a file, or fills it with zeros, to `byteCount`.
  mutating func setByteCount(of node: FileNode, to byteCount: UInt64) throws(FileSystemError)

  /// The first name at or after `cursor`; 0 starts, `FileEntry.nextCursor` goes on. Every
  /// name that is there all the time comes exactly once.
  ///
  /// - Throws: `notDirectory`.
  mutating func entry(
    of node: FileNode, at cursor: UInt64
  ) throws(FileSystemError) -> FileEntry?

  /// Finds the file or directory at `path`, made now if there is none.
  ///
  /// - Throws: `exists` if there is one and `isExclusive`, or it is of the other kind and
  ///   a directory was asked for; `isDirectory`, `notFound`, `readOnly`, `noSpace`.
  mutating func create(
    _ path: FilePath, _ kind: FileKind, isExclusive: Bool
  ) throws(FileSystemError) -> FileNode

  /// Removes a file or an empty directory.
  mutating func remove(_ path: FilePath) throws(FileSystemError)

  /// Renames; a file in the way is replaced by a file, an empty directory by a directory.
  mutating func rename(_ path: FilePath, to newPath: FilePath) throws(FileSystemError)

  // A file system of which parts are with other servers asks those. Others need none of it.

  /// Opens a file that another server has.
  ///
  /// - Returns: nil for a path whose files are here.
  mutating func openElsewhere(
    _ path: FilePath, _ options: FileOptions
  ) throws(FileSystemError) -> FileElsewhere?

  mutating func status(at path: FilePath) throws(FileSystemError) -> FileStatus

  /// - Throws: `exists`, and as `create`.
  mutating func createDirectory(_ path: FilePath) throws(FileSystemError)
}

extension FileSystem where Self: ~Copyable {
  public mutating func openElsewhere(
    _ path: FilePath, _ options: FileOptions
  ) throws(FileSystemError) -> FileElsewhere? { nil }

  public mutating func status(at path: FilePath) throws(FileSystemError) -> FileStatus {
    try status(of: try find(path))
  }

  public mutating func createDirectory(_ path: FilePath) throws(FileSystemError) {
    _ = try create(path, .directory, isExclusive: true)
  }
}

/// An open file of another server's. Its client asks that server from then on, with nobody between.
public struct FileElsewhere: ~Copyable {
  public let endpoint: SendEndpoint
  public let status: FileStatus

  public init(_ endpoint: consuming SendEndpoint, _ status: FileStatus) {
    self.endpoint = endpoint
    self.status = status
  }

  consuming func takeEndpoint() -> SendEndpoint { endpoint }
}
