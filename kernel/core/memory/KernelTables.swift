import KernelHAL
import MnosABI

/// Builds the kernel's own page tables while booting, with the largest pages that fit.
///
/// Large pages keep the physical window cheap: it shows all RAM, and with pages of 4 KiB its
/// tables would take 1/512 of that RAM. Unlike in the address space of a process, nothing is
/// unmapped here, no budget pays and no table is ever given back, so no use counts are kept.
public struct KernelTables<Format: PageTableFormat> {
  private let format: Format
  private let window: PhysicalWindow
  /// What `Kernel` takes as `kernelRoot`.
  public let root: PhysicalAddress
  /// Frames taken for tables, the root included.
  public private(set) var frameCount: UInt64 = 1

  /// Makes an empty root table.
  ///
  /// - Throws: `noMemory`.
  public init(
    format: Format, window: PhysicalWindow, frames: inout FrameAllocator
  ) throws(Failure) {
    guard let frame = frames.allocate() else { throw .noMemory }
    self.format = format
    self.window = window
    root = PhysicalAddress(UInt64(frame) << 12)
    window.clear(root.rawValue, byteCount: Limits.pageByteCount)
  }

  /// Maps a range; what was mapped there before is replaced, a large page being split. The tables
  /// may be in use: the range can be used when this returns.
  ///
  ///     |--|--|--|···· 2 MiB ····|···· 2 MiB ····|--|--|
  ///
  /// Pages of 4 KiB lead up to where both addresses are multiples of a larger page, and take what
  /// is left behind the last of those; likewise for 1 GiB.
  ///
  /// - Throws: `noMemory`; what was mapped until then stays.
  /// - Precondition: All three numbers are multiples of the page size.
  public mutating func map<P: Platform & ~Copyable>(
    _ virtual: UInt64, to physical: UInt64, byteCount: UInt64, rights: PageRights,
    frames: inout FrameAllocator, on platform: inout P
  ) throws(Failure) {
    var done: UInt64 = 0
    while done < byteCount {
      let level = largestLevel(virtual &+ done, physical + done, byteCount - done)
      try mapOne(
        virtual &+ done, to: physical + done, rights: rights, level: level, frames: &frames,
        on: &platform)
      done += PageTableWalk.leafByteCount(atLevel: level)
    }
    platform.mappingAdded(
      at: VirtualAddress(virtual), pageCount: byteCount / Limits.pageByteCount,
      in: AddressSpaceTag(root: root, identifier: 0), linksTables: true)
  }

  /// The highest level whose page fits both addresses and what is left to be mapped. Pages above
  /// 1 GiB are not used.
  private func largestLevel(_ virtual: UInt64, _ physical: UInt64, _ left: UInt64) -> Int {
    var level = min(format.levelCount - 1, 2)
    while level > 0 {
      let size = PageTableWalk.leafByteCount(atLevel: level)
      if format.permitsLeaf(atLevel: level), left >= size,
        (virtual | physical) & (size - 1) == 0
      {
        return level
      }
      level -= 1
    }
    return 0
  }

  /// Maps one page at a level, making the tables above it.
  private mutating func mapOne<P: Platform & ~Copyable>(
    _ virtual: UInt64, to physical: UInt64, rights: PageRights, level target: Int,
    frames: inout FrameAllocator, on platform: inout P
  ) throws(Failure) {
    var walk = PageTableWalk(to: virtual, from: root, levelCount: format.levelCount)
    while walk.level > target {
      let entry = window.load(walk.entryAddress, as: UInt64.self)
      switch format.decode(entry, level: walk.level) {
      case .table(let next): walk.descend(to: next)
      case .empty:
        let table = try makeTable(&frames)
        link(table, at: walk.entryAddress, on: &platform)
        walk.descend(to: table)
      case .leaf(let base, let rights):
        let table = try makeTable(&frames)
        // Before it is linked: the other parts of the large page are in use.
        split(base, rights, level: walk.level, into: table)
        link(table, at: walk.entryAddress, on: &platform)
        walk.descend(to: table)
      }
    }
    let leaf = format.makeLeaf(at: PhysicalAddress(physical), rights: rights, level: target)
    window.store(leaf, at: walk.entryAddress)
  }

  /// Fills a table with the 512 parts of a large page: the same memory with the same rights, so
  /// that linking the table changes no translation.
  private func split(
    _ base: PhysicalAddress, _ rights: PageRights, level: Int, into table: PhysicalAddress
  ) {
    for index in 0..<UInt64(512) {
      let part = PhysicalAddress(
        base.rawValue + index * PageTableWalk.leafByteCount(atLevel: level - 1))
      window.store(
        format.makeLeaf(at: part, rights: rights, level: level - 1),
        at: table.rawValue + index * 8)
    }
  }

  /// Takes a cleared frame for a table.
  private mutating func makeTable(
    _ frames: inout FrameAllocator
  ) throws(Failure) -> PhysicalAddress {
    guard let frame = frames.allocate() else { throw .noMemory }
    let table = PhysicalAddress(UInt64(frame) << 12)
    window.clear(table.rawValue, byteCount: Limits.pageByteCount)
    frameCount += 1
    return table
  }

  /// Hangs a table that is filled into an entry. The order matters because a CPU walks the tables
  /// at any time: it must not come to the table before what is in it.
  private func link<P: Platform & ~Copyable>(
    _ table: PhysicalAddress, at entry: UInt64, on platform: inout P
  ) {
    platform.orderTableStores()
    window.store(format.makeTable(at: table), at: entry)
  }
}
