import KernelHAL
import MnosABI

/// A frame of physical memory, by number: its address divided by 4,096.
public typealias FrameNumber = UInt64

/// The frames of one range of physical memory, and contiguous runs of them: a binary buddy
/// allocator.
///
/// Every frame of the range has a 16-bit mark, that of a hole too. A free block's first frame
/// says so with its order; the links of free blocks are in the free frames themselves. The mark of
/// an allocated frame belongs to its owner (`useCount`). Cost: O(log frames) for a block; a run that
/// is given back is cut into blocks, at most two of each order but the largest.
///
///     frame    8   9  10  11  12  13  14  15
///            ┌───────────────┬───────┬───┬───┐    5 frames are free: a block of order 2 and one
///            │    order 2    │ taken │ 0 │ t │    of order 0, each in the list of its order
///            └───────────────┴───────┴───┴───┘
///
/// A block of order n begins at a multiple of 2^n, and its buddy differs from it in that bit
/// alone: 14 and 15 are buddies, and once both are free they are a block of order 1, whose buddy
/// is 12. Two free buddies never stay apart below the largest order.
struct FrameRange: BitwiseCopyable {
  /// Set in the mark of a free block's first frame, with the order below it. Owners keep their
  /// marks under it, or a free buddy would seem to be there when a neighbour is freed.
  private static var freeMark: UInt16 { 0x8000 }
  /// Blocks of 2^0 to 2^18 frames: 4 KiB to 1 GiB.
  static var orderCount: Int { 19 }

  var window: PhysicalWindow
  /// First frame and one past the last.
  let first: FrameNumber
  let end: FrameNumber
  /// Physical address of what the range keeps for itself: for each order its first free block, or 0,
  /// as frame 0 is in no range; then the marks. Not in this value, which is small so that it can be
  /// looked at without being moved.
  private let table: UInt64
  private static var headByteCount: UInt64 { 256 }

  /// A range none of whose frames is free yet.
  ///
  /// - Parameter table: RAM for `tableByteCount` bytes, frame aligned, the range's own from now on.
  init(window: PhysicalWindow, first: FrameNumber, end: FrameNumber, table: UInt64) {
    self.window = window
    self.first = first
    self.end = end
    self.table = table
    window.clear(table, byteCount: Self.tableByteCount(first: first, end: end))
  }

  /// What stands for a range where there is none.
  init(none window: PhysicalWindow) {
    self.window = window
    first = 0
    end = 0
    table = 0
  }

  /// Bytes that a range of these frames keeps for itself, a multiple of the frame size.
  static func tableByteCount(first: FrameNumber, end: FrameNumber) -> UInt64 {
    ((end - first) * 2 + headByteCount + 4095) & ~4095
  }

  func contains(_ frame: FrameNumber) -> Bool { frame >= first && frame < end }

  /// The order of the smallest blocks that hold so many frames; nil if there are none so large.
  static func order(holding count: UInt64) -> Int? {
    let order = count <= 1 ? 0 : 64 - (count - 1).leadingZeroBitCount
    return order < orderCount ? order : nil
  }

  // MARK: Marks

  @inline(__always)
  func mark(_ frame: FrameNumber) -> UInt16 {
    window.load(markAddress(frame), as: UInt16.self)
  }
  @inline(__always)
  func setMark(_ value: UInt16, _ frame: FrameNumber) {
    window.store(value, at: markAddress(frame))
  }
  /// Nothing wraps: the table lies in RAM, and has a mark for each frame from the first on.
  @inline(__always)
  private func markAddress(_ frame: FrameNumber) -> UInt64 {
    table &+ Self.headByteCount &+ (frame &- first) &* 2
  }

  private func head(_ order: Int) -> FrameNumber {
    window.load(headAddress(order), as: FrameNumber.self)
  }
  private func setHead(_ frame: FrameNumber, _ order: Int) {
    window.store(frame, at: headAddress(order))
  }
  /// Nothing wraps: an order is below `orderCount`, and the table lies in RAM.
  @inline(__always)
  private func headAddress(_ order: Int) -> UInt64 {
    table &+ UInt64(truncatingIfNeeded: order) &* 8
  }

  /// The order of the free block that begins at a frame, or nil if none does.
  ///
  /// - Precondition: The frame is in the range.
  func freeOrder(_ frame: FrameNumber) -> Int? {
    let mark = mark(frame)
    return mark & Self.freeMark != 0 ? Int(mark & ~Self.freeMark) : nil
  }

  /// The end of the free block that begins at a frame, or nil if none does.
  ///
  /// - Precondition: The frame is in the range.
  func freeEnd(from frame: FrameNumber) -> FrameNumber? {
    freeOrder(frame).map { frame + 1 << FrameNumber($0) }
  }

  /// The free block that a frame is in, or nil if it is taken. Cost: a load for each order.
  ///
  /// - Precondition: The frame is in the range.
  func freeBlock(holding frame: FrameNumber) -> Range<FrameNumber>? {
    for order in 0..<Self.orderCount {
      let size = FrameNumber(1) << FrameNumber(order)
      let start = frame & ~(size - 1)
      guard start >= first else { return nil }
      if freeOrder(start) == order { return start..<start + size }
    }
    return nil
  }

  // MARK: Blocks

  /// Takes the first of the smallest free blocks that are large enough, and splits it: the upper
  /// half of each split stays free.
  func allocateBlock(order: Int) -> FrameNumber? {
    var found = order
    while found < Self.orderCount, head(found) == 0 { found += 1 }
    guard found < Self.orderCount else { return nil }
    let block = head(found)
    unlink(block, order: found)
    while found > order {
      found -= 1
      link(block + 1 << FrameNumber(found), order: found)
    }
    setMark(0, block)
    return block
  }

  /// Gives back frames, in any grouping: they need not have been taken together.
  ///
  /// - Precondition: None of them is free, and all are in the range.
  func free(_ start: FrameNumber, count: UInt64) {
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

  /// Takes frames of which each is free. What their blocks hold beyond them stays free.
  ///
  /// Cost: O(blocks), at most two of each order but the largest.
  ///
  /// - Precondition: All are in the range, and `firstTaken` finds none.
  func take(_ run: Range<FrameNumber>) {
    var frame = run.lowerBound
    while frame < run.upperBound {
      guard let block = freeBlock(holding: frame), let order = freeOrder(block.lowerBound) else {
        kernelBug("a run of free frames has one that is not")
      }
      unlink(block.lowerBound, order: order)
      setMark(0, block.lowerBound)
      // Not joined with their neighbours, which are parts of what is taken.
      free(block.lowerBound, count: frame - block.lowerBound)
      let end = min(block.upperBound, run.upperBound)
      free(end, count: block.upperBound - end)
      frame = end
    }
  }

  /// The first frame of a run that is not free, or nil. Cost: as for `take`.
  func firstTaken(in run: Range<FrameNumber>) -> FrameNumber? {
    var frame = run.lowerBound
    while frame < run.upperBound {
      guard let block = freeBlock(holding: frame) else { return frame }
      frame = block.upperBound
    }
    return nil
  }

  /// Gives back a block and joins it with its buddy as long as that is free too.
  private func freeBlock(_ frame: FrameNumber, order: Int) {
    var block = frame
    var order = order
    while order < Self.orderCount - 1 {
      let buddy = block ^ (1 << FrameNumber(order))
      guard contains(buddy), freeOrder(buddy) == order else { break }
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

  // A free block's first 16 bytes: next block, previous block (0 for none).
  private func link(_ frame: FrameNumber, order: Int) {
    setMark(Self.freeMark | UInt16(order), frame)
    let address = frame << 12
    let next = head(order)
    window.store(next, at: address)
    window.store(FrameNumber(0), at: address + 8)
    if next != 0 { window.store(frame, at: next << 12 + 8) }
    setHead(frame, order)
  }

  private func unlink(_ frame: FrameNumber, order: Int) {
    let address = frame << 12
    let next = window.load(address, as: FrameNumber.self)
    let previous = window.load(address + 8, as: FrameNumber.self)
    if next != 0 { window.store(previous, at: next << 12 + 8) }
    if previous != 0 {
      window.store(next, at: previous << 12)
    } else {
      setHead(next, order)
    }
  }
}
