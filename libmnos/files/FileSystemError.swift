/// Why a file system did not do what was asked. 1xx: the caller's mistake; 2xx: it could
/// not. Numbers that `SyscallStatus` has too mean the same.
public enum FileSystemError: UInt64, Error, Sendable {
  /// A number or name that cannot be; a buffer too small for even one entry.
  case badArgument = 101
  /// The file was removed and its space needed, or its server was started anew.
  case badFile = 102
  /// The file was opened without the right to do this.
  case noRight = 104
  /// What was lent with the request cannot be reached.
  case badPointer = 106
  case notFound = 120
  case exists = 121
  case isDirectory = 122
  case notDirectory = 123
  /// Nothing on this file system can be changed.
  case readOnly = 124
  case notEmpty = 125
  case nameTooLong = 126
  /// A rename from one file system to another.
  case crossesFileSystems = 127
  /// The root of a file system can be neither removed nor renamed.
  case inUse = 128
  /// A rename of a directory into itself.
  case intoItself = 129
  /// Valid, but it failed.
  case failed = 200
  /// No space for more data or names.
  case noSpace = 202
  /// The client or the server has no slot left for a capability.
  case noFile = 203
  /// The server behind it is gone; later it may be there again.
  case gone = 206

  /// What to tell a person.
  public var text: StaticString {
    switch self {
    case .badArgument: "not a valid name or number"
    case .badFile: "the file is not there any more"
    case .noRight: "not opened for that"
    case .badPointer: "an address is not mapped"
    case .notFound: "no such file or directory"
    case .exists: "exists already"
    case .isDirectory: "is a directory"
    case .notDirectory: "not a directory"
    case .readOnly: "read-only file system (only /tmp can be written)"
    case .notEmpty: "directory is not empty"
    case .nameTooLong: "name is too long"
    case .crossesFileSystems: "cannot be moved to another file system"
    case .inUse: "a file system is mounted there"
    case .intoItself: "cannot be moved into itself"
    case .failed: "failed"
    case .noSpace: "no space left"
    case .noFile: "too many open files"
    case .gone: "the file service is restarting: try again"
    }
  }
}
