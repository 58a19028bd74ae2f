/// A look for a run of free frames, frame by frame, in counted steps: from the highest range down, and
/// in each from its lowest frame up. A run lies in one range.
///
///     taken   free        taken   free      free
///     ├───────┼───────────┼───────┼─────────┼──────────┤
///                                 runStart            next
///
/// Frames may be taken and given back between two steps. So what lies behind `next` is looked at
/// once more before a run is taken, and a run that is free all the time is found.
struct FrameSearch: BitwiseCopyable {
  enum Result: Equatable, BitwiseCopyable {
    /// The steps are spent.
    case unfinished
    /// The run that begins here is taken.
    case found(FrameNumber)
    case none
  }

  /// One past the highest frame that will do.
  let limit: FrameNumber
  private let shortCount: UInt32
  private let alignmentOrder: UInt8
  /// Ranges that were looked at.
  private(set) var range: UInt8 = 0
  /// Where the frames begin that were free, up to the next one to be looked at.
  private var runStart: FrameNumber = 0
  private var next: FrameNumber = 0

  /// - Parameters:
  ///   - count: 1 to 2^28.
  ///   - limit: One past the highest frame.
  ///   - alignment: In frames, a power of two.
  init(count: UInt64, below limit: FrameNumber, alignment: UInt64) {
    self.limit = limit
    shortCount = UInt32(count)
    alignmentOrder = UInt8(alignment.trailingZeroBitCount)
  }

  /// How many frames, in a run that begins at a multiple of `alignment`.
  var count: UInt64 { UInt64(shortCount) }
  private var alignment: UInt64 { 1 << UInt64(alignmentOrder) }
  /// Whether not just any frame will do.
  var isLimited: Bool { limit != .max }

  /// Looks on in a range, 16 frames or free blocks to a step.
  ///
  /// - Returns: `none` when the range has no such run.
  mutating func advance(in range: FrameRange, steps: inout Int) -> Result {
    if next < range.first { restart(at: range.first) }
    let end = min(range.end, limit)
    // `next` may have become the middle of a free block meanwhile, where no mark says so.
    var block = next < end ? range.freeBlock(holding: next) : nil
    while next < end {
      guard steps > 0 else { return .unfinished }
      steps -= 1
      var looks = 16
      while looks > 0, next < end {
        looks -= 1
        guard let blockEnd = block?.upperBound ?? range.freeEnd(from: next) else {
          restart(at: next + 1)
          continue
        }
        block = nil
        next = blockEnd
        let first = (runStart + alignment - 1) & ~(alignment - 1)
        let last = min(next, end)
        guard first < last, last - first >= count else { continue }
        // A few dozen blocks, and one for each GiB.
        steps -= 8 + Int(count >> 16)
        if let taken = range.firstTaken(in: first..<first + count) {
          restart(at: taken + 1)
          continue
        }
        range.take(first..<first + count)
        restart(at: first + count)
        return .found(first)
      }
    }
    return .none
  }

  /// Goes on with the next range, which lies lower.
  mutating func leaveRange() {
    range += 1
    restart(at: 0)
  }

  /// What lies before a frame is no part of the run any more. Within a range where the run begins
  /// never goes back, so that a search ends whatever others do.
  private mutating func restart(at frame: FrameNumber) {
    runStart = frame
    next = frame
  }
}
