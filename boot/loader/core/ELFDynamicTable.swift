/// What the dynamic table of a position-independent kernel says about relocations.
///
/// Source: System V gABI, "Dynamic Section".
struct ELFDynamicTable {
  private var table: UInt64 = 0
  private var byteCount: UInt64 = 0
  private var entryByteCount: UInt64 = 24

  init(
    _ file: Span<UInt8>, segment: ELFLoadPlan.Segment
  ) throws(LoaderFailure) {
    guard
      segment.fileOffset <= UInt64(file.count),
      segment.fileByteCount <= UInt64(file.count) - segment.fileOffset
    else { throw LoaderFailure("it is truncated: its dynamic table is not in the file") }
    let end = Int(segment.fileOffset + segment.fileByteCount)
    var offset = Int(segment.fileOffset)
    while offset + 16 <= end, let tag = file.number64(at: offset), tag != 0 {
      try take(tag, value: file.number64(at: offset + 8) ?? 0)
      offset += 16
    }
  }

  private mutating func take(_ tag: UInt64, value: UInt64) throws(LoaderFailure) {
    switch tag {
    case 7: table = value
    case 8: byteCount = value
    case 9: entryByteCount = value
    case 1: throw LoaderFailure("it needs a shared library", "link it statically")
    case 2 where value != 0, 18 where value != 0, 35 where value != 0:
      throw LoaderFailure(
        "it has relocations of another kind than RELA",
        "link it so that RELA is the only kind")
    default: break
    }
  }

  /// The relocations as a range of offsets in the image of `plan`.
  func relocations(in plan: ELFLoadPlan) throws(LoaderFailure) -> Range<UInt64> {
    guard byteCount > 0 else { return 0..<0 }
    let start = table &+ plan.slide &- plan.imageBase
    guard entryByteCount == 24, byteCount % 24 == 0,
      start <= plan.imageByteCount, byteCount <= plan.imageByteCount - start
    else { throw LoaderFailure("its relocations are not in its image") }
    return start..<start + byteCount
  }
}
