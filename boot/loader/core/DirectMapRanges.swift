/// The ranges of physical memory that the direct map covers, in order.
///
/// All of the first 4 GiB, and above them whatever the memory map knows as memory.
/// Source: Limine PROTOCOL.md, "Entry memory layout", base revisions 1 and 2; what revision
/// 3 asks for is a part of it.
public struct DirectMapRanges {
  /// One range, in whole pages.
  public struct Part: Equatable {
    public var base: UInt64
    public var byteCount: UInt64
    /// Framebuffers are cached differently from memory.
    public var isFramebuffer: Bool
  }

  private enum Cover { case nothing, memory, framebuffer }

  private static let firstGigabytes: UInt64 = 4 << 30
  private var cursor: UInt64 = 0

  public init() {}

  /// The next range of the first `count` entries of `map`, or nil past the last.
  public mutating func next(_ map: Span<MemoryRange>, count: Int) -> Part? {
    while let edge = edge(after: cursor, in: map, count: count) {
      let cover = cover(at: cursor, in: map, count: count)
      let base = cursor
      cursor = edge
      guard cover != .nothing else { continue }
      while self.cover(at: cursor, in: map, count: count) == cover,
        let further = self.edge(after: cursor, in: map, count: count)
      {
        cursor = further
      }
      return Part(base: base, byteCount: cursor - base, isFramebuffer: cover == .framebuffer)
    }
    return nil
  }

  /// One past the last byte that is covered; 4 GiB at least.
  public static func end(of map: Span<MemoryRange>, count: Int) -> UInt64 {
    var end = firstGigabytes
    for index in 0..<count where map[index].kind.isInDirectMap {
      end = max(end, pageEnd(map[index]))
    }
    return end
  }

  /// What is to be mapped at `address`, which is on a page boundary.
  private func cover(at address: UInt64, in map: Span<MemoryRange>, count: Int) -> Cover {
    var cover: Cover = address < Self.firstGigabytes ? .memory : .nothing
    for index in 0..<count where map[index].kind.isInDirectMap {
      guard Self.pageBase(map[index]) <= address, address < Self.pageEnd(map[index]) else {
        continue
      }
      if map[index].kind == .framebuffer { return .framebuffer }
      cover = .memory
    }
    return cover
  }

  /// The next address after `address` where something may change; nil past the last.
  private func edge(after address: UInt64, in map: Span<MemoryRange>, count: Int) -> UInt64? {
    var edge: UInt64? = address < Self.firstGigabytes ? Self.firstGigabytes : nil
    func consider(_ candidate: UInt64) {
      if candidate > address, candidate < edge ?? UInt64.max { edge = candidate }
    }
    for index in 0..<count where map[index].kind.isInDirectMap {
      consider(Self.pageBase(map[index]))
      consider(Self.pageEnd(map[index]))
    }
    return edge
  }

  private static func pageBase(_ range: MemoryRange) -> UInt64 { range.base & ~4095 }

  private static func pageEnd(_ range: MemoryRange) -> UInt64 {
    range.end > UInt64.max - 4095 ? UInt64.max & ~4095 : (range.end + 4095) & ~4095
  }
}
