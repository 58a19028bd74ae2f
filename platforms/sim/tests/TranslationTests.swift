import KernelHAL
import MnosABI
import PlatformSim
import Testing

/// What the simulated MMU remembers, and what makes it forget.
@Suite struct TranslationTests {
  static let page: UInt64 = 0x40_0000
  static let readWrite = PageRights.user.union(.read).union(.write)

  /// A machine with one page of user memory mapped on CPU 0 through frames 1 to 3.
  struct Rig: ~Copyable {
    var platform: SimulatedPlatform
    let space: AddressSpaceTag
    let entry: UInt64

    init(identifier: UInt32 = 3, cpuCount: Int = 1, rights: PageRights = readWrite) {
      var configuration = SimulatedPlatform.Configuration()
      configuration.frameCount = 16
      configuration.cpuCount = cpuCount
      platform = SimulatedPlatform(configuration)
      let base = configuration.ramBase
      let format = platform.pageTableFormat
      for word in 0..<(3 * 512) {
        platform.setPhysicalWord(0, at: base + 4096 + UInt64(word) * 8)
      }
      platform.orderTableStores()
      let root = base + 4096
      let indices = [Self.index(2), Self.index(1), Self.index(0)]
      platform.setPhysicalWord(
        format.makeTable(at: PhysicalAddress(root + 4096)), at: root + indices[0] * 8)
      platform.setPhysicalWord(
        format.makeTable(at: PhysicalAddress(root + 8192)), at: root + 4096 + indices[1] * 8)
      entry = root + 8192 + indices[2] * 8
      space = AddressSpaceTag(root: PhysicalAddress(root), identifier: identifier)
      map(frame: 8, rights: rights)
      platform.activate(space)
    }

    static func index(_ level: UInt64) -> UInt64 { page >> (12 + 9 * level) & 511 }

    mutating func map(frame: UInt64, rights: PageRights = readWrite) {
      let base = platform.ramRange.lowerBound + frame * 4096
      platform.setPhysicalWord(
        platform.pageTableFormat.makeLeaf(
          at: PhysicalAddress(base), rights: rights, level: 0), at: entry)
    }
    mutating func unmap() { platform.setPhysicalWord(0, at: entry) }
  }

  @Test func storesReachTheFrame() {
    var rig = Rig()

    let stored = rig.platform.store(77, at: Self.page + 8)
    let loaded = rig.platform.load(Self.page + 8)

    #expect(stored == .done(77))
    #expect(loaded == .done(77))
    let word = rig.platform.physicalWord(at: rig.platform.ramRange.lowerBound + 8 * 4096 + 8)
    #expect(word == 77)
  }

  @Test func aTranslationStaysUntilItIsFlushed() {
    var rig = Rig()
    _ = rig.platform.load(Self.page)

    rig.unmap()
    let before = rig.platform.load(Self.page)
    rig.platform.activate(rig.space)
    let activated = rig.platform.load(Self.page)
    rig.platform.mappingRemoved(at: VirtualAddress(Self.page), in: rig.space)
    let after = rig.platform.load(Self.page)

    #expect(before.value != nil)
    #expect(activated.value != nil)
    #expect(after.faultKind == .read)
  }

  @Test func anEmptyEntryStaysUntilAMappingIsAdded() {
    var rig = Rig()
    rig.unmap()
    _ = rig.platform.load(Self.page)

    rig.map(frame: 9)
    let before = rig.platform.load(Self.page)
    rig.platform.mappingAdded(
      at: VirtualAddress(Self.page), pageCount: 1, in: rig.space, linksTables: false)
    let after = rig.platform.load(Self.page)

    #expect(before.faultKind == .read)
    #expect(after.value != nil)
  }

  @Test func identifierZeroForgetsWhenItIsActivated() {
    var rig = Rig(identifier: 0)
    _ = rig.platform.load(Self.page)
    rig.unmap()

    let before = rig.platform.load(Self.page)
    rig.platform.activate(rig.space)
    let after = rig.platform.load(Self.page)

    #expect(before.value != nil)
    #expect(after.faultKind == .read)
  }

  @Test func aReusedIdentifierShowsTheOldSpacesPages() {
    var rig = Rig()
    _ = rig.platform.load(Self.page)
    let other = AddressSpaceTag(
      root: PhysicalAddress(rig.platform.ramRange.lowerBound + 2 * 4096), identifier: 3)

    rig.platform.activate(other)
    let stale = rig.platform.load(Self.page)
    rig.platform.spaceRemoved(other)
    let stillStale = rig.platform.load(Self.page)
    rig.platform.spaceRemoved(rig.space)
    let fresh = rig.platform.load(Self.page)

    #expect(stale.value != nil)
    #expect(stillStale.value != nil)
    #expect(fresh.faultKind == .read)
  }

  @Test(arguments: [false, true])
  func aFlushReachesEveryCPU(isNeglected: Bool) {
    var rig = Rig(cpuCount: 2)
    rig.platform.currentCPU = 1
    rig.platform.activate(rig.space)
    rig.platform.currentCPU = 0
    _ = rig.platform.load(Self.page, cpu: 1)
    if isNeglected { rig.platform.neglect = .mappingRemovedElsewhere }

    rig.unmap()
    rig.platform.mappingRemoved(at: VirtualAddress(Self.page), in: rig.space)
    let access = rig.platform.load(Self.page, cpu: 1)

    #expect((access.value != nil) == isNeglected)
  }

  @Test(arguments: [
    (PageRights.read, FaultKind.read, true), (.read, .write, false), (.read, .execute, false),
    (.write, .write, true), (.execute, .execute, true), (.execute, .write, false),
    // No machine's page tables keep what may be written or executed from being read.
    (.write, .read, true), (.execute, .read, true),
  ])
  func rightsDecideWhatIsPossible(rights: PageRights, kind: FaultKind, isPossible: Bool) {
    var rig = Rig(rights: rights.union(.user))

    let access = rig.platform.translate(Self.page, for: kind, cpu: 0)

    #expect((access.value != nil) == isPossible)
    #expect(access.faultKind == (isPossible ? nil : kind))
  }

  @Test func memoryThatNobodyClearedIsNoPageTable() {
    var platform = SimulatedPlatform()
    let root = platform.ramRange.lowerBound
    platform.activate(AddressSpaceTag(root: PhysicalAddress(root), identifier: 1))

    let access = platform.load(Self.page)

    #expect(access.faultKind == .read)
    let violations = platform.takeViolations()
    #expect(violations == [.damagedEntry(table: root, index: 0)])
  }

  @Test func aCloneHasItsOwnMemory() {
    var rig = Rig()
    _ = rig.platform.store(1, at: Self.page)
    var clone = rig.platform.clone()
    let areEqual = clone.digest == rig.platform.digest

    _ = clone.store(2, at: Self.page)
    let original = rig.platform.load(Self.page)

    #expect(areEqual)
    #expect(original == .done(1))
    let areStillEqual = clone.digest == rig.platform.digest
    #expect(!areStillEqual)
  }
}
