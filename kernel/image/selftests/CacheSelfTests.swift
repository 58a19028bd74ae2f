import KernelCore
import KernelHAL
import MnosABI

/// Pages that the CPU caches in one way or another, and flushing of caches.
///
/// They show that the CPU takes the entries, which it would not with a bit that it reserves, that
/// accesses reach the frame, and that flushes are instructions that it has and lose nothing. An
/// emulator has no caches: that a store goes past them, or that a flush is needed, only a machine
/// that has some can show.
enum CacheSelfTests: SelfTestSuite {
  static var name: StaticString { "caches" }
  static var count: Int { 5 }

  static func testName(_ index: Int) -> StaticString {
    switch index {
    case 0: "entriesTellHowPagesAreCached"
    case 1: "aCachedPageIsItsFrame"
    case 2: "aWriteCombiningPageIsItsFrame"
    case 3: "aDevicePageIsItsFrame"
    default: "aFlushLosesNothing"
    }
  }

  static func run(
    _ index: Int, _ machine: inout SelfTestMachine, _ platform: inout CurrentPlatform
  ) -> Bool {
    switch index {
    case 0: entriesTell(platform.pageTableFormat)
    case 1: isItsFrame(.none, &machine, &platform)
    case 2: isItsFrame(.writeCombining, &machine, &platform)
    case 3: isItsFrame(.device, &machine, &platform)
    default: flushLosesNothing(&machine, &platform)
    }
  }

  private static var words: Range<UInt64> { 0..<Limits.pageByteCount / 8 }

  /// A word that says where it is; `salt` tells one filling of a page from another.
  private static func mark(_ index: UInt64, _ salt: UInt64) -> UInt64 {
    (index &+ 1) &* 0x9e37_79b9_7f4a_7c15 ^ salt
  }

  /// With what the CPU that runs this was found to have.
  private static func entriesTell(_ format: CurrentPlatform.Format) -> Bool {
    let frame = PhysicalAddress(1 << 30)
    let kinds: [3 of PageRights] = [.none, .writeCombining, .device]
    for index in kinds.indices {
      let rights = PageRights.read.union(.write).union(kinds[index])
      let entry = format.makeLeaf(at: frame, rights: rights, level: 0)
      guard format.decode(entry, level: 0) == .leaf(frame, rights) else { return false }
    }
    return true
  }

  /// Maps a frame a second time, in place of the page below the boot stack, and looks at each
  /// mapping for what was stored through the other.
  private static func isItsFrame(
    _ caching: PageRights, _ machine: inout SelfTestMachine, _ platform: inout CurrentPlatform
  ) -> Bool {
    let page = ImageLayout.stackGuard
    let format = platform.pageTableFormat
    guard let entry = machine.emptyEntry(of: page, format),
      let frame = machine.frames.allocate()
    else { return false }
    defer { machine.frames.free(frame, count: 1) }
    let base = PhysicalAddress(UInt64(frame) << 12)
    let kernel = AddressSpaceTag(root: machine.root, identifier: 0)
    fill(base.rawValue, salt: 1, machine.window)
    platform.flushCaches(at: base, byteCount: Limits.pageByteCount)
    // Not global, for `mappingRemoved` leaves such pages alone on some machines.
    let rights = PageRights.read.union(.write).union(caching)
    machine.window.store(format.makeLeaf(at: base, rights: rights, level: 0), at: entry)
    platform.mappingAdded(at: VirtualAddress(page), pageCount: 1, in: kernel, linksTables: false)
    // As if the page were in the window.
    let alias = page &- machine.windowBase
    let isSeen = holds(alias, salt: 1, machine.window)
    fill(alias, salt: 2, machine.window)
    machine.window.store(UInt64(0), at: entry)
    platform.mappingRemoved(at: VirtualAddress(page), in: kernel)
    platform.flushCaches(at: base, byteCount: Limits.pageByteCount)
    return isSeen && holds(base.rawValue, salt: 2, machine.window)
  }

  /// Two frames side by side; the second, and both together.
  private static func flushLosesNothing(
    _ machine: inout SelfTestMachine, _ platform: inout CurrentPlatform
  ) -> Bool {
    guard let frame = machine.frames.allocate(count: 2) else { return false }
    defer { machine.frames.free(frame, count: 2) }
    let base = UInt64(frame) << 12
    let second = base + Limits.pageByteCount
    fill(base, salt: 3, machine.window)
    fill(second, salt: 4, machine.window)
    platform.flushCaches(at: PhysicalAddress(second), byteCount: Limits.pageByteCount)
    guard holds(base, salt: 3, machine.window), holds(second, salt: 4, machine.window) else {
      return false
    }
    fill(second, salt: 5, machine.window)
    platform.flushCaches(at: PhysicalAddress(base), byteCount: 2 * Limits.pageByteCount)
    return holds(base, salt: 3, machine.window) && holds(second, salt: 5, machine.window)
  }

  private static func fill(_ page: UInt64, salt: UInt64, _ window: PhysicalWindow) {
    for index in words { window.store(mark(index, salt), at: page &+ index * 8) }
  }

  private static func holds(_ page: UInt64, salt: UInt64, _ window: PhysicalWindow) -> Bool {
    for index in words
    where window.load(page &+ index * 8, as: UInt64.self) != mark(index, salt) {
      return false
    }
    return true
  }
}
