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

  /// Gives all usable memory to a frame allocator whose marks are in the largest region.
  init(_ loader: LimineBoot, window: PhysicalWindow) throws(BootStop) {
    self.window = window
    var first = FrameNumber.max
    var end: FrameNumber = 0
    var largest: (base: UInt64, byteCount: UInt64) = (0, 0)
    for index in 0..<loader.memoryMapCount {
      guard let region = Self.ram(loader, index, reclaimable: true) else { continue }
      first = min(first, FrameNumber(region.base >> 12))
      end = max(end, FrameNumber((region.base + region.byteCount) >> 12))
      guard Self.ram(loader, index, reclaimable: false) != nil else { continue }
      if region.byteCount > largest.byteCount { largest = region }
    }
    guard end > first else { throw .loader("the memory map has no usable memory") }
    let marks = FrameAllocator.markByteCount(first: first, end: end)
    guard marks < largest.byteCount else { throw .outOfMemory }
    frames = FrameAllocator(window: window, first: first, end: end, marks: largest.base)
    usedFrames = marks / Limits.pageByteCount + (ImageLayout.end - ImageLayout.start) / 4096
    for index in 0..<loader.memoryMapCount {
      guard let entry = loader.memoryMapEntry(at: index), !entry.kind.mayHoldDevices else {
        continue
      }
      frames.deviceRules.refuse(base: entry.base, byteCount: entry.byteCount)
    }
    for index in 0..<loader.memoryMapCount {
      guard let region = Self.ram(loader, index, reclaimable: false) else { continue }
      let skipped = region.base == largest.base ? marks : 0
      frames.add(
        first: FrameNumber((region.base + skipped) >> 12),
        count: (region.byteCount - skipped) >> 12)
    }
  }

  /// The part of an entry that the kernel can use: whole frames, frame 0 and what is out
  /// of the objects' reach left out.
  @inline(never)
  private static func ram(
    _ loader: LimineBoot, _ index: Int, reclaimable: Bool
  ) -> (base: UInt64, byteCount: UInt64)? {
    guard let entry = loader.memoryMapEntry(at: index) else { return nil }
    let isWanted =
      entry.kind == .usable || (reclaimable && entry.kind == .loaderReclaimable)
    let (end, overflow) = entry.base.addingReportingOverflow(entry.byteCount)
    guard isWanted, !overflow, entry.base < Granule.reach else { return nil }
    let base = max((entry.base + 4095) & ~4095, 4096)
    let limit = min(end, Granule.reach) & ~4095
    return limit > base ? (base, limit - base) : nil
  }

  /// Gives back what the loader needed, unless other CPUs still wait there.
  mutating func reclaim(_ loader: LimineBoot) {
    guard loader.processorCount(layout: CurrentPlatform.processorLayout) <= 1 else { return }
    // Adding frames overwrites the map being read, so all of it is read first.
    var regions: [32 of MemoryRegion] = .init(
      repeating: MemoryRegion(base: 0, byteCount: 0, kind: .reserved))
    var count = 0
    for index in 0..<loader.memoryMapCount where count < 32 {
      guard let entry = loader.memoryMapEntry(at: index), entry.kind == .loaderReclaimable,
        let region = Self.ram(loader, index, reclaimable: true)
      else { continue }
      regions[count] = MemoryRegion(
        base: region.base, byteCount: region.byteCount, kind: .bootReclaimable)
      count += 1
    }
    for index in 0..<count {
      frames.add(
        first: FrameNumber(regions[index].base >> 12), count: regions[index].byteCount >> 12)
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
    guard !overflow, entry.base < Granule.reach else { return }
    let base = entry.base & ~4095
    let limit = (min(end, Granule.reach) + 4095) & ~4095
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
    let limit = min(
      platform.pageTableFormat.physicalAddressLimit, (ImageLayout.start &- windowBase) & ~4095)
    var index = 0
    while let region = platform.deviceRegion(at: index) {
      guard let pages = region.pages(below: limit) else {
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
    return frames.allocate(count: count).map { UInt64($0) << 12 }
  }
}
