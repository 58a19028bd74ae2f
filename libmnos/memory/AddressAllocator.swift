/// Which parts of a range of addresses are free, in whole pages.
///
/// Lowest fit, with a page left unmapped behind each range, so that running past one
/// faults. Pure: it maps nothing. Cost: O(free ranges), at most `capacity`.
public struct AddressAllocator {
  /// Free ranges that can be kept apart.
  public static var capacity: Int { 256 }

  private struct FreeRange {
    var start: UInt64 = 0
    var end: UInt64 = 0
  }
  private var ranges: [256 of FreeRange] = .init(repeating: FreeRange())
  private var count = 0

  /// - Parameters: `start` and `end`: page aligned, `start <= end`.
  public init(start: UInt64, end: UInt64) {
    if start < end {
      ranges[0] = FreeRange(start: start, end: end)
      count = 1
    }
  }

  /// Bytes that are free, guards included.
  public var freeByteCount: UInt64 {
    var sum: UInt64 = 0
    for index in 0..<count { sum += ranges[index].end - ranges[index].start }
    return sum
  }

  /// Takes the lowest place for `byteCount` bytes and a guard page.
  ///
  /// - Parameters:
  ///   - byteCount: Whole pages, not 0.
  ///   - alignment: A power of two, at least one page.
  /// - Returns: nil if there is none.
  public mutating func allocate(
    byteCount: UInt64, alignment: UInt64 = Limits.pageByteCount
  ) -> UInt64? {
    let (needed, overflow) = byteCount.addingReportingOverflow(Limits.pageByteCount)
    guard byteCount > 0, !overflow else { return nil }
    for index in 0..<count {
      let (sum, wraps) = ranges[index].start.addingReportingOverflow(alignment - 1)
      let start = sum & ~(alignment - 1)
      guard !wraps, start <= ranges[index].end, ranges[index].end - start >= needed else {
        continue
      }
      return take(start, needed, from: index) ? start : nil
    }
    return nil
  }

  /// Gives back what `allocate` returned for `byteCount`.
  public mutating func free(_ address: UInt64, byteCount: UInt64) {
    insert(FreeRange(start: address, end: address + byteCount + Limits.pageByteCount))
  }

  /// Cuts a range out of the one at `index`; false if there is no room for the pieces.
  private mutating func take(_ start: UInt64, _ byteCount: UInt64, from index: Int) -> Bool {
    let old = ranges[index]
    let end = start + byteCount
    switch (start > old.start, end < old.end) {
    case (false, false): remove(at: index)
    case (false, true): ranges[index].start = end
    case (true, false): ranges[index].end = start
    case (true, true):
      guard count < Self.capacity else { return false }
      ranges[index].end = start
      insert(FreeRange(start: end, end: old.end))
    }
    return true
  }

  /// Adds a range in order and joins it with its neighbours. A range for which there is no
  /// place stays taken: addresses are lost, never handed out twice.
  private mutating func insert(_ range: FreeRange) {
    var index = 0
    while index < count, ranges[index].start < range.start { index += 1 }
    let joinsNext = index < count && ranges[index].start == range.end
    if index > 0, ranges[index - 1].end == range.start {
      ranges[index - 1].end = joinsNext ? ranges[index].end : range.end
      if joinsNext { remove(at: index) }
    } else if joinsNext {
      ranges[index].start = range.start
    } else if count < Self.capacity {
      for place in stride(from: count, to: index, by: -1) { ranges[place] = ranges[place - 1] }
      ranges[index] = range
      count += 1
    }
  }

  private mutating func remove(at index: Int) {
    for place in index..<(count - 1) { ranges[place] = ranges[place + 1] }
    count -= 1
  }
}
