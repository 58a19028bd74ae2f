import Libmnos

/// Serves the files of the boot archive, in place, as "initramfs".
@main struct Initramfs: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    do throws(SyscallStatus) {
      guard let offset = Arguments.argument(at: 1).decimal,
        let byteCount = Arguments.argument(at: 2).decimal
      else { throw .badArgument }
      let memory: Memory = try start.take(ShortName("initramfs"))
      let archive = try MappedArchive(
        try MappedMemory(memory, rights: .read), offset: offset, byteCount: byteCount)
      try serve(archive, &start)
      return 0
    } catch {
      return UInt64(error.rawValue)
    }
  }

  private static func serve(
    _ archive: consuming MappedArchive, _ start: inout StartContext
  ) throws(SyscallStatus) {
    let files: ArchiveFileSystem<MappedArchive>
    do throws(ArchiveFailure) {
      files = try ArchiveFileSystem(archive)
    } catch {
      throw .badArgument
    }
    let directory: SendEndpoint = try start.take(ShortName("directory"))
    try FileService.serve(files, as: Name("initramfs"), by: Client(directory), &start)
  }
}

/// The archive in memory that is mapped for reading.
struct MappedArchive: ~Copyable, ArchiveBytes {
  private let memory: MappedMemory
  private let offset: Int
  private let byteCount: Int

  /// - Throws: `badArgument` if the archive is not all in the memory.
  init(
    _ memory: consuming MappedMemory, offset: Int, byteCount: Int
  ) throws(SyscallStatus) {
    guard offset <= memory.byteCount, byteCount <= memory.byteCount - offset else {
      throw .badArgument
    }
    self.memory = memory
    self.offset = offset
    self.byteCount = byteCount
  }

  func withBytes<R, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
    try body(memory.bytes.extracting(offset..<offset + byteCount))
  }
}

extension Span<UInt8> {
  /// The number written here in decimal digits; nil if it is none or too large.
  fileprivate var decimal: Int? {
    guard count > 0, count <= 18 else { return nil }
    var value = 0
    for index in 0..<count {
      guard (0x30...0x39).contains(self[index]) else { return nil }
      value = value * 10 + Int(self[index] - 0x30)
    }
    return value
  }
}
