/// How a kernel's ELF file becomes an image in memory: checked whole before anything is
/// copied.
///
/// Source: System V gABI, "Object Files", "Program Loading"; Limine PROTOCOL.md, "Entry
/// memory layout".
public struct ELFLoadPlan {
  public static var segmentLimit: Int { 16 }
  public static var pageByteCount: UInt64 { 4096 }
  /// Where kernels are linked, at least.
  public static var lowestAddress: UInt64 { 0xffff_ffff_8000_0000 }
  /// Largest image in memory that is accepted.
  public static var largestImage: UInt64 { 1 << 30 }

  /// One range of the image with the same rights.
  public struct Segment: Equatable {
    /// Virtual address of the first byte, slide included.
    public var address: UInt64 = 0
    public var byteCount: UInt64 = 0
    public var fileOffset: UInt64 = 0
    public var fileByteCount: UInt64 = 0
    /// What the file wants the address to be a multiple of; 0 and 1 ask for nothing.
    public var alignment: UInt64 = 0
    public var isWritable = false
    public var isExecutable = false
    public init() {}
    var end: UInt64 { address + byteCount }
    public var firstPage: UInt64 { address & ~(ELFLoadPlan.pageByteCount - 1) }
    /// The address past the segment's last page. It can be 2^64, written as 0.
    public var pageEnd: UInt64 { (end &+ (ELFLoadPlan.pageByteCount - 1)) & ~4095 }
  }

  private var segments: [16 of Segment] = .init(repeating: Segment())
  public private(set) var segmentCount = 0
  /// Added to every address that is written in the file.
  public private(set) var slide: UInt64 = 0
  /// Virtual address of the image's first page.
  public private(set) var imageBase: UInt64 = 0
  /// Bytes from the first page to the end of the last.
  public private(set) var imageByteCount: UInt64 = 0
  /// Virtual address to begin at.
  public private(set) var entry: UInt64 = 0
  /// The table of relocations, as a range of the image.
  private(set) var relocations: Range<UInt64> = 0..<0

  /// The segment at `index`, which is below `segmentCount`; they go up in address.
  public subscript(segment index: Int) -> Segment { segments[index] }

  /// Checks `file` and decides where everything goes.
  ///
  /// - Parameter machine: The ELF number of the machine that this loader runs on.
  public init(_ file: Span<UInt8>, machine: UInt16) throws(LoaderFailure) {
    let header = try ELFHeader(file, machine: machine)
    var dynamic: Segment?
    for index in 0..<header.programHeaderCount {
      let program = try ELFProgramHeader(file, at: header.programHeader(index))
      switch program.kind {
      case .load: try add(program, fileByteCount: UInt64(file.count))
      case .dynamic: dynamic = program.segment
      default: break
      }
    }
    try placeImage(isRelocatable: header.isRelocatable)
    entry = header.entry &+ slide
    guard isCode(entry) else {
      throw LoaderFailure("its entry point is not in executable memory", value: header.entry)
    }
    if let dynamic {
      relocations = try ELFDynamicTable(file, segment: dynamic).relocations(in: self)
    }
  }

  /// Where in physical memory the image is to be: as far from a multiple of the largest
  /// alignment of its segments as in virtual memory, because kernels map themselves with pages
  /// of that size. An image that a large page fits into counts as aligned to those, or its
  /// page tables alone would take a 512th of it.
  public var placement: ImagePlacement {
    var alignment = max(Self.pageByteCount, imageByteCount >= 2 << 20 ? 2 << 20 : 0)
    for index in 0..<segmentCount { alignment = max(alignment, segments[index].alignment) }
    return ImagePlacement(
      byteCount: imageByteCount, alignment: alignment, offset: imageBase & (alignment - 1))
  }

  /// Whether `address` is in an executable segment.
  public func isCode(_ address: UInt64) -> Bool {
    for index in 0..<segmentCount where segments[index].isExecutable {
      if address >= segments[index].address, address < segments[index].end { return true }
    }
    return false
  }

  /// Adds a segment at its place in address order, once it is known to be sound.
  private mutating func add(
    _ program: ELFProgramHeader, fileByteCount: UInt64
  ) throws(LoaderFailure) {
    let segment = program.segment
    guard segment.byteCount > 0 else { return }
    guard segment.fileByteCount <= segment.byteCount else {
      throw LoaderFailure("a segment is larger in the file than in memory", value: segment.address)
    }
    guard
      segment.fileOffset <= fileByteCount,
      segment.fileByteCount <= fileByteCount - segment.fileOffset
    else {
      throw LoaderFailure(
        "it is truncated: a segment lies beyond the end of the file; file bytes",
        "build or copy it again", value: fileByteCount)
    }
    guard segment.byteCount <= Self.largestImage,
      segment.address <= UInt64.max - segment.byteCount - 4096
    else { throw LoaderFailure("a segment does not fit into memory", value: segment.address) }
    guard segment.alignment & (segment.alignment &- 1) == 0,
      segment.alignment <= Self.largestImage
    else {
      throw LoaderFailure(
        "a segment's alignment is no power of two up to 1 GiB", value: segment.alignment)
    }
    guard segmentCount < Self.segmentLimit else {
      throw LoaderFailure("too many segments; allowed are", value: UInt64(Self.segmentLimit))
    }
    var place = segmentCount
    while place > 0, segments[place - 1].address > segment.address {
      segments[place] = segments[place - 1]
      place -= 1
    }
    segments[place] = segment
    segmentCount += 1
  }

  /// Checks the segments against each other and fixes the slide and the image's extent.
  private mutating func placeImage(isRelocatable: Bool) throws(LoaderFailure) {
    guard segmentCount > 0 else { throw LoaderFailure("it has nothing to load") }
    for index in 1..<max(segmentCount, 1) {
      let low = segments[index - 1]
      let high = segments[index]
      guard high.address >= low.end else {
        throw LoaderFailure("two segments overlap", value: high.address)
      }
      guard
        high.firstPage >= low.pageEnd
          || (low.isWritable == high.isWritable && low.isExecutable == high.isExecutable)
      else {
        throw LoaderFailure(
          "two segments with different rights share a page",
          "align segments to 4096 in the link script", value: high.address)
      }
    }
    let base = segments[0].firstPage
    let byteCount = segments[segmentCount - 1].pageEnd - base
    guard byteCount <= Self.largestImage else {
      throw LoaderFailure("its image is too large; bytes", value: byteCount)
    }
    if isRelocatable, base < Self.lowestAddress, base <= Self.largestImage {
      slide = Self.lowestAddress
    }
    guard base &+ slide >= Self.lowestAddress, base &+ slide <= UInt64.max - byteCount else {
      throw LoaderFailure(
        "it is linked below 0xffffffff80000000, at", "link it there or above", value: base)
    }
    for index in 0..<segmentCount { segments[index].address += slide }
    imageBase = base + slide
    imageByteCount = byteCount
  }
}
