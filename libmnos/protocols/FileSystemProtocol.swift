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
  /// Whether opening may make a file or cut one.
  var mayChangeFiles: Bool { includes(.create) || includes(.write.union(.truncate)) }
  var hasUndefinedBits: Bool { bits >> 4 != 0 }
}

/// Files and directories, by capabilities.
///
/// Requests on names go to the service itself, and lend the path. Opening brings a capability to
/// the open file, whose badge is all that the server knows of it; letting go of that capability
/// closes the file. Requests on an open file go to its capability, and lend the bytes or the place
/// for them. So a client costs a file server nothing between two requests, and no client can use up
/// what others need to open files.
public enum FileSystemProtocol: Interface {
  /// Bytes that one request reads, writes or lists at most: no client keeps a server for longer.
  public static var mostBytes: Int { 16 * 1024 }

  public enum Request: MessageCodable, Equatable, Sendable {
    /// Lends a path. Brings the open file.
    case open(FileOptions)
    /// Lends a path, as the next two do.
    case status
    case createDirectory
    case remove
    /// Lends two: what is there, and its new path.
    case rename
    /// Lends a place, which is filled as far as there are bytes and one request reads.
    case read(offset: UInt64)
    /// Lends the bytes, of which as many are taken as one request writes.
    case write(offset: UInt64)
    case setByteCount(UInt64)
    case fileStatus
    /// To an open directory. Lends a place, for a `FileListing`.
    case list(cursor: UInt64)
  }

  public enum Reply: MessageCodable, Equatable, Sendable {
    case done
    case status(FileStatus)
    /// Bytes that were read or written.
    case count(UInt64)
    /// Bytes of listing, and where to go on; 0 bytes if there is nothing more.
    case listed(byteCount: UInt64, nextCursor: UInt64)
  }

  public typealias Failure = FileSystemError
}

extension FileSystemProtocol.Request {
  private var fields: (operation: UInt64, value: UInt64?) {
    switch self {
    case .open(let options): (0x300, options.bits)
    case .status: (0x301, nil)
    case .createDirectory: (0x302, nil)
    case .remove: (0x303, nil)
    case .rename: (0x304, nil)
    case .read(let offset): (0x305, offset)
    case .write(let offset): (0x306, offset)
    case .setByteCount(let count): (0x307, count)
    case .fileStatus: (0x308, nil)
    case .list(let cursor): (0x309, cursor)
    }
  }

  public func encode(into message: inout Message) {
    let fields = fields
    message.append(fields.operation)
    if let value = fields.value { message.append(value) }
  }

  public init(from reader: inout MessageReader) throws(MalformedMessage) {
    switch try reader.next() {
    case 0x300:
      let options = FileOptions(bits: try reader.next())
      guard !options.hasUndefinedBits else { throw MalformedMessage() }
      self = .open(options)
    case 0x301: self = .status
    case 0x302: self = .createDirectory
    case 0x303: self = .remove
    case 0x304: self = .rename
    case 0x305: self = .read(offset: try reader.next())
    case 0x306: self = .write(offset: try reader.next())
    case 0x307: self = .setByteCount(try reader.next())
    case 0x308: self = .fileStatus
    case 0x309: self = .list(cursor: try reader.next())
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
    }
  }

  public init(from reader: inout MessageReader) throws(MalformedMessage) {
    let first = try reader.next()
    // Only a status has more in its first word than which reply it is.
    switch first & 0xff == 1 ? 1 : first {
    case 0: self = .done
    case 1:
      guard first >> 17 == 0, let kind = FileKind(rawValue: UInt8(first >> 8 & 0xff)) else {
        throw MalformedMessage()
      }
      self = .status(
        FileStatus(
          kind: kind, byteCount: try reader.next(), isWritable: first & 1 << 16 != 0))
    case 2: self = .count(try reader.next())
    case 3: self = .listed(byteCount: try reader.next(), nextCursor: try reader.next())
    default: throw MalformedMessage()
    }
  }
}
