import KernelHAL
import MnosABI
import PlatformSim
import Testing

/// Page tables that are linked before the stores that cleared them were ordered.
@Suite struct OrderTests {
  typealias Rig = TranslationTests.Rig
  private static let index: UInt64 = 5
  private static let page: UInt64 = index << 30

  /// Clears a frame, as the kernel does, and links it into the root.
  private func link(frame: UInt64, _ rig: borrowing Rig) -> UInt64 {
    let base = rig.platform.ramRange.lowerBound
    let table = base + frame * 4096
    for word in 0..<512 as Range<UInt64> {
      rig.platform.setPhysicalWord(0, at: table + word * 8)
    }
    rig.platform.setPhysicalWord(
      rig.platform.pageTableFormat.makeTable(at: PhysicalAddress(table)),
      at: rig.space.root.rawValue + Self.index * 8)
    return table
  }

  @Test func aWalkToATableThatWasNotOrderedIsSeen() {
    var rig = Rig()
    let table = link(frame: 9, rig)

    _ = rig.platform.load(Self.page)

    let seen = rig.platform.takeViolations()
    #expect(seen == [.tableNotOrdered(table)])
  }

  /// No CPU came to it in between, but one could have.
  @Test func aTableInUseIsSeenByTheNextBarrier() {
    var rig = Rig()
    let table = link(frame: 9, rig)

    rig.platform.orderTableStores()
    let first = rig.platform.takeViolations()
    rig.platform.orderTableStores()
    let second = rig.platform.takeViolations()

    #expect(first == [.tableNotOrdered(table)])
    #expect(second == [])
  }

  /// What was clear at the last barrier was stored to since.
  @Test(arguments: [false, true])
  func aFrameThatUserCodeStoredToIsNoTable(isStoredTo: Bool) {
    var rig = Rig()
    let frame = rig.platform.ramRange.lowerBound + 8 * 4096
    for word in 0..<512 as Range<UInt64> {
      rig.platform.setPhysicalWord(0, at: frame + word * 8)
    }
    rig.platform.orderTableStores()
    if isStoredTo { _ = rig.platform.store(7, at: TranslationTests.page) }
    rig.unmap()
    _ = link(frame: 8, rig)

    _ = rig.platform.load(Self.page)

    let seen = rig.platform.takeViolations()
    #expect(seen == (isStoredTo ? [.tableNotOrdered(frame)] : []))
  }

  @Test func aLapseIsOneRequest() {
    var rig = Rig()
    let page = TranslationTests.page
    rig.platform.lapse = .init(.mappingRemoved, number: 2)
    var isMapped: [Bool] = []
    for _ in 0..<3 {
      rig.map(frame: 8)
      rig.platform.mappingAdded(
        at: VirtualAddress(page), pageCount: 1, in: rig.space, linksTables: false)
      _ = rig.platform.load(page)
      rig.unmap()
      rig.platform.mappingRemoved(at: VirtualAddress(page), in: rig.space)
      isMapped.append(rig.platform.load(page).value != nil)
    }

    #expect(isMapped == [false, true, false])
    #expect(rig.platform.requests[SimulatedPlatform.Neglect.mappingRemoved.rawValue] == 3)
  }
}
