import MnosABI

/// What a program file asks of a loader, after everything in it was checked.
///
/// Only static position-independent ELF64 programs are taken: they run wherever their
/// loader puts them, and apply their own relocations. Each segment has its pages for
/// itself, none is both writable and executable, and the file says nothing else that a
/// loader would have to do. Reading allocates nothing and trusts no byte of the file.
public struct ProgramImage: Sendable {
  public static var maximumSegmentCount: Int { 16 }
  /// Program headers that a file may have; linkers make about ten.
  static var maximumHeaderCount: UInt64 { 64 }
  static var headerByteCount: UInt64 { 64 }

  /// Where the first instruction is, relative to the base.
  public private(set) var entry: UInt64 = 0
  public private(set) var segmentCount = 0
  /// The power of two that the base must be a multiple of; at least one page.
  public private(set) var alignment: UInt64 = Limits.pageByteCount
  private var segments: [16 of ProgramSegment] = .init(repeating: .empty)

  /// The load segment at `index`, in ascending order of addresses.
  ///
  /// - Precondition: `0 <= index < segmentCount`.
  public subscript(index: Int) -> ProgramSegment {
    precondition(index < segmentCount)
    return segments[index]
  }

  /// Bytes from the base to the end of the last page: the room that the program needs.
  public var byteCount: UInt64 {
    segmentCount == 0
      ? 0 : segments[segmentCount - 1].pageAddress + segments[segmentCount - 1].pageByteCount
  }

  /// Reads and checks a whole file. Cost: proportional to its program headers.
  ///
  /// - Parameters:
  ///   - bytes: The file, from its first byte to its last. Untrusted.
  ///   - machine: The CPU it must be for.
  ///   - limit: Where the last segment must end at the latest; at most 2^62, whatever is said.
  public init(
    _ bytes: Span<UInt8>, for machine: ProgramMachine, limit: UInt64 = 1 << 30
  ) throws(ProgramImageError) {
    let file = ProgramFile(bytes)
    try Self.checkIdentity(file, machine)
    let (start, count) = try Self.headerTable(file)
    for index in 0..<count {
      let header = ProgramHeader(file, at: start + index * ProgramHeader.byteCount)
      switch header.kind {
      case ProgramHeader.Kind.interpreter: throw .needsInterpreter
      case ProgramHeader.Kind.threadLocalStorage: throw .needsThreadLocalStorage
      case ProgramHeader.Kind.stack where header.isExecutable: throw .executableStack
      case ProgramHeader.Kind.load:
        try append(try header.segment(in: file, limit: min(limit, 1 << 62)))
      default: break
      }
    }
    guard segmentCount > 0 else { throw .noSegments }
    entry = file.double(at: 24)
    try checkEntry(machine)
  }

  /// Source: System V ABI, generic chapter 4, "ELF Header" and "ELF Identification".
  private static func checkIdentity(
    _ file: borrowing ProgramFile, _ machine: ProgramMachine
  ) throws(ProgramImageError) {
    guard file.byteCount >= headerByteCount else { throw .truncatedHeader }
    guard file.word(at: 0) == 0x464c_457f else { throw .wrongMagic }
    guard file.byte(at: 4) == 2 else { throw .wrongClass }
    guard file.byte(at: 5) == 1 else { throw .wrongByteOrder }
    // 3 is what a linker writes for a file with sections to be kept whatever refers to them.
    guard
      file.byte(at: 6) == 1, file.byte(at: 7) == 0 || file.byte(at: 7) == 3,
      file.word(at: 20) == 1
    else { throw .wrongVersion }
    guard file.half(at: 16) == 3 else { throw .wrongType }
    guard file.half(at: 18) == UInt64(machine.rawValue) else { throw .wrongMachine }
    guard file.half(at: 52) == headerByteCount else { throw .wrongHeaderSize }
  }

  /// Where the program headers are, and how many.
  private static func headerTable(
    _ file: borrowing ProgramFile
  ) throws(ProgramImageError) -> (start: UInt64, count: UInt64) {
    let (start, count) = (file.double(at: 32), file.half(at: 56))
    guard count > 0, count <= maximumHeaderCount else { throw .wrongHeaderCount }
    guard file.half(at: 54) == ProgramHeader.byteCount else { throw .wrongHeaderSize }
    guard start >= headerByteCount,
      file.contains(start, count: count * ProgramHeader.byteCount)
    else { throw .headersOutsideFile }
    return (start, count)
  }

  private mutating func append(_ segment: ProgramSegment) throws(ProgramImageError) {
    guard segment.memoryByteCount > 0 else { return }
    if segmentCount > 0 {
      let last = segments[segmentCount - 1]
      guard segment.address >= last.address else { throw .unorderedSegments }
      guard segment.address >= last.address + last.memoryByteCount else {
        throw .overlappingSegments
      }
      guard segment.pageAddress >= last.pageAddress + last.pageByteCount else {
        throw .sharedPage
      }
    }
    guard segmentCount < Self.maximumSegmentCount else { throw .tooManySegments }
    segments[segmentCount] = segment
    segmentCount += 1
    alignment = max(alignment, segment.alignment)
  }

  /// An entry of 0 means that the file has none.
  private func checkEntry(_ machine: ProgramMachine) throws(ProgramImageError) {
    guard entry != 0, entry % machine.instructionAlignment == 0 else { throw .wrongEntry }
    for index in 0..<segmentCount where segments[index].rights.includes(.execute) {
      let segment = segments[index]
      if entry >= segment.address, entry - segment.address < segment.fileByteCount { return }
    }
    throw .wrongEntry
  }
}
