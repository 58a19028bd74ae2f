/// What an archive entry is.
public enum TarEntryKind: UInt8, Sendable {
  case file
  case directory
}

/// A file or directory of an archive: where its name and its data stand.
public struct TarEntry: Equatable, Sendable {
  public let kind: TarEntryKind
  public let name: TarName
  /// Offset of the data, in bytes from the archive's first; a multiple of 512.
  public let dataOffset: Int
  /// Bytes of data; 0 for a directory.
  public let byteCount: Int
}

/// Walks the entries of an archive in order, without allocating.
///
/// Reads what GNU tar writes as `--format=ustar`, `pax` and `gnu`. Anything that two
/// readers could understand differently is refused, and so is whatever stands behind
/// it: after an error, `next` throws the same error again.
public struct TarReader: Sendable {
  private var offset = 0
  private var isAtEnd = false

  public init() {}

  /// The next entry, or nil after the last.
  ///
  /// - Parameter archive: The same bytes at every call; not trusted.
  /// - Throws: The first problem from here on. Entries given before it are sound, but an
  ///   archive with any problem should not be used: see `TarArchive.check`.
  public mutating func next(in archive: Span<UInt8>) throws(TarError) -> TarEntry? {
    if isAtEnd { return nil }
    var position = offset
    var extensions = TarExtension()
    while !TarHeader.isZeroBlock(at: position, in: archive) {
      let header = try TarHeader(at: position, in: archive)
      do throws(TarProblem) {
        if let kind = try Self.kind(of: header, adding: &extensions, in: archive) {
          let entry = try Self.entry(kind, header, extensions, in: archive)
          offset = header.endOffset
          return entry
        }
      } catch {
        throw TarError(error, at: position)
      }
      position = header.endOffset
    }
    guard extensions.isEmpty else { throw TarError(.badExtension, at: position) }
    guard TarHeader.isZeroBlock(at: position + TarHeader.blockByteCount, in: archive) else {
      throw TarError(.truncated, at: position)
    }
    isAtEnd = true
    return nil
  }

  /// The kind of the entry, or nil if `header` only describes the one that follows.
  private static func kind(
    of header: TarHeader, adding extensions: inout TarExtension, in archive: Span<UInt8>
  ) throws(TarProblem) -> TarEntryKind? {
    switch header.flag {
    case UInt8(ascii: "0"), 0: return .file
    case UInt8(ascii: "5"): return .directory
    case UInt8(ascii: "L"): try extensions.addLongName(header, in: archive)
    case UInt8(ascii: "x"): try extensions.addRecords(header, in: archive)
    case UInt8(ascii: "g"):
      guard extensions.isEmpty else { throw .badExtension }
      try TarExtension.checkGlobal(header, in: archive)
    default: throw .unsupportedKind
    }
    return nil
  }

  private static func entry(
    _ kind: TarEntryKind, _ header: TarHeader, _ extensions: TarExtension,
    in archive: Span<UInt8>
  ) throws(TarProblem) -> TarEntry {
    if let stated = extensions.byteCount, stated != header.byteCount {
      throw .conflictingSize
    }
    let isDirectory = kind == .directory
    guard !isDirectory || header.byteCount == 0 else { throw .directoryWithData }
    var name = extensions.name ?? header.name
    name.trim(isDirectory: isDirectory, in: archive)
    if let problem = name.problem(isDirectory: isDirectory, in: archive) { throw problem }
    return TarEntry(
      kind: kind, name: name, dataOffset: header.dataOffset, byteCount: header.byteCount)
  }
}

/// Questions about a whole archive.
public enum TarArchive {
  /// Walks the whole archive and returns how many entries it has.
  ///
  /// - Throws: The first problem.
  @discardableResult
  public static func check(_ archive: Span<UInt8>) throws(TarError) -> Int {
    var reader = TarReader()
    var count = 0
    while try reader.next(in: archive) != nil { count += 1 }
    return count
  }

  /// The entry named `path`; the last one if there are several, as when unpacking.
  ///
  /// - Parameter path: Without a slash at its start or end.
  /// - Throws: The first problem of the archive, wherever it is. Cost: O(headers).
  public static func find(
    _ path: Span<UInt8>, in archive: Span<UInt8>
  ) throws(TarError) -> TarEntry? {
    var reader = TarReader()
    var found: TarEntry?
    while let entry = try reader.next(in: archive) {
      if entry.name.matches(path, in: archive) { found = entry }
    }
    return found
  }
}
