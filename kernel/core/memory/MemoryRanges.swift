import KernelHAL
import MnosABI

/// Ranges of physical memory in which RAM lies, as frames are managed in them: regions of a memory
/// map, joined over small holes.
///
/// A hole costs its marks, 1/2048 of its length, and a range costs a look at each allocation: so
/// regions up to 1 GiB apart are one range. Ranges are cut where devices or kernel objects reach no
/// further, so that what lies lower can be told by the range alone.
public struct MemoryRanges {
  /// Ranges that are kept apart; if there are more, the holes between the nearest are accepted.
  public static var capacity: Int { 8 }
  private static var holeByteCount: UInt64 { 1 << 30 }
  /// What a device with 32-bit addresses reaches.
  private static var deviceReach: UInt64 { 1 << 32 }

  private var starts: [8 of UInt64] = .init(repeating: 0)
  private var ends: [8 of UInt64] = .init(repeating: 0)
  public private(set) var count = 0
  /// One past the last address where kernel objects can lie.
  private let objectReach: UInt64

  /// - Parameter lowest: Where the lowest RAM begins; kernel objects lie in `Granule.reach` from the
  ///   frame before it.
  public init(lowest: UInt64) {
    objectReach = lowest - Limits.pageByteCount + Granule.reach
  }

  /// A range; they are in order of their addresses, and do not touch.
  ///
  /// - Precondition: `index` is below `count`.
  public subscript(_ index: Int) -> Range<UInt64> { starts[index]..<ends[index] }

  /// Takes in a region, in any order. Cost: linear in `capacity`.
  ///
  /// - Precondition: It is not empty, and on page boundaries.
  public mutating func add(_ region: Range<UInt64>) {
    var start = region.lowerBound
    while start < region.upperBound {
      let end = min(region.upperBound, nextCut(after: start))
      addPiece(start..<end)
      start = end
    }
  }

  /// The first address above one where ranges are cut.
  private func nextCut(after address: UInt64) -> UInt64 {
    let first = min(Self.deviceReach, objectReach)
    let second = max(Self.deviceReach, objectReach)
    return address < first ? first : address < second ? second : .max
  }

  /// - Precondition: No cut lies within it.
  private mutating func addPiece(_ piece: Range<UInt64>) {
    if let near = nearest(to: piece, within: Self.holeByteCount) {
      return widen(near, to: piece)
    }
    if count == Self.capacity {
      // Whatever lies between: of eight ranges in three parts of the address space two are in one.
      if let near = nearest(to: piece, within: .max) { return widen(near, to: piece) }
      joinNearest()
    }
    var index = count
    while index > 0, starts[index - 1] > piece.lowerBound {
      starts[index] = starts[index - 1]
      ends[index] = ends[index - 1]
      index -= 1
    }
    starts[index] = piece.lowerBound
    ends[index] = piece.upperBound
    count += 1
  }

  /// The nearest range on the same side of all cuts, up to so many bytes away.
  private func nearest(to piece: Range<UInt64>, within limit: UInt64) -> Int? {
    var best: Int?
    var least = limit
    for index in 0..<count where nextCut(after: starts[index]) == nextCut(after: piece.lowerBound) {
      let distance =
        starts[index] > piece.upperBound
        ? starts[index] - piece.upperBound
        : piece.lowerBound > ends[index] ? piece.lowerBound - ends[index] : 0
      if distance <= least {
        least = distance
        best = index
      }
    }
    return best
  }

  /// Makes a range take in a piece, and those that it reaches then.
  private mutating func widen(_ index: Int, to piece: Range<UInt64>) {
    let start = min(starts[index], piece.lowerBound)
    let end = max(ends[index], piece.upperBound)
    remove(index)
    addPiece(start..<end)
  }

  /// Joins the two neighbours between which the least lies.
  private mutating func joinNearest() {
    var best = 0
    var least = UInt64.max
    for index in 1..<count where nextCut(after: starts[index]) == nextCut(after: starts[index - 1])
    {
      let distance = starts[index] - ends[index - 1]
      if distance < least {
        least = distance
        best = index
      }
    }
    ends[best - 1] = ends[best]
    remove(best)
  }

  private mutating func remove(_ index: Int) {
    count -= 1
    for place in index..<count {
      starts[place] = starts[place + 1]
      ends[place] = ends[place + 1]
    }
  }
}
