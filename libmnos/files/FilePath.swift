/// Where a file is, from the root of a file system: parts with a slash between, none
/// of them empty, `.` or `..`. The root has no parts.
public struct FilePath: Equatable, Sendable {
  /// Bytes in the longest path as it is asked for, and in the longest part.
  public static var maximumByteCount: Int { 1024 }
  public static var maximumPartByteCount: Int { 255 }

  /// The parts, joined.
  public private(set) var bytes: [UInt8] = []
  /// Whether it was written with a slash at its end, or ended in `.` or `..`.
  public private(set) var namesDirectory = false

  /// The root.
  public init() { namesDirectory = true }

  /// Resolves what a user wrote, by its letters alone: `.` stays, `..` goes up by a part
  /// and at the root stays there, several slashes are one. Without one in front it starts
  /// at the root all the same.
  ///
  /// - Throws: `notFound` if it is empty, `nameTooLong`, `badArgument` for a byte 0.
  public init(resolving text: Span<UInt8>) throws(FileSystemError) {
    try self.init(resolving: text, from: FilePath())
  }

  /// The same, but what has no slash in front starts at `directory`. Only the result and the
  /// text itself must keep within the longest path, not both together: one can always go up.
  public init(
    resolving text: Span<UInt8>, from directory: FilePath
  ) throws(FileSystemError) {
    guard text.count > 0 else { throw .notFound }
    guard text.count <= Self.maximumByteCount else { throw .nameTooLong }
    if text[0] != UInt8(ascii: "/") { bytes = directory.bytes }
    var start = 0
    while start <= text.count {
      var end = start
      while end < text.count, text[end] != UInt8(ascii: "/") {
        guard text[end] != 0 else { throw .badArgument }
        end += 1
      }
      try append(text.extracting(start..<end))
      start = end + 1
    }
    // A slash in front of it is part of the path as others are asked for it.
    guard bytes.count < Self.maximumByteCount else { throw .nameTooLong }
  }

  public var isRoot: Bool { bytes.isEmpty }

  /// The last part; empty for the root.
  public var last: ArraySlice<UInt8> {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else { return bytes[...] }
    return bytes[(slash + 1)...]
  }

  /// Everything but the last part.
  public var parent: FilePath {
    var parent = self
    parent.removeLast()
    parent.namesDirectory = true
    return parent
  }

  /// Calls `body` with each part, first to last.
  public func forEachPart<E: Error>(_ body: (ArraySlice<UInt8>) throws(E) -> Void) throws(E) {
    var start = 0
    while start < bytes.count {
      var end = start
      while end < bytes.count, bytes[end] != UInt8(ascii: "/") { end += 1 }
      try body(bytes[start..<end])
      start = end + 1
    }
  }

  /// What is left of this path inside the directory `other`; nil if it is elsewhere.
  public func inside(_ other: FilePath) -> FilePath? {
    guard !other.isRoot else { return self }
    guard bytes.starts(with: other.bytes) else { return nil }
    var rest = self
    if bytes.count == other.bytes.count {
      rest.bytes = []
    } else {
      guard bytes[other.bytes.count] == UInt8(ascii: "/") else { return nil }
      rest.bytes.removeFirst(other.bytes.count + 1)
    }
    return rest
  }

  /// The path as a user writes it, with a slash in front.
  public var absoluteBytes: [UInt8] { [UInt8(ascii: "/")] + bytes }

  private mutating func append(_ part: Span<UInt8>) throws(FileSystemError) {
    let dot = UInt8(ascii: ".")
    let isDots =
      part.count <= 2 && (part.count < 1 || part[0] == dot)
      && (part.count < 2 || part[1] == dot)
    namesDirectory = isDots
    if isDots {
      if part.count == 2 { removeLast() }
      return
    }
    guard part.count <= Self.maximumPartByteCount else { throw .nameTooLong }
    if !bytes.isEmpty { bytes.append(UInt8(ascii: "/")) }
    for index in 0..<part.count { bytes.append(part[index]) }
  }

  private mutating func removeLast() {
    bytes.removeLast(bytes.count - (bytes.lastIndex(of: UInt8(ascii: "/")) ?? 0))
  }
}
