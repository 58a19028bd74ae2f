/// What is wrong with an archive.
public enum TarProblem: UInt8, Sendable {
  /// The archive ends inside an entry, or before its two closing zero blocks.
  case truncated
  /// The header's checksum is not the unsigned sum of its bytes.
  case badChecksum
  /// The header has neither the POSIX nor the GNU magic.
  case notUstar
  /// A size that is not plain octal: signed, blank, base-256 or garbled; or a mode, owner or
  /// time that is no number at all.
  case badNumber
  /// An empty, absolute or upward name, or one with control or non-UTF-8 bytes.
  case badName
  /// A name or a part of it is longer than `TarName` allows.
  case nameTooLong
  /// A link, device, sparse file or anything else but a file or a directory.
  case unsupportedKind
  /// A pax record or GNU long name that is garbled or belongs to no entry.
  case badExtension
  /// The pax size differs from the header's, so readers would disagree.
  case conflictingSize
  /// A directory that claims to have data.
  case directoryWithData
  /// Bytes where only some readers see a part of the name: in a header of the GNU format, which
  /// has times there, something that is none.
  case conflictingName

  /// What to tell a person.
  public var text: StaticString {
    switch self {
    case .truncated: "the archive ends too early"
    case .badChecksum: "a header has a wrong checksum"
    case .notUstar: "a header is not of the ustar format"
    case .badNumber: "a number is garbled"
    case .badName: "a name is empty, absolute, upward or not text"
    case .nameTooLong: "a name is too long"
    case .unsupportedKind: "an entry is neither a file nor a directory"
    case .badExtension: "an extended header is garbled"
    case .conflictingSize: "an entry has two different sizes"
    case .directoryWithData: "a directory has data"
    case .conflictingName: "an entry has two different names"
    }
  }
}

/// Why an archive is refused, and where.
public struct TarError: Error, Equatable, Sendable {
  public let problem: TarProblem
  /// Offset of the header at fault, in bytes from the archive's first.
  public let offset: Int

  public init(_ problem: TarProblem, at offset: Int) {
    self.problem = problem
    self.offset = offset
  }
}
