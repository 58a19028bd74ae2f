import MnosABI

/// Physical addresses that nobody may have as device memory: RAM, and what the kernel, the boot
/// loader and the firmware keep in it.
///
/// The list is filled while booting, from the memory map. It has room for a fixed number of
/// ranges; one that finds no room widens another, so that too much is refused, never too little.
public struct DeviceMemoryRules {
  /// Ranges that are kept apart.
  public static var capacity: Int { 64 }

  /// First address and one past the last, both on a page boundary, in no order. Neither touch
  /// nor overlap each other, unless there was no room.
  private var starts: [64 of UInt64] = .init(repeating: 0)
  private var ends: [64 of UInt64] = .init(repeating: 0)
  public private(set) var count = 0

  public init() {}

  /// Refuses all pages that a range touches. Cost: linear in `capacity`.
  public mutating func refuse(base: UInt64, byteCount: UInt64) {
    guard byteCount > 0 else { return }
    let (sum, overflow) = base.addingReportingOverflow(byteCount)
    let limit = UInt64.max & ~4095
    var start = base & ~4095
    var end = overflow || sum > limit ? UInt64.max : (sum + 4095) & ~4095
    // Ranges that touch this one become part of it.
    var kept = 0
    for index in 0..<count {
      if starts[index] <= end && ends[index] >= start {
        start = min(start, starts[index])
        end = max(end, ends[index])
      } else {
        starts[kept] = starts[index]
        ends[kept] = ends[index]
        kept += 1
      }
    }
    count = kept
    // If no place is left, what lies between two ranges is refused too, where it is least.
    if count == Self.capacity {
      widen(nearest(to: start, end), to: start, end)
    } else {
      starts[count] = start
      ends[count] = end
      count += 1
    }
  }

  /// Whether a range may be device memory: no page of it is refused.
  public func permits(base: UInt64, byteCount: UInt64) -> Bool {
    let (end, overflow) = base.addingReportingOverflow(byteCount)
    guard byteCount > 0, !overflow else { return false }
    for index in 0..<count where starts[index] < end && ends[index] > base { return false }
    return true
  }

  /// The range that grows least if it takes another in.
  private func nearest(to start: UInt64, _ end: UInt64) -> Int {
    var best = 0
    var least = UInt64.max
    for index in 0..<count {
      let growth =
        (max(ends[index], end) - min(starts[index], start)) - (ends[index] - starts[index])
      if growth < least {
        least = growth
        best = index
      }
    }
    return best
  }

  /// Makes a range take in another, and whatever lies between.
  private mutating func widen(_ index: Int, to start: UInt64, _ end: UInt64) {
    starts[index] = min(starts[index], start)
    ends[index] = max(ends[index], end)
  }
}
