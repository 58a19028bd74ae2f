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

/// A file or directory while it is open: a number that its file system chose.
public struct FileNode: Equatable, Sendable {
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
/// A node stays readable from `open` or `create` to its `close`, even if its name is
/// removed meanwhile. What a method throws has changed nothing.
public protocol FileSystem: ~Copyable {
  /// - Throws: `notFound`; `notDirectory` if a middle part is a file, or if `path` was
  ///   written as a directory and is a file.
  mutating func open(_ path: FilePath) throws(FileSystemError) -> FileNode

  /// Ends what `open` or `create` began.
  mutating func close(_ node: FileNode)

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

  /// Opens the file or directory at `path`, made now if there is none.
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

  /// The memory that holds a file, for reading without copies.
  ///
  /// - Throws: `failed` where files are not kept in one piece.
  mutating func memory(of node: FileNode) throws(FileSystemError) -> FileMemory
}

extension FileSystem where Self: ~Copyable {
  public mutating func memory(of node: FileNode) throws(FileSystemError) -> FileMemory {
    throw .failed
  }
}

/// Read-only memory with a file in it.
public struct FileMemory: ~Copyable {
  public let memory: Memory
  /// Where the file begins in the memory, and how long it is, in bytes.
  public let offset: UInt64
  public let byteCount: UInt64

  public init(_ memory: consuming Memory, offset: UInt64, byteCount: UInt64) {
    self.memory = memory
    self.offset = offset
    self.byteCount = byteCount
  }
  /// The capability alone.
  public consuming func takeMemory() -> Memory { memory }
}
