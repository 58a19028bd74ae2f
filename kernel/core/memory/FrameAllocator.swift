import KernelHAL
import MnosABI

/// A frame of physical memory, by number: its address divided by 4,096.
public typealias FrameNumber = UInt32

/// Hands out frames and contiguous runs of them: a binary buddy allocator.
///
/// Every managed frame has a 16-bit mark. A free block's first frame says so with its order;
/// the links of free blocks are in the free frames themselves. The mark of an allocated
/// frame belongs to its owner (`useCount`). Cost: O(log frames) for a block; a run that is given
/// back is cut into blocks, at most two of each order but the largest.
///
///     frame    8   9  10  11  12  13  14  15
///            ┌───────────────┬───────┬───┬───┐    5 frames are free: a block of order 2 and one
///            │    order 2    │ taken │ 0 │ t │    of order 0, each in the list of its order
///            └───────────────┴───────┴───┴───┘
///
/// A block of order n begins at a multiple of 2^n, and its buddy differs from it in that bit
/// alone: 14 and 15 are buddies, and once both are free they are a block of order 1, whose buddy
/// is 12. Two free buddies never stay apart below the largest order.
public struct FrameAllocator {
  /// Set in the mark of a free block's first frame, with the order below it. Owners keep their
  /// marks under it, or a free buddy would seem to be there when a neighbour is freed.
  private static var freeMark: UInt16 { 0x8000 }
  /// Blocks of 2^0 to 2^18 frames: 4 KiB to 1 GiB.
  private static var orderCount: Int { 19 }

  private var window: PhysicalWindow
  /// First managed frame and one past the last.
  private let first: FrameNumber
  private let end: FrameNumber
  /// Physical address of the marks.
  private let marks: UInt64
  /// The first free block of each order, or 0: frame 0 is never managed.
  private var heads: [19 of FrameNumber] = .init(repeating: 0)

  /// Frames that are free now.
  public private(set) var freeCount: UInt64 = 0
  /// Frames ever added.
  public private(set) var totalCount: UInt64 = 0
  /// What is no device's memory: the marks, all frames ever added, and what else the memory map
  /// says while booting.
  public var deviceRules = DeviceMemoryRules()

  /// - Parameter marks: RAM for `markByteCount(first:end:)` bytes, frame aligned, owned by
  ///   the allocator from now on.
  public init(window: PhysicalWindow, first: FrameNumber, end: FrameNumber, marks: UInt64) {
    self.window = window
    self.first = first
    self.end = end
    self.marks = marks
    let byteCount = Self.markByteCount(first: first, end: end)
    window.clear(marks, byteCount: byteCount)
    deviceRules.refuse(base: marks, byteCount: byteCount)
  }

  /// The same allocator for a copy of its memory, in another window.
  func seen(through window: PhysicalWindow) -> FrameAllocator {
    var copy = self
    copy.window = window
    return copy
  }

  /// Bytes of marks for these frames, a multiple of the frame size.
  public static func markByteCount(first: FrameNumber, end: FrameNumber) -> UInt64 {
    (UInt64(end - first) * 2 + 4095) & ~4095
  }

  /// Gives frames to the allocator.
  ///
  /// - Precondition: RAM within `first..<end`, frame 0 not among them, used by no one.
  public mutating func add(first: FrameNumber, count: UInt64) {
    totalCount += count
    deviceRules.refuse(base: UInt64(first) << 12, byteCount: count << 12)
    free(first, count: count)
  }

  /// Takes one frame with undefined contents, or nil if none is left.
  public mutating func allocate() -> FrameNumber? { allocateBlock(order: 0) }

  /// Takes a run of `count` frames, or nil if no run is long enough.
  ///
  /// The run begins where a block of the next power of two does; the rest of the block is free
  /// again at once, so a run costs its frames and no more.
  ///
  /// - Parameter count: 1 to 2^18; for any other the answer is nil.
  public mutating func allocate(count: UInt64) -> FrameNumber? {
    guard count > 0, count <= 1 << 18 else { return nil }
    let order = count == 1 ? 0 : 64 - (count - 1).leadingZeroBitCount
    guard let block = allocateBlock(order: order) else { return nil }
    let surplus = (UInt64(1) << UInt64(order)) - count
    if surplus > 0 { free(block + FrameNumber(count), count: surplus) }
    return block
  }

  /// Gives back frames, in any grouping: they need not have been taken together.
  ///
  /// - Precondition: None of them is free, and all are within `first..<end`.
  public mutating func free(_ start: FrameNumber, count: UInt64) {
    var frame = start
    var left = count
    while left > 0 {
      // The largest block that may begin here and does not reach beyond the end.
      var order = min(frame.trailingZeroBitCount, Self.orderCount - 1)
      while UInt64(1) << UInt64(order) > left { order -= 1 }
      freeBlock(frame, order: order)
      frame += 1 << FrameNumber(order)
      left -= 1 << UInt64(order)
    }
  }

  /// The owner's counter in an allocated frame's mark; 0 after allocation.
  public func useCount(_ frame: FrameNumber) -> UInt16 { mark(frame) }
  /// Sets the owner's counter.
  ///
  /// - Precondition: `count` is at most 512, or `Slab.frameMark`: below `freeMark` in any case.
  public func setUseCount(_ count: UInt16, of frame: FrameNumber) { setMark(count, frame) }

  private func mark(_ frame: FrameNumber) -> UInt16 {
    window.load(marks + UInt64(frame - first) * 2, as: UInt16.self)
  }
  private func setMark(_ value: UInt16, _ frame: FrameNumber) {
    window.store(value, at: marks + UInt64(frame - first) * 2)
  }

  /// Whether a free block of exactly this order begins at a frame, which may be any number.
  private func isFreeBlock(_ frame: FrameNumber, order: Int) -> Bool {
    frame >= first && frame < end && mark(frame) == Self.freeMark | UInt16(order)
  }

  /// Takes a block, splitting the smallest one that is large enough: the upper half of each split
  /// stays free.
  private mutating func allocateBlock(order: Int) -> FrameNumber? {
    var found = order
    while found < Self.orderCount, heads[found] == 0 { found += 1 }
    guard found < Self.orderCount else { return nil }
    let block = heads[found]
    unlink(block, order: found)
    while found > order {
      found -= 1
      link(block + 1 << FrameNumber(found), order: found)
    }
    setMark(0, block)
    freeCount -= 1 << UInt64(order)
    return block
  }

  /// Gives back a block and joins it with its buddy as long as that is free too.
  private mutating func freeBlock(_ frame: FrameNumber, order: Int) {
    freeCount += 1 << UInt64(order)
    var block = frame
    var order = order
    while order < Self.orderCount - 1 {
      let buddy = block ^ (1 << FrameNumber(order))
      guard isFreeBlock(buddy, order: order) else { break }
      unlink(buddy, order: order)
      // Only the first frame of a free block has a mark that says so: the other half's would be
      // taken for a block of its own.
      setMark(0, buddy)
      setMark(0, block)
      block = min(block, buddy)
      order += 1
    }
    link(block, order: order)
  }

  // A free block's first 8 bytes: next block, previous block (0 for none).
  private mutating func link(_ frame: FrameNumber, order: Int) {
    setMark(Self.freeMark | UInt16(order), frame)
    let address = UInt64(frame) << 12
    window.store(heads[order], at: address)
    window.store(FrameNumber(0), at: address + 4)
    if heads[order] != 0 { window.store(frame, at: UInt64(heads[order]) << 12 + 4) }
    heads[order] = frame
  }

  private mutating func unlink(_ frame: FrameNumber, order: Int) {
    let address = UInt64(frame) << 12
    let next = window.load(address, as: FrameNumber.self)
    let previous = window.load(address + 4, as: FrameNumber.self)
    if next != 0 { window.store(previous, at: UInt64(next) << 12 + 4) }
    if previous != 0 {
      window.store(next, at: UInt64(previous) << 12)
    } else {
      heads[order] = next
    }
  }
}
