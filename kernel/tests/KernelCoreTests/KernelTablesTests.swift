import KernelHAL
import MnosABI
import PlatformSim
import Testing

@testable import KernelCore

/// The kernel's own page tables, changed while the machine walks them.
@Suite struct KernelTablesTests {
  private static let page: UInt64 = 0x40_0000
  /// The simulated CPU walks for user code only, so the pages are made for it.
  private static let rights = PageRights.user.union(.read)

  /// A machine that runs on tables in which one page is mapped.
  private struct Rig: ~Copyable {
    var platform: SimulatedPlatform
    var frames: FrameAllocator
    var tables: KernelTables<SimulatedPageTableFormat>
    let ram: UInt64

    init(_ neglect: SimulatedPlatform.Neglect = []) {
      platform = SimulatedPlatform()
      platform.neglect = neglect
      ram = platform.ramRange.lowerBound
      // SAFETY: the simulated machine's window shows its RAM for as long as it lives.
      let window = unsafe PhysicalWindow(windowBase: platform.physicalWindowBase)
      let first = FrameNumber(ram >> 12)
      frames = FrameAllocator(window: window)
      frames.addRange(first: first, end: first + 512, table: ram)
      frames.add(first: first + 1, count: 63)
      guard
        let made = try? KernelTables(
          format: platform.pageTableFormat, window: window, frames: &frames)
      else { fatalError("no frame for the root") }
      tables = made
      guard (try? map(page, to: ram + 100 * 4096)) != nil else { fatalError("no frame") }
      platform.activate(AddressSpaceTag(root: tables.root, identifier: 0))
    }

    mutating func map(
      _ virtual: UInt64, to physical: UInt64, byteCount: UInt64 = 4096
    ) throws(Failure) {
      try tables.map(
        virtual, to: physical, byteCount: byteCount, rights: rights, frames: &frames,
        on: &platform)
    }
  }

  @Test func aPageIsUsedAsSoonAsItIsMapped() throws {
    var rig = Rig()
    let far: UInt64 = 0x10_0000_0000
    let before = (rig.platform.load(Self.page), rig.platform.load(far))

    try rig.map(Self.page + 4096, to: rig.ram + 101 * 4096)
    try rig.map(far, to: rig.ram + 102 * 4096)
    let after = (rig.platform.load(Self.page + 4096), rig.platform.load(far))

    #expect(before.0.value != nil)
    #expect(before.1.value == nil)
    #expect(after.0.value != nil)
    #expect(after.1.value != nil)
    let violations = rig.platform.takeViolations()
    #expect(violations == [])
  }

  @Test func tablesThatAreLinkedOutOfOrderAreSeen() throws {
    var rig = Rig(.tableOrder)

    let access = rig.platform.load(Self.page)

    #expect(access.value == nil)
    let violations = rig.platform.takeViolations()
    #expect(violations == [.tableNotOrdered(rig.tables.root.rawValue)])
  }

  @Test func linksThatAreNotFencedAreSeen() throws {
    var rig = Rig(.tableLinks)
    _ = rig.platform.load(0x10_0000_0000)

    try rig.map(0x10_0000_0000, to: rig.ram + 102 * 4096)
    _ = rig.platform.load(0x10_0000_0000)

    let violations = rig.platform.takeViolations()
    #expect(violations == [.staleTableEntry(page: 0x10_0000_0000, level: 2)])
  }

  @Test func aLargePageKeepsItsOtherPartsWhenItIsSplit() throws {
    var rig = Rig()
    let large: UInt64 = 0x60_0000
    let size: UInt64 = 0x20_0000
    try rig.map(large, to: size, byteCount: size)
    let root = rig.tables.root.rawValue
    let whole = rig.platform.walk(large + 8 * 4096, root: root)

    try rig.map(large + 4096, to: 0xfee0_0000)

    let part = rig.platform.walk(large + 8 * 4096, root: root)
    let changed = rig.platform.walk(large + 4096, root: root)
    #expect(whole == .leaf(frame: size + 8 * 4096, rights: Self.rights))
    #expect(part == whole)
    #expect(changed == .leaf(frame: 0xfee0_0000, rights: Self.rights))
  }
}
