/// The name of an archive entry, left where it stands in the archive.
///
/// A leading `./` and a directory's trailing `/` are taken off; the archive's root has
/// the empty name. The bytes are UTF-8 without control characters, in parts divided by
/// single slashes, none of which is empty, `.` or `..`.
public struct TarName: Equatable, Sendable {
  /// Bytes in the longest name, and in the longest part of one.
  public static var maximumByteCount: Int { 1024 }
  public static var maximumPartByteCount: Int { 255 }

  /// The ustar prefix, which goes before the rest with a slash between; may be empty.
  private let prefix: Range<Int>
  private let rest: Range<Int>
  /// Bytes taken off at the start of the joined name.
  private var skipped = 0
  public private(set) var byteCount: Int

  init(prefix: Range<Int>, rest: Range<Int>) {
    self.prefix = prefix
    self.rest = rest
    byteCount = rest.count + (prefix.isEmpty ? 0 : prefix.count + 1)
  }

  /// - Precondition: `index` is less than `byteCount`, and `archive` is the same as ever.
  public func byte(at index: Int, in archive: Span<UInt8>) -> UInt8 {
    let joined = skipped + index
    guard !prefix.isEmpty else { return archive[rest.lowerBound + joined] }
    if joined < prefix.count { return archive[prefix.lowerBound + joined] }
    if joined == prefix.count { return UInt8(ascii: "/") }
    return archive[rest.lowerBound + joined - prefix.count - 1]
  }

  /// Whether this is `path`, which has no slash at its start or end.
  public func matches(_ path: Span<UInt8>, in archive: Span<UInt8>) -> Bool {
    guard path.count == byteCount else { return false }
    for index in 0..<byteCount where byte(at: index, in: archive) != path[index] {
      return false
    }
    return true
  }

  /// A copy of the name; allocates.
  public func bytes(in archive: Span<UInt8>) -> [UInt8] {
    (0..<byteCount).map { byte(at: $0, in: archive) }
  }

  /// Takes off `./` in front and, for a directory, the slash at the end.
  mutating func trim(isDirectory: Bool, in archive: Span<UInt8>) {
    let slash = UInt8(ascii: "/")
    if isDirectory, byteCount > 1, byte(at: byteCount - 1, in: archive) == slash {
      byteCount -= 1
    }
    guard byteCount > 0, byte(at: 0, in: archive) == UInt8(ascii: ".") else { return }
    if byteCount == 1, isDirectory {
      byteCount = 0
    } else if byteCount > 2, byte(at: 1, in: archive) == slash {
      skipped += 2
      byteCount -= 2
    }
  }

  /// What is wrong with the trimmed name, if anything.
  func problem(isDirectory: Bool, in archive: Span<UInt8>) -> TarProblem? {
    guard byteCount > 0 else { return isDirectory ? nil : .badName }
    guard byteCount <= Self.maximumByteCount else { return .nameTooLong }
    var text = UTF8Validator()
    var partStart = 0
    for index in 0..<byteCount {
      let byte = byte(at: index, in: archive)
      guard byte >= 0x20, byte != 0x7f, text.accepts(byte) else { return .badName }
      guard byte == UInt8(ascii: "/") else { continue }
      if let problem = partProblem(partStart..<index, in: archive) { return problem }
      partStart = index + 1
    }
    guard text.isComplete else { return .badName }
    return partProblem(partStart..<byteCount, in: archive)
  }

  private func partProblem(_ part: Range<Int>, in archive: Span<UInt8>) -> TarProblem? {
    guard part.count <= Self.maximumPartByteCount else { return .nameTooLong }
    guard part.count <= 2 else { return nil }
    for index in part where byte(at: index, in: archive) != UInt8(ascii: ".") { return nil }
    return .badName  // "", "." or ".."
  }
}
