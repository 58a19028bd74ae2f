import FuzzHarness
import MnosABI
import ProgramFormat

/// Program files, as the kernel reads init and init reads all others.
enum ProgramTarget {
  private static let limit: UInt64 = 1 << 30

  static let target: FuzzTarget = {
    var target = FuzzTarget("elf", "program files", mostBytes: 16 << 10) {
      (bytes) throws(BrokenPromise) in try outcome(of: bytes)
    }
    target.seeds = { ProgramSeeds.all }
    target.headers = { [0..<min(64, $0.count), min(64, $0.count)..<min(64 + 56 * 17, $0.count)] }
    target.recognise = { $0.starts(with: [0x7f, 0x45, 0x4c, 0x46]) ? $0 : nil }
    return target
  }()

  /// The CPU that the file says it is for, so that damage anywhere else is reached.
  private static func machine(of bytes: [UInt8]) -> ProgramMachine {
    guard bytes.count > 19 else { return .x86_64 }
    return ProgramMachine(rawValue: UInt16(bytes[18]) | UInt16(bytes[19]) << 8) ?? .x86_64
  }

  private static func outcome(of bytes: [UInt8]) throws(BrokenPromise) -> FuzzOutcome {
    let image: ProgramImage
    do throws(ProgramImageError) {
      image = try ProgramImage(bytes.span, for: machine(of: bytes), limit: limit)
    } catch {
      return .refused("\(error.reason)")
    }
    try check(image, fileByteCount: UInt64(bytes.count))
    return .accepted("\(image.segmentCount) segments, \(image.byteCount) bytes")
  }

  private static func check(
    _ image: ProgramImage, fileByteCount: UInt64
  ) throws(BrokenPromise) {
    try promise((1...ProgramImage.maximumSegmentCount).contains(image.segmentCount), "segments")
    try promise(image.alignment.nonzeroBitCount == 1, "alignment of the base")
    var end: UInt64 = 0
    var holdsEntry = false
    for index in 0..<image.segmentCount {
      let segment = image[index]
      try check(segment, index, fileByteCount)
      try promise(segment.pageAddress >= end, "segment \(index) shares a page")
      end = segment.pageAddress + segment.pageByteCount
      if segment.rights.includes(.execute), image.entry >= segment.address,
        image.entry - segment.address < segment.fileByteCount
      {
        holdsEntry = true
      }
    }
    try promise(end == image.byteCount, "the room is not up to the last page")
    try promise(holdsEntry, "entry outside executable bytes")
  }

  private static func check(
    _ segment: ProgramSegment, _ index: Int, _ fileByteCount: UInt64
  ) throws(BrokenPromise) {
    let (fileEnd, overflow) = segment.fileOffset.addingReportingOverflow(segment.fileByteCount)
    try promise(!overflow && fileEnd <= fileByteCount, "segment \(index) outside the file")
    try promise(segment.fileByteCount <= segment.memoryByteCount, "segment \(index) larger there")
    let (end, wraps) = segment.address.addingReportingOverflow(segment.memoryByteCount)
    try promise(!wraps && end <= limit, "segment \(index) past the limit")
    try promise(segment.memoryByteCount > 0, "segment \(index) is empty")
    let rights = segment.rights
    try promise(rights.includes(.read), "segment \(index) cannot be read")
    try promise(
      !(rights.includes(.write) && rights.includes(.execute)),
      "segment \(index) is writable and executable")
    try promise(
      segment.offsetInPages + segment.fileByteCount <= segment.pageByteCount,
      "segment \(index) longer than its pages")
  }
}
