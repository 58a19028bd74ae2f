import MnosABI

/// Where the pages of memory are: one run of frames, or a tree of their addresses.
///
/// The tree is laid out like page tables: tables of one frame, 512 entries of 8 bytes, in level 1 the
/// pages' physical addresses, above those of the tables. It has as many levels as its pages need.
///
///     page 700 of 1,000:   base ──> ┌───┬───┬─ … ─┐     ┌─ … ─┬───┬─ … ─┐
///                                   │   │ ──┼─────┼───> │     │188│     │
///                                   └───┴───┴─ … ─┘     └─ … ─┴───┴─ … ─┘
///                                    level 2             level 1
///
/// A look-up is a load for each level.
struct FrameMap: BitwiseCopyable {
  /// Physical address of the first frame, or of the highest table. 0 while there is none.
  var base: UInt64
  /// The page of the tree where the memory begins, which a part's need not be the first.
  let first: UInt32
  /// Levels of the tree; 0 for one run.
  let levelCount: UInt8

  /// One run of frames.
  init(run base: UInt64) {
    self.base = base
    first = 0
    levelCount = 0
  }

  /// An empty tree.
  ///
  /// - Parameter pageCount: 1 to 2^28.
  init(treeOf pageCount: UInt32) {
    base = 0
    first = 0
    var levels: UInt8 = 1
    while UInt64(1) << (9 * UInt64(levels)) < UInt64(pageCount) { levels += 1 }
    levelCount = levels
  }

  private init(base: UInt64, first: UInt32, levelCount: UInt8) {
    self.base = base
    self.first = first
    self.levelCount = levelCount
  }

  var isRun: Bool { levelCount == 0 }

  /// The same memory from a page on.
  func from(page: UInt32) -> FrameMap {
    isRun
      ? FrameMap(run: base + UInt64(page) * Limits.pageByteCount)
      : FrameMap(base: base, first: first + page, levelCount: levelCount)
  }

  /// The physical address of a page.
  ///
  /// - Precondition: The page is in the memory, and has a frame.
  func address(of page: UInt32, in window: PhysicalWindow) -> UInt64 {
    guard !isRun else { return base + UInt64(page) * Limits.pageByteCount }
    var table = base
    for level in stride(from: Int(levelCount), to: 0, by: -1) {
      table = window.load(Self.entry(of: first + page, in: table, level: level), as: UInt64.self)
    }
    return table
  }

  /// Where a table of a level, 1 or more, names what leads to a page.
  static func entry(of page: UInt32, in table: UInt64, level: Int) -> UInt64 {
    // Levels are 1 to 4, and an index is at most 511.
    table &+ UInt64(page >> (9 &* UInt32(truncatingIfNeeded: level &- 1)) & 511) &* 8
  }

  /// Whether a page is the first of the table of a level that leads to it, so that the table is made
  /// with it, if pages are entered from the first on, and goes with it.
  static func beginsTable(_ page: UInt32, level: Int) -> Bool {
    // At level 4 the shift leaves nothing, and the mask is all ones.
    page & ((1 << (9 * UInt32(level))) &- 1) == 0
  }

  /// How many tables are made when a page is entered behind all others.
  func tablesBeginning(with page: UInt32) -> UInt64 {
    var count: UInt64 = 0
    for level in 0..<Int(levelCount) where Self.beginsTable(page, level: level + 1) { count += 1 }
    return count
  }

  /// Tables in which the first `pageCount` pages are entered.
  func tableCount(for pageCount: UInt32) -> UInt64 {
    var result: UInt64 = 0
    var entries = UInt64(pageCount)
    for _ in 0..<levelCount {
      entries = (entries + 511) / 512
      result += entries
    }
    return result
  }
}
