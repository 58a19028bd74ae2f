/// What to open a file for, and what to do if it is not there.
public struct FileOptions: Equatable, Sendable {
  public let bits: UInt64
  public init(bits: UInt64) { self.bits = bits }

  public static var read: FileOptions { FileOptions(bits: 0) }
  public static var write: FileOptions { FileOptions(bits: 1 << 0) }
  /// Makes the file if it is not there.
  public static var create: FileOptions { FileOptions(bits: 1 << 1) }
  /// With `create`: fails if it is there.
  public static var exclusive: FileOptions { FileOptions(bits: 1 << 2) }
  /// With `write`: cuts the file to 0 bytes.
  public static var truncate: FileOptions { FileOptions(bits: 1 << 3) }

  public func union(_ other: FileOptions) -> FileOptions {
    FileOptions(bits: bits | other.bits)
  }
  public func includes(_ other: FileOptions) -> Bool { bits & other.bits == other.bits }
  var hasUndefinedBits: Bool { bits >> 4 != 0 }
}

/// Files and directories, by capabilities.
///
/// A client connects, which brings two capabilities: a session, and memory that both ends
/// have mapped. Paths, names and data stand in that memory, from its first byte on; it is
/// the server's own, so no client can take it away in the middle of a request. Opening
/// brings a capability to the open file. Requests on names go to the session, requests on
/// an open file to its capability.
public enum FileSystemProtocol: Interface {
  /// Bytes of the memory of a session, and in the longest single read or write.
  public static var bufferByteCount: UInt64 { 16 * 1024 }

  public enum Request: MessageCodable, Equatable, Sendable {
    /// To the server itself; brings the session and its memory.
    case connect
    /// To a session: ends it and closes its files.
    case disconnect
    /// To a session; the path is this many bytes. Brings the open file.
    case open(pathByteCount: UInt64, FileOptions)
    case status(pathByteCount: UInt64)
    case createDirectory(pathByteCount: UInt64)
    case remove(pathByteCount: UInt64)
    /// The new path follows the old one at once.
    case rename(pathByteCount: UInt64, newPathByteCount: UInt64)
    /// To an open file: at most `byteCount` bytes.
    case read(offset: UInt64, byteCount: UInt64)
    case write(offset: UInt64, byteCount: UInt64)
    case setByteCount(UInt64)
    case fileStatus
    /// To an open directory: a `FileListing` of at most `byteCount` bytes.
    case list(cursor: UInt64, byteCount: UInt64)
    /// To an open file: brings read-only memory that holds it.
    case map
    case close
  }

  public enum Reply: MessageCodable, Equatable, Sendable {
    case done
    case status(FileStatus)
    /// Bytes read or listed.
    case count(UInt64)
    /// Bytes of listing, and where to go on; 0 bytes if there is nothing more.
    case listed(byteCount: UInt64, nextCursor: UInt64)
    /// Where the file is in the memory that came.
    case mapped(offset: UInt64, byteCount: UInt64)
  }

  public typealias Failure = FileSystemError
}

extension FileSystemProtocol.Request {
  private var fields: (operation: UInt64, first: UInt64?, second: UInt64?) {
    switch self {
    case .connect: (0x300, nil, nil)
    case .disconnect: (0x301, nil, nil)
    case .open(let path, let options): (0x302, path, options.bits)
    case .status(let path): (0x303, path, nil)
    case .createDirectory(let path): (0x304, path, nil)
    case .remove(let path): (0x305, path, nil)
    case .rename(let path, let newPath): (0x306, path, newPath)
    case .read(let offset, let count): (0x307, offset, count)
    case .write(let offset, let count): (0x308, offset, count)
    case .setByteCount(let count): (0x309, count, nil)
    case .fileStatus: (0x30a, nil, nil)
    case .list(let cursor, let count): (0x30b, cursor, count)
    case .map: (0x30c, nil, nil)
    case .close: (0x30d, nil, nil)
    }
  }

  public func encode(into message: inout Message) {
    let fields = fields
    message.append(fields.operation)
    if let first = fields.first { message.append(first) }
    if let second = fields.second { message.append(second) }
  }

  public init(from reader: inout MessageReader) throws(MalformedMessage) {
    switch try reader.next() {
    case 0x300: self = .connect
    case 0x301: self = .disconnect
    case 0x302:
      let path = try reader.next()
      let options = FileOptions(bits: try reader.next())
      guard !options.hasUndefinedBits else { throw MalformedMessage() }
      self = .open(pathByteCount: path, options)
    case 0x303: self = .status(pathByteCount: try reader.next())
    case 0x304: self = .createDirectory(pathByteCount: try reader.next())
    case 0x305: self = .remove(pathByteCount: try reader.next())
    case 0x306:
      self = .rename(pathByteCount: try reader.next(), newPathByteCount: try reader.next())
    case 0x307: self = .read(offset: try reader.next(), byteCount: try reader.next())
    case 0x308: self = .write(offset: try reader.next(), byteCount: try reader.next())
    case 0x309: self = .setByteCount(try reader.next())
    case 0x30a: self = .fileStatus
    case 0x30b: self = .list(cursor: try reader.next(), byteCount: try reader.next())
    case 0x30c: self = .map
    case 0x30d: self = .close
    default: throw MalformedMessage()
    }
  }
}

extension FileSystemProtocol.Reply {
  public func encode(into message: inout Message) {
    switch self {
    case .done: message.append(0)
    case .status(let status):
      message.append(1 | UInt64(status.kind.rawValue) << 8 | (status.isWritable ? 1 << 16 : 0))
      message.append(status.byteCount)
    case .count(let count):
      message.append(2)
      message.append(count)
    case .listed(let byteCount, let nextCursor):
      message.append(3)
      message.append(byteCount)
      message.append(nextCursor)
    case .mapped(let offset, let byteCount):
      message.append(4)
      message.append(offset)
      message.append(byteCount)
    }
  }

  public init(from reader: inout MessageReader) throws(MalformedMessage) {
    let first = try reader.next()
    switch first & 0xff {
    case 0: self = .done
    case 1:
      guard let kind = FileKind(rawValue: UInt8(truncatingIfNeeded: first >> 8)) else {
        throw MalformedMessage()
      }
      self = .status(
        FileStatus(
          kind: kind, byteCount: try reader.next(), isWritable: first & 1 << 16 != 0))
    case 2: self = .count(try reader.next())
    case 3: self = .listed(byteCount: try reader.next(), nextCursor: try reader.next())
    case 4: self = .mapped(offset: try reader.next(), byteCount: try reader.next())
    default: throw MalformedMessage()
    }
  }
}
