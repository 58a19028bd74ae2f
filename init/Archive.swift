import Libmnos

/// The initramfs, as init reads programs from it.
struct Archive {
  private let memory: PermanentBytes
  /// Where the archive is in the memory.
  let range: Range<Int>

  /// - Throws: `badArgument` if the range is not in the memory.
  init(_ memory: consuming MappedMemory, range: Range<Int>) throws(SyscallStatus) {
    guard range.upperBound <= memory.byteCount else { throw .badArgument }
    self.memory = memory.keepForEver()
    self.range = range
  }

  var bytes: Span<UInt8> {
    @_lifetime(immortal) get { memory.bytes.extracting(range) }
  }

  /// The file at `path`; nil if there is none, or a directory.
  func find(_ path: [UInt8]) -> TarEntry? {
    guard let entry = try? TarArchive.find(path.span, in: bytes), entry.kind == .file else {
      return nil
    }
    return entry
  }

  /// What is in a file that was found.
  @_lifetime(immortal)
  func contents(of entry: TarEntry) -> Span<UInt8> {
    bytes.extracting(entry.dataOffset..<(entry.dataOffset + entry.byteCount))
  }
}
