import KernelHAL
import MnosABI

/// Builds the kernel's own page tables while booting, with the largest pages that fit.
public struct KernelTables<Format: PageTableFormat> {
  private let format: Format
  private let window: PhysicalWindow
  public let root: PhysicalAddress
  /// Frames taken for tables, the root included.
  public private(set) var frameCount: UInt64 = 1

  /// - Throws: `noMemory`.
  public init(
    format: Format, window: PhysicalWindow, frames: inout FrameAllocator
  ) throws(Failure) {
    guard let frame = frames.allocate() else { throw .noMemory }
    self.format = format
    self.window = window
    root = PhysicalAddress(UInt64(frame) << 12)
    window.clear(root.rawValue, byteCount: Limits.pageByteCount)
  }

  /// Maps a range; what was mapped there before is replaced, a large page being split.
  ///
  /// - Throws: `noMemory`.
  /// - Precondition: All three numbers are multiples of the page size.
  public mutating func map(
    _ virtual: UInt64, to physical: UInt64, byteCount: UInt64, rights: PageRights,
    frames: inout FrameAllocator
  ) throws(Failure) {
    var done: UInt64 = 0
    while done < byteCount {
      let level = largestLevel(virtual &+ done, physical + done, byteCount - done)
      try mapOne(
        virtual &+ done, to: physical + done, rights: rights, level: level, frames: &frames)
      done += pageByteCount(level)
    }
  }

  private func pageByteCount(_ level: Int) -> UInt64 { 4096 << UInt64(9 * level) }

  private func largestLevel(_ virtual: UInt64, _ physical: UInt64, _ left: UInt64) -> Int {
    var level = min(format.levelCount - 1, 2)
    while level > 0 {
      let size = pageByteCount(level)
      if format.permitsLeaf(atLevel: level), left >= size,
        (virtual | physical) & (size - 1) == 0
      {
        return level
      }
      level -= 1
    }
    return 0
  }

  private mutating func mapOne(
    _ virtual: UInt64, to physical: UInt64, rights: PageRights, level target: Int,
    frames: inout FrameAllocator
  ) throws(Failure) {
    var table = root.rawValue
    var level = format.levelCount - 1
    while level > target {
      let address = entryAddress(table, virtual, level)
      switch format.decode(window.load(address, as: UInt64.self), level: level) {
      case .table(let next): table = next.rawValue
      case .empty: table = try addTable(at: address, frames: &frames)
      case .leaf(let base, let old):
        table = try addTable(at: address, frames: &frames)
        for index in 0..<UInt64(512) {
          let part = PhysicalAddress(base.rawValue + index * pageByteCount(level - 1))
          window.store(
            format.makeLeaf(at: part, rights: old, level: level - 1), at: table + index * 8)
        }
      }
      level -= 1
    }
    let leaf = format.makeLeaf(at: PhysicalAddress(physical), rights: rights, level: target)
    window.store(leaf, at: entryAddress(table, virtual, target))
  }

  private mutating func addTable(
    at entry: UInt64, frames: inout FrameAllocator
  ) throws(Failure) -> UInt64 {
    guard let frame = frames.allocate() else { throw .noMemory }
    let table = UInt64(frame) << 12
    window.clear(table, byteCount: Limits.pageByteCount)
    window.store(format.makeTable(at: PhysicalAddress(table)), at: entry)
    frameCount += 1
    return table
  }

  private func entryAddress(_ table: UInt64, _ virtual: UInt64, _ level: Int) -> UInt64 {
    table + ((virtual >> UInt64(12 + 9 * level)) & 511) * 8
  }
}
