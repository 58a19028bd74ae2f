/// Names of a directory as they stand in a buffer, one after another: 8 bytes of byte
/// count, a byte of kind, one that is 1 if it can be written, two of the name's length,
/// all little endian, and the name.
public enum FileListing {
  static var headerByteCount: Int { 12 }

  /// Puts an entry at `offset`.
  ///
  /// - Returns: Where the next one goes; nil, with nothing written, if there is no room.
  static func append(
    _ entry: FileEntry, to buffer: inout MutableSpan<UInt8>, at offset: Int, limit: Int
  ) -> Int? {
    let end = offset + headerByteCount + entry.name.count
    guard end <= min(limit, buffer.count) else { return nil }
    for index in 0..<8 {
      buffer[offset + index] = UInt8(
        truncatingIfNeeded: entry.status.byteCount >> UInt64(8 * index))
    }
    buffer[offset + 8] = entry.status.kind.rawValue
    buffer[offset + 9] = entry.status.isWritable ? 1 : 0
    buffer[offset + 10] = UInt8(truncatingIfNeeded: entry.name.count)
    buffer[offset + 11] = UInt8(truncatingIfNeeded: entry.name.count >> 8)
    for index in entry.name.indices {
      buffer[offset + headerByteCount + index] = entry.name[index]
    }
    return end
  }

  /// Takes the entry at `offset`, and moves `offset` behind it.
  ///
  /// - Returns: nil if no whole entry is there.
  public static func next(
    in buffer: Span<UInt8>, at offset: inout Int
  ) -> (name: [UInt8], status: FileStatus)? {
    guard buffer.count - offset >= headerByteCount else { return nil }
    var byteCount: UInt64 = 0
    for index in 0..<8 { byteCount |= UInt64(buffer[offset + index]) << UInt64(8 * index) }
    let nameCount = Int(buffer[offset + 10]) | Int(buffer[offset + 11]) << 8
    let start = offset + headerByteCount
    guard let kind = FileKind(rawValue: buffer[offset + 8]), nameCount <= buffer.count - start
    else { return nil }
    let isWritable = buffer[offset + 9] == 1
    offset = start + nameCount
    return (
      (start..<offset).map { buffer[$0] },
      FileStatus(kind: kind, byteCount: byteCount, isWritable: isWritable)
    )
  }
}
