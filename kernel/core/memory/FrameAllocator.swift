import KernelHAL
import MnosABI

/// Hands out frames and contiguous runs of them, from all ranges of RAM.
///
/// What lies low is needed by devices that reach no further, and kernel objects have to lie within
/// `Granule.reach` of the lowest RAM: so everything else comes from the highest range that has it.
public struct FrameAllocator {
  private var window: PhysicalWindow
  /// From the lowest up.
  private var ranges: [8 of FrameRange]
  private var rangeCount = 0

  /// Frames that are free now.
  public private(set) var freeCount: UInt64 = 0
  /// Frames ever added.
  public private(set) var totalCount: UInt64 = 0
  /// What is no device's memory: the ranges' tables, all frames ever added, and what else the memory map
  /// says while booting.
  public var deviceRules = DeviceMemoryRules()

  public init(window: PhysicalWindow) {
    self.window = window
    ranges = .init(repeating: FrameRange(none: window))
  }

  /// The same allocator for a copy of its memory, in another window.
  func seen(through window: PhysicalWindow) -> FrameAllocator {
    var copy = self
    copy.window = window
    for index in 0..<rangeCount { copy.ranges[index].window = window }
    return copy
  }

  /// Bytes that the allocator needs for a range of these frames, a multiple of the frame size.
  public static func tableByteCount(first: FrameNumber, end: FrameNumber) -> UInt64 {
    FrameRange.tableByteCount(first: first, end: end)
  }

  /// Manages a range, none of whose frames is free yet.
  ///
  /// - Parameter table: RAM for `tableByteCount(first:end:)` bytes, frame aligned, owned by
  ///   the allocator from now on.
  /// - Precondition: It lies above all ranges before it, without frame 0, and there are at most
  ///   `MemoryRanges.capacity`.
  public mutating func addRange(first: FrameNumber, end: FrameNumber, table: UInt64) {
    ranges[rangeCount] = FrameRange(window: window, first: first, end: end, table: table)
    rangeCount += 1
    deviceRules.refuse(
      base: table, byteCount: FrameRange.tableByteCount(first: first, end: end))
  }

  /// Gives frames to the allocator.
  ///
  /// - Precondition: RAM of one range, used by no one.
  public mutating func add(first: FrameNumber, count: UInt64) {
    totalCount += count
    deviceRules.refuse(base: first << 12, byteCount: count << 12)
    free(first, count: count)
  }

  /// The frame from which places of kernel objects are counted: the one below the lowest RAM, for
  /// the first place names no object.
  public var objectOrigin: FrameNumber { ranges[0].first - 1 }

  // MARK: Taking and giving back

  /// Takes one frame with undefined contents, or nil if none is left.
  public mutating func allocate() -> FrameNumber? { allocate(count: 1) }

  /// Takes one frame where kernel objects may lie, or nil if none is left there.
  public mutating func allocateForObjects() -> FrameNumber? {
    allocate(count: 1, below: objectOrigin + Granule.reach / Limits.pageByteCount)
  }

  /// Takes a run of frames out of a block of the next power of two, or nil if no block is
  /// large enough: a longer look may find a run that several blocks make (`FrameSearch`).
  ///
  /// The run begins where the block does; the rest of the block is free again at once, so a run
  /// costs its frames and no more. Cost: O(log frames) in each range.
  ///
  /// - Parameters:
  ///   - count: Of 0 there is none, nor are there blocks above 2^18.
  ///   - limit: One past the highest frame; ranges that reach beyond are left out.
  ///   - alignment: In frames, a power of two.
  public mutating func allocate(
    count: UInt64, below limit: FrameNumber = .max, alignment: UInt64 = 1
  ) -> FrameNumber? {
    guard count > 0, let order = FrameRange.order(holding: max(count, alignment)) else {
      return nil
    }
    var index = rangeCount
    while index > 0 {
      index -= 1
      guard ranges[index].end <= limit, let block = ranges[index].allocateBlock(order: order)
      else { continue }
      ranges[index].free(block + count, count: 1 << UInt64(order) - count)
      freeCount -= count
      return block
    }
    return nil
  }

  /// Gives back frames of one range, in any grouping: they need not have been taken together.
  ///
  /// - Precondition: None of them is free.
  public mutating func free(_ start: FrameNumber, count: UInt64) {
    ranges[range(of: start)].free(start, count: count)
    freeCount += count
  }

  /// Goes on looking for a run, and takes it when it is found.
  mutating func advance(_ search: inout FrameSearch, steps: inout Int) -> FrameSearch.Result {
    while Int(search.range) < rangeCount {
      let range = ranges[rangeCount - 1 - Int(search.range)]
      let result = search.advance(in: range, steps: &steps)
      if case .found = result { freeCount -= search.count }
      guard case .none = result else { return result }
      search.leaveRange()
    }
    return .none
  }

  // MARK: Marks

  /// The owner's counter in an allocated frame's mark; 0 after allocation.
  ///
  /// Mutating, as all that looks at a range is: else this whole value would be moved first.
  public mutating func useCount(_ frame: FrameNumber) -> UInt16 {
    ranges[range(of: frame)].mark(frame)
  }
  /// Sets the owner's counter.
  ///
  /// - Precondition: `count` is at most 512, or `Slab.frameMark`: below the mark of what is free in
  ///   any case.
  public mutating func setUseCount(_ count: UInt16, of frame: FrameNumber) {
    ranges[range(of: frame)].setMark(count, frame)
  }

  /// Whether a frame is free. Cost: a load for each order of blocks.
  ///
  /// - Precondition: It is in a range.
  mutating func isFree(_ frame: FrameNumber) -> Bool {
    ranges[range(of: frame)].freeBlock(holding: frame) != nil
  }

  /// Whether a frame is in one of the ranges.
  public mutating func manages(_ frame: FrameNumber) -> Bool {
    rangeCount > 0 && ranges[range(of: frame)].contains(frame)
  }

  /// The range that a frame is in.
  ///
  /// - Precondition: It is in one.
  @inline(__always)
  private mutating func range(of frame: FrameNumber) -> Int {
    var index = rangeCount - 1
    while index > 0, frame < ranges[index].first { index -= 1 }
    return index
  }
}
