import KernelCore
import KernelHAL
import MnosABI
import PlatformCommon

/// Physical memory while booting: the loader's map becomes frames and page tables.
struct BootMemory: ~Copyable {
  private let window: PhysicalWindow
  var frames: FrameAllocator
  /// Frames that are in use for the kernel itself and not in the allocator.
  private(set) var usedFrames: UInt64

  /// Bytes of usable RAM that cannot be used: out of the window's reach, or a little far from all
  /// other.
  private(set) var leftOut: UInt64 = 0
  /// The lowest page of RAM, from which places of objects are counted: none lies in it, and the
  /// window does not show it, so that who looks for the object that is none is stopped.
  private let origin: UInt64
  /// The ranges that `frames` manages.
  private var ranges: MemoryRanges
  /// One past the last physical address that the window can show.
  private let reach: UInt64

  /// Gives all usable memory to a frame allocator. The marks of each range lie in its largest
  /// region.
  ///
  /// - Parameter reach: One past the last physical address that the window can show.
  init(_ loader: LimineBoot, window: PhysicalWindow, reach: UInt64) throws(BootStop) {
    let lowest = try Self.lowestRAM(loader, below: reach)
    (origin, ranges) = (lowest, Self.ranges(of: loader, above: lowest, below: reach))
    self.window = window
    self.reach = reach
    frames = FrameAllocator(window: window)
    usedFrames = (ImageLayout.end - ImageLayout.start) / 4096
    for index in 0..<loader.memoryMapCount {
      guard let entry = loader.memoryMapEntry(at: index), !entry.kind.mayHoldDevices else {
        continue
      }
      frames.deviceRules.refuse(base: entry.base, byteCount: entry.byteCount)
      if entry.kind == .usable { leftOut += entry.byteCount }
    }
    for index in 0..<ranges.count { manage(ranges[index], loader) }
  }

  /// A range with less is not where objects are to lie, if there is another.
  private static var leastForObjects: UInt64 { 16 << 20 }

  /// Where the lowest RAM begins, but for a little that lies far below all other.
  private static func lowestRAM(
    _ loader: LimineBoot, below reach: UInt64
  ) throws(BootStop) -> UInt64 {
    var bottom: UInt64 = 0
    var best: UInt64?
    while let lowest = lowestRegion(loader, from: bottom, below: reach) {
      let first = ranges(of: loader, above: lowest, below: reach)[0]
      if best == nil { best = lowest }
      if first.upperBound - first.lowerBound >= leastForObjects { return lowest }
      bottom = first.upperBound
    }
    guard let best else { throw .loader("the memory map has no usable memory") }
    return best
  }

  /// The lowest address of RAM at or above another that nobody uses.
  private static func lowestRegion(
    _ loader: LimineBoot, from bottom: UInt64, below reach: UInt64
  ) -> UInt64? {
    var lowest: UInt64?
    for index in 0..<loader.memoryMapCount {
      // Not what the loader gives back: until then it may still be read.
      guard let region = ram(loader, index, reclaimable: false, in: bottom..<reach),
        region.upperBound - region.lowerBound > Limits.pageByteCount
      else { continue }
      lowest = min(lowest ?? .max, region.lowerBound)
    }
    return lowest
  }

  /// The ranges in which the kernel's memory lies, what the loader gives back included.
  private static func ranges(
    of loader: LimineBoot, above origin: UInt64, below reach: UInt64
  ) -> MemoryRanges {
    let lowest = origin + Limits.pageByteCount
    var ranges = MemoryRanges(lowest: lowest)
    for index in 0..<loader.memoryMapCount {
      guard let region = ram(loader, index, reclaimable: true, in: lowest..<reach) else { continue }
      ranges.add(region)
    }
    return ranges
  }

  /// Has a range managed, and gives its usable memory to it, but for the marks. One that has no
  /// room for those is left out.
  private mutating func manage(_ range: Range<UInt64>, _ loader: LimineBoot) {
    let (first, end) = (range.lowerBound >> 12, range.upperBound >> 12)
    let marks = FrameAllocator.tableByteCount(first: first, end: end)
    var largest = range.lowerBound..<range.lowerBound
    for index in 0..<loader.memoryMapCount {
      let part = Self.usable(loader, index, in: range)
      if part.count > largest.count { largest = part }
    }
    guard marks < largest.upperBound - largest.lowerBound else { return }
    frames.addRange(first: first, end: end, table: largest.lowerBound)
    usedFrames += marks / Limits.pageByteCount
    for index in 0..<loader.memoryMapCount {
      let part = Self.usable(loader, index, in: range)
      let start = part.lowerBound == largest.lowerBound ? part.lowerBound + marks : part.lowerBound
      leftOut &-= part.upperBound - part.lowerBound
      guard start < part.upperBound else { continue }
      frames.add(first: start >> 12, count: (part.upperBound - start) >> 12)
    }
  }

  /// What of an entry is usable at once, and in a range; empty if nothing is.
  private static func usable(
    _ loader: LimineBoot, _ index: Int, in range: Range<UInt64>
  ) -> Range<UInt64> {
    ram(loader, index, reclaimable: false, in: range) ?? range.lowerBound..<range.lowerBound
  }

  /// The part of an entry that the kernel can use: whole frames between two addresses.
  @inline(never)
  private static func ram(
    _ loader: LimineBoot, _ index: Int, reclaimable: Bool, in limits: Range<UInt64>
  ) -> Range<UInt64>? {
    guard let entry = loader.memoryMapEntry(at: index) else { return nil }
    let isWanted =
      entry.kind == .usable || (reclaimable && entry.kind == .loaderReclaimable)
    let (end, overflow) = entry.base.addingReportingOverflow(entry.byteCount)
    guard isWanted, !overflow, entry.base < limits.upperBound else { return nil }
    let base = max((entry.base + 4095) & ~4095, limits.lowerBound)
    let limit = min(end, limits.upperBound) & ~4095
    return limit > base ? base..<limit : nil
  }

  /// Gives back what the loader needed, unless other CPUs still wait there.
  mutating func reclaim(_ loader: LimineBoot) {
    guard loader.processorCount(layout: CurrentPlatform.processorLayout) <= 1 else { return }
    // Adding frames overwrites the map being read, so all of it is read first.
    var regions: [32 of Range<UInt64>] = .init(repeating: 0..<0)
    var count = 0
    for index in 0..<loader.memoryMapCount where count < 32 {
      guard let entry = loader.memoryMapEntry(at: index), entry.kind == .loaderReclaimable,
        let region = Self.ram(loader, index, reclaimable: true, in: origin..<reach)
      else { continue }
      regions[count] = region
      count += 1
    }
    for index in 0..<count {
      // A region may be cut where ranges are.
      for range in 0..<ranges.count {
        let part = regions[index].clamped(to: ranges[range])
        guard !part.isEmpty, frames.manages(part.lowerBound >> 12) else { continue }
        frames.add(first: part.lowerBound >> 12, count: (part.upperBound - part.lowerBound) >> 12)
      }
    }
  }

  // MARK: Page tables

  /// Builds the kernel's own tables: the physical window and the parts of the image.
  mutating func makeTables(
    _ loader: LimineBoot, on platform: inout CurrentPlatform
  ) throws(BootStop) -> KernelTables<CurrentPlatform.Format> {
    let format = platform.pageTableFormat
    guard let physical = loader.kernelPhysicalBase, let virtual = loader.kernelVirtualBase,
      virtual == ImageLayout.start
    else { throw .loader("the boot loader does not say where it put the kernel") }
    do throws(Failure) {
      var tables = try KernelTables(format: format, window: window, frames: &frames)
      for index in 0..<loader.memoryMapCount {
        guard let entry = loader.memoryMapEntry(at: index) else { continue }
        guard let rights = entry.windowRights(loader.acpiRoot, loader.deviceTree) else { continue }
        try map(entry, rights, in: &tables, on: &platform)
      }
      let distance = virtual - physical
      let kernel = PageRights.global.union(.read)
      try map(ImageLayout.text, kernel.union(.execute), distance, &tables, &platform)
      try map(ImageLayout.rodata, kernel, distance, &tables, &platform)
      let data = kernel.union(.write)
      let guardPage = ImageLayout.stackGuard
      try map(ImageLayout.data.lowerBound..<guardPage, data, distance, &tables, &platform)
      try map(
        guardPage + 4096..<ImageLayout.data.upperBound, data, distance, &tables, &platform)
      return tables
    } catch {
      throw .outOfMemory
    }
  }

  private mutating func map(
    _ range: Range<UInt64>, _ rights: PageRights, _ distance: UInt64,
    _ tables: inout KernelTables<CurrentPlatform.Format>, _ platform: inout CurrentPlatform
  ) throws(Failure) {
    guard !range.isEmpty else { return }
    try tables.map(
      range.lowerBound, to: range.lowerBound - distance,
      byteCount: range.upperBound - range.lowerBound, rights: rights, frames: &frames,
      on: &platform)
  }

  /// Shows an entry of the memory map in the window.
  private mutating func map(
    _ entry: LimineMemoryEntry, _ rights: PageRights,
    in tables: inout KernelTables<CurrentPlatform.Format>, on platform: inout CurrentPlatform
  ) throws(Failure) {
    let (end, overflow) = entry.base.addingReportingOverflow(entry.byteCount)
    guard !overflow, entry.base < reach else { return }
    var base = entry.base & ~4095
    if base == origin { base += Limits.pageByteCount }
    let limit = (min(end, reach) + 4095) & ~4095
    guard limit > base else { return }
    try tables.map(
      platform.physicalWindowBase &+ base, to: base, byteCount: limit - base, rights: rights,
      frames: &frames, on: &platform)
  }

  /// Shows the platform's own devices in the window, uncached. The window ends below the
  /// kernel's image.
  mutating func mapDevices(
    of platform: inout CurrentPlatform, in tables: inout KernelTables<CurrentPlatform.Format>
  ) throws(BootFailure) {
    let windowBase = platform.physicalWindowBase
    var index = 0
    while let region = platform.deviceRegion(at: index) {
      guard let pages = region.pages(below: reach) else {
        throw .malformed(StaticReason("place of a device's registers"))
      }
      do throws(Failure) {
        try tables.map(
          windowBase &+ pages.lowerBound, to: pages.lowerBound,
          byteCount: pages.upperBound - pages.lowerBound,
          rights: PageRights.global.union(.read).union(.write).union(.device), frames: &frames,
          on: &platform)
      } catch {
        throw .outOfMemory
      }
      index += 1
    }
  }

  /// Takes frames for a part of the kernel; returns their physical address.
  mutating func takePlace(byteCount: Int) -> UInt64? {
    let count = (UInt64(byteCount) + 4095) / 4096
    return frames.allocate(count: count).map { $0 << 12 }
  }
}
