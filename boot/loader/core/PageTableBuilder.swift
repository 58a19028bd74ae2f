/// How one machine encodes the page tables that the kernel starts with.
///
/// Tables are 4 KiB with 512 entries of 8 bytes on every machine here; 0 is an empty entry.
public protocol BootPageFormat {
  /// Levels of tables, the root's included.
  var levelCount: Int { get }
  /// Highest level, counted from 0 for 4 KiB pages, whose entries may map memory.
  var largestLeafLevel: Int { get }
  /// Root tables: 1 for all addresses, or 2, one for each half of the address space.
  var rootCount: Int { get }
  /// An entry that leads to the table at `address`.
  func table(at address: UInt64) -> UInt64
  /// The table that `entry` leads to, or nil if it maps memory.
  func tableAddress(_ entry: UInt64, level: Int) -> UInt64?
  /// An entry that maps memory at `address`.
  func leaf(at address: UInt64, use: PageUse, level: Int) -> UInt64
}

extension BootPageFormat {
  public var rootCount: Int { 1 }
}

/// What a mapping of the boot page tables is for.
public struct PageUse: Equatable, Sendable {
  public var isWritable: Bool
  public var isExecutable: Bool
  public var isFramebuffer: Bool

  public init(isWritable: Bool, isExecutable: Bool, isFramebuffer: Bool = false) {
    self.isWritable = isWritable
    self.isExecutable = isExecutable
    self.isFramebuffer = isFramebuffer
  }
}

/// Builds page tables in memory set aside for them, with the largest pages that fit.
public struct PageTableBuilder<Format: BootPageFormat>: ~Copyable, ~Escapable {
  private let format: Format
  private var tables: MutableSpan<UInt64>
  private let base: UInt64
  private var used: Int

  /// - Parameters:
  ///   - tables: Zeroed; the first table becomes the root, or the first two the roots.
  ///   - base: Physical address of `tables`.
  @_lifetime(copy tables)
  public init(_ format: Format, in tables: consuming MutableSpan<UInt64>, at base: UInt64) {
    self.format = format
    self.tables = tables
    self.base = base
    used = format.rootCount
  }

  /// Physical address of the root table of the upper half of the address space.
  public var upperRoot: UInt64 { base }

  /// Physical address of that of the lower half: the same one where there is only one.
  public var lowerRoot: UInt64 { base + UInt64(rootIndex(of: 0)) * 4096 }

  /// Tables that suffice for `byteCount` bytes in `rangeCount` ranges.
  ///
  /// Two roots, one table for each 1 GiB, and at each end of a range one more on every level.
  /// That holds for ranges whose virtual and physical addresses are equally far from a multiple
  /// of 2 MiB, so that all but their ends is mapped with pages of that size at least; and for
  /// ranges of less than 2 MiB, which have no more than their ends.
  public static func tablesNeeded(for byteCount: UInt64, rangeCount: Int) -> UInt64 {
    2 + (byteCount >> 30) + (byteCount >> 39) + UInt64(rangeCount) * 8
  }

  /// Maps `byteCount` bytes at `virtual` to `physical`, all multiples of a page.
  public mutating func map(
    _ virtual: UInt64, to physical: UInt64, byteCount: UInt64, use: PageUse
  ) throws(LoaderFailure) {
    var done: UInt64 = 0
    while done < byteCount {
      let level = leafLevel((virtual &+ done) | (physical &+ done), remaining: byteCount - done)
      let entry = format.leaf(at: physical &+ done, use: use, level: level)
      try setLeaf(virtual &+ done, entry: entry, level: level)
      done += Self.pageByteCount(level)
    }
  }

  private static func pageByteCount(_ level: Int) -> UInt64 { 4096 << UInt64(9 * level) }

  /// The highest level whose pages fit an address with the low bits of `alignment`.
  private func leafLevel(_ alignment: UInt64, remaining: UInt64) -> Int {
    var level = format.largestLeafLevel
    while level > 0 {
      let byteCount = Self.pageByteCount(level)
      if alignment % byteCount == 0, remaining >= byteCount { break }
      level -= 1
    }
    return level
  }

  private mutating func setLeaf(
    _ virtual: UInt64, entry: UInt64, level: Int
  ) throws(LoaderFailure) {
    var table = rootIndex(of: virtual)
    var current = format.levelCount - 1
    while current > level {
      table = try nextTable(from: table * 512 + index(of: virtual, current), level: current)
      current -= 1
    }
    let place = table * 512 + index(of: virtual, level)
    guard tables[place] == 0 || tables[place] == entry else {
      throw LoaderFailure("an address would be mapped twice", value: virtual)
    }
    tables[place] = entry
  }

  /// The number of the root table that `virtual` is looked up in.
  private func rootIndex(of virtual: UInt64) -> Int {
    virtual >> 63 == 0 ? format.rootCount - 1 : 0
  }

  private func index(of virtual: UInt64, _ level: Int) -> Int {
    Int((virtual >> UInt64(12 + 9 * level)) & 511)
  }

  /// The number of the table behind the entry at `place`, made if there is none.
  private mutating func nextTable(from place: Int, level: Int) throws(LoaderFailure) -> Int {
    if tables[place] == 0 {
      guard (used + 1) * 512 <= tables.count else {
        throw LoaderFailure("the memory for page tables is used up; tables", value: UInt64(used))
      }
      tables[place] = format.table(at: base + UInt64(used) * 4096)
      used += 1
    }
    guard let address = format.tableAddress(tables[place], level: level) else {
      throw LoaderFailure("an address would be mapped twice", value: tables[place])
    }
    return Int((address - base) / 4096)
  }
}
