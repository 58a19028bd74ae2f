/// One 512-byte header block of an archive, checked.
///
/// Source: POSIX.1-2017, pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar
/// Format".
struct TarHeader {
  static var blockByteCount: Int { 512 }

  /// The type flag, as a character.
  let flag: UInt8
  /// Bytes of data that follow the header.
  let byteCount: Int
  /// Offset of the data in the archive.
  let dataOffset: Int
  /// Offset of the next header: the data, rounded up to whole blocks.
  let endOffset: Int
  /// The name that the header itself gives.
  let name: TarName

  /// - Parameter offset: Not past the end of `archive`.
  init(at offset: Int, in archive: Span<UInt8>) throws(TarError) {
    guard archive.count - offset >= Self.blockByteCount else {
      throw TarError(.truncated, at: offset)
    }
    guard Self.checksumIsRight(at: offset, in: archive) else {
      throw TarError(.badChecksum, at: offset)
    }
    guard let isPOSIX = Self.isPOSIX(at: offset, in: archive) else {
      throw TarError(.notUstar, at: offset)
    }
    guard let count = Self.octal(offset + 124..<offset + 136, in: archive),
      Self.otherNumbersAreSound(at: offset, in: archive)
    else { throw TarError(.badNumber, at: offset) }
    guard isPOSIX || Self.hasNoPrefix(at: offset, in: archive) else {
      throw TarError(.conflictingName, at: offset)
    }
    dataOffset = offset + Self.blockByteCount
    // Compared with what is left before it is rounded up, so that nothing can overflow.
    let left = archive.count - dataOffset
    guard count <= left else { throw TarError(.truncated, at: offset) }
    let blocks = (count + Self.blockByteCount - 1) / Self.blockByteCount
    guard blocks * Self.blockByteCount <= left else { throw TarError(.truncated, at: offset) }
    byteCount = count
    endOffset = dataOffset + blocks * Self.blockByteCount
    flag = archive[offset + 156]
    // The GNU format has time stamps where POSIX has the prefix.
    let prefix = isPOSIX ? Self.text(offset + 345..<offset + 500, in: archive) : 0..<0
    name = TarName(prefix: prefix, rest: Self.text(offset..<offset + 100, in: archive))
  }

  /// Whether the whole block at `offset` is zero; false past the end.
  static func isZeroBlock(at offset: Int, in archive: Span<UInt8>) -> Bool {
    guard archive.count - offset >= blockByteCount else { return false }
    for index in offset..<offset + blockByteCount where archive[index] != 0 { return false }
    return true
  }

  /// The number in an octal field: blanks, at least one digit, then blanks or NULs.
  static func octal(_ field: Range<Int>, in archive: Span<UInt8>) -> Int? {
    var index = field.lowerBound
    while index < field.upperBound, archive[index] == UInt8(ascii: " ") { index += 1 }
    let firstDigit = index
    var value = 0
    while index < field.upperBound, (0x30...0x37).contains(archive[index]) {
      value = value << 3 | Int(archive[index] - 0x30)
      index += 1
    }
    guard index > firstDigit else { return nil }
    for rest in index..<field.upperBound
    where archive[rest] != 0 && archive[rest] != UInt8(ascii: " ") { return nil }
    return value
  }

  /// Whether mode, owner, group and time are numbers, though nothing here uses them: a header
  /// where they are not was made by no writer of archives, and readers differ on what it says.
  private static func otherNumbersAreSound(at offset: Int, in archive: Span<UInt8>) -> Bool {
    isNumber(offset + 100..<offset + 108, in: archive)
      && isNumber(offset + 108..<offset + 116, in: archive)
      && isNumber(offset + 116..<offset + 124, in: archive)
      && isNumber(offset + 136..<offset + 148, in: archive)
  }

  /// Whether a field is octal, as `octal` has it, blank, or in the GNU format's base 256, which
  /// large owners and early times need.
  private static func isNumber(_ field: Range<Int>, in archive: Span<UInt8>) -> Bool {
    let first = archive[field.lowerBound]
    if first == 0x80 || first == 0xff { return true }
    if octal(field, in: archive) != nil { return true }
    for index in field where archive[index] != 0 && archive[index] != UInt8(ascii: " ") {
      return false
    }
    return true
  }

  /// Whether a header of the GNU format has what the format has in the place of the prefix: two
  /// times, and then nothing, since what follows is for kinds of entries that are refused.
  ///
  /// Writers took the place for a prefix all the same, and some readers follow them.
  /// Source: GNU tar manual, "Basic Tar Format", struct oldgnu_header.
  private static func hasNoPrefix(at offset: Int, in archive: Span<UInt8>) -> Bool {
    guard isNumber(offset + 345..<offset + 357, in: archive),
      isNumber(offset + 357..<offset + 369, in: archive)
    else { return false }
    for index in offset + 369..<offset + 500 where archive[index] != 0 { return false }
    return true
  }

  /// `field` up to its first NUL; the whole of it if there is none.
  private static func text(_ field: Range<Int>, in archive: Span<UInt8>) -> Range<Int> {
    for index in field where archive[index] == 0 { return field.lowerBound..<index }
    return field
  }

  /// The checksum counts its own field as eight blanks.
  private static func checksumIsRight(at offset: Int, in archive: Span<UInt8>) -> Bool {
    let field = offset + 148..<offset + 156
    guard let stated = octal(field, in: archive) else { return false }
    var sum = 8 * Int(UInt8(ascii: " "))
    for index in offset..<field.lowerBound { sum += Int(archive[index]) }
    for index in field.upperBound..<offset + blockByteCount { sum += Int(archive[index]) }
    return sum == stated
  }

  /// True for `ustar\0` and `00`, false for GNU's `ustar  \0`, nil for anything else.
  private static func isPOSIX(at offset: Int, in archive: Span<UInt8>) -> Bool? {
    let magic = offset + 257
    guard archive.matches("ustar", at: magic) else { return nil }
    if archive[magic + 5] == 0, archive.matches("00", at: magic + 6) { return true }
    if archive.matches("  ", at: magic + 5), archive[magic + 7] == 0 { return false }
    return nil
  }
}

extension Span<UInt8> {
  /// Whether the bytes from `offset` on are those of `text`.
  func matches(_ text: String, at offset: Int) -> Bool {
    guard text.utf8.count <= count - offset else { return false }
    var index = offset
    for byte in text.utf8 {
      guard self[index] == byte else { return false }
      index += 1
    }
    return true
  }
}
