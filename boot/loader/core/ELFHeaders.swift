/// The fixed header of an ELF file, checked for what a kernel must be.
///
/// Source: System V gABI, "ELF Header".
struct ELFHeader {
  let isRelocatable: Bool
  let entry: UInt64
  private let programHeaderOffset: Int
  let programHeaderCount: Int

  init(_ file: Span<UInt8>, machine: UInt16) throws(LoaderFailure) {
    guard file.count >= 64 else {
      throw LoaderFailure(
        "it is too short for an ELF file; bytes", "build or copy it again",
        value: UInt64(file.count))
    }
    guard file.number32(at: 0) == 0x464c_457f else { throw LoaderFailure("it is no ELF file") }
    guard file[4] == 2, file[5] == 1, file[6] == 1 else {
      throw LoaderFailure("it is not a 64-bit little-endian ELF file of version 1")
    }
    let type = file.number16(at: 16)
    guard type == 2 || type == 3, file.number32(at: 20) == 1 else {
      throw LoaderFailure("it is not an executable ELF file")
    }
    let found = file.number16(at: 18) ?? 0
    guard found == machine else {
      throw LoaderFailure(
        "it is for another machine; its ELF machine number is",
        "build it for this architecture", value: UInt64(found))
    }
    guard file.number16(at: 52) == 64, file.number16(at: 54) == 56 else {
      throw LoaderFailure("its headers have the wrong size")
    }
    let count = Int(file.number16(at: 56) ?? 0)
    guard count > 0, count < 0xffff,
      let offset = file.number64(at: 32), offset >= 64, offset <= UInt64(file.count),
      UInt64(count) * 56 <= UInt64(file.count) - offset
    else {
      throw LoaderFailure(
        "it is truncated: the program headers are not in the file", "build or copy it again")
    }
    isRelocatable = type == 3
    entry = file.number64(at: 24) ?? 0
    programHeaderOffset = Int(offset)
    programHeaderCount = count
  }

  /// The offset of the program header at `index`.
  func programHeader(_ index: Int) -> Int { programHeaderOffset + index * 56 }
}

/// One program header.
///
/// Source: System V gABI, "Program Header".
struct ELFProgramHeader {
  /// An interpreter and the rights of a stack are for whoever starts a process, and nothing to
  /// a boot loader: linkers ask for them unbidden.
  enum Kind { case load, dynamic, other }

  let kind: Kind
  let segment: ELFLoadPlan.Segment

  init(_ file: Span<UInt8>, at offset: Int) throws(LoaderFailure) {
    guard
      let type = file.number32(at: offset), let flags = file.number32(at: offset + 4),
      let fileOffset = file.number64(at: offset + 8),
      let address = file.number64(at: offset + 16),
      let fileByteCount = file.number64(at: offset + 32),
      let byteCount = file.number64(at: offset + 40),
      let alignment = file.number64(at: offset + 48)
    else { throw LoaderFailure("it is truncated", "build or copy it again") }
    switch type {
    case 1: kind = .load
    case 2: kind = .dynamic
    default: kind = .other
    }
    var segment = ELFLoadPlan.Segment()
    segment.address = address
    segment.byteCount = byteCount
    segment.fileOffset = fileOffset
    segment.fileByteCount = fileByteCount
    segment.alignment = alignment
    segment.isExecutable = flags & 1 != 0
    segment.isWritable = flags & 2 != 0
    self.segment = segment
  }
}
