import MnosABI

/// One entry of an ELF file's program header table, as the file states it.
///
/// Source: System V ABI, generic chapter 5, "Program Header".
struct ProgramHeader {
  static var byteCount: UInt64 { 56 }

  /// What an entry describes; kinds that are not named here need nothing of a loader.
  enum Kind {
    static var load: UInt64 { 1 }
    static var interpreter: UInt64 { 3 }
    static var threadLocalStorage: UInt64 { 7 }
    static var stack: UInt64 { 0x6474_e551 }
  }

  let kind: UInt64
  let flags: UInt64
  let offset: UInt64
  let address: UInt64
  let fileByteCount: UInt64
  let memoryByteCount: UInt64
  let alignment: UInt64

  init(_ file: borrowing ProgramFile, at start: UInt64) {
    kind = file.word(at: start)
    flags = file.word(at: start + 4)
    offset = file.double(at: start + 8)
    address = file.double(at: start + 16)
    fileByteCount = file.double(at: start + 32)
    memoryByteCount = file.double(at: start + 40)
    alignment = file.double(at: start + 48)
  }

  var isExecutable: Bool { flags & 1 != 0 }

  /// The rights that the flags name.
  func rights() throws(ProgramImageError) -> Rights {
    let (execute, write, read) = (flags & 1 != 0, flags & 2 != 0, flags & 4 != 0)
    guard !(write && execute) else { throw .writableAndExecutable }
    guard flags & ~7 == 0, read else { throw .wrongRights }
    return Rights.read.union(write ? .write : .none).union(execute ? .execute : .none)
  }

  /// The segment that a `load` entry describes.
  ///
  /// - Parameter limit: The address that no segment may pass.
  func segment(
    in file: borrowing ProgramFile, limit: UInt64
  ) throws(ProgramImageError) -> ProgramSegment {
    let rights = try rights()
    guard file.contains(offset, count: fileByteCount) else { throw .segmentOutsideFile }
    guard fileByteCount <= memoryByteCount else { throw .fileLargerThanMemory }
    let (end, overflow) = address.addingReportingOverflow(memoryByteCount)
    guard !overflow, end <= limit else { throw .segmentOutOfRange }
    guard hasValidAlignment else { throw .wrongAlignment }
    return ProgramSegment(
      fileOffset: offset, fileByteCount: fileByteCount, address: address,
      memoryByteCount: memoryByteCount, rights: rights,
      alignment: max(alignment, Limits.pageByteCount))
  }

  /// 0 and 1 ask for nothing; else a power of two, no more than a large page.
  private var hasValidAlignment: Bool {
    if alignment <= 1 { return true }
    guard alignment & (alignment - 1) == 0, alignment <= 1 << 21 else { return false }
    return address & (alignment - 1) == offset & (alignment - 1)
  }
}
