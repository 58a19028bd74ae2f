import PlatformCommon
import Testing

@testable import PlatformAArch64

/// What both versions do, by the one interface that the platform uses.
@Suite struct GICTests {
  /// A started controller of either version after firmware used it.
  private func started(version: Int, interrupts: UInt32 = 96) -> (
    any InterruptDistributor, FakeGIC
  ) {
    let gic = FakeGIC(interruptCount: interrupts, hasRedistributor: version == 3)
    gic.enabled = [0, 27, 30, 40, 95]
    gic.active = [27, 50]
    gic.latched = [5, 60]
    var controller: any InterruptDistributor = version == 3 ? gic.version3() : gic.version2()
    controller.start()
    return (controller, gic)
  }

  @Test(arguments: [2, 3])
  func startForgetsWhatFirmwareDid(version: Int) {
    let (controller, gic) = started(version: version)

    #expect(controller.lineCount == 96)
    // Interrupt 0 is how CPUs wake each other.
    #expect(gic.enabled == [0])
    #expect(gic.active.isEmpty)
    #expect(gic.latched.isEmpty)
    #expect(gic.strayAccesses == 0)
    #expect(gic.pending == 1023)
  }

  @Test(arguments: [2, 3])
  func devicesAreOfLevelsAndOnePriority(version: Int) {
    let (_, gic) = started(version: version)

    for offset in stride(from: UInt64(0xc08), to: 0xc18, by: 4) { #expect(gic.words[offset] == 0) }
    for offset in stride(from: UInt64(0x420), to: 0x460, by: 4) {
      #expect(gic.words[offset] == 0xa0a0_a0a0)
    }
  }

  @Test(arguments: [2, 3])
  func levelThatIsUpInterruptsOnceEnabled(version: Int) {
    var (controller, gic) = started(version: version)
    gic.levels = [33]
    #expect(controller.claim() >= 1020)

    controller.setLine(33, isEnabled: true)

    #expect(controller.claim() == 33)
  }

  /// As the kernel does it: claim, keep, complete, and let through after the driver.
  @Test(arguments: [2, 3])
  func acceptedLineStaysQuietUntilEnabled(version: Int) {
    var (controller, gic) = started(version: version)
    gic.levels = [33, 40]
    controller.setLine(33, isEnabled: true)
    controller.setLine(40, isEnabled: true)
    #expect(controller.claim() == 33)

    controller.setLine(33, isEnabled: false)
    controller.complete(33)
    #expect(controller.claim() == 40)
    #expect(controller.claim() >= 1020)

    controller.setLine(33, isEnabled: true)
    #expect(controller.claim() == 33)
  }

  @Test(arguments: [2, 3])
  func enablingOneLineLeavesItsNeighboursAlone(version: Int) {
    var (controller, gic) = started(version: version)

    for line in [32, 63, 64, 95] as [UInt32] { controller.setLine(line, isEnabled: true) }
    controller.setLine(63, isEnabled: false)

    #expect(gic.enabled == [0, 32, 64, 95])
  }

  @Test(arguments: [2, 3])
  func ownInterruptOfTheTimerIsEnabledToo(version: Int) {
    var (controller, gic) = started(version: version)
    gic.levels = [27]

    controller.setLine(27, isEnabled: true)

    #expect(controller.claim() == 27)
    gic.levels = []
    controller.complete(27)
    #expect(controller.claim() >= 1020)
    #expect(gic.strayAccesses == 0)
  }

  @Test(arguments: [2, 3])
  func sentInterruptIsZeroWhoeverSentIt(version: Int) {
    var (controller, gic) = started(version: version)

    controller.interruptSelf()

    #expect(controller.claim() == 0)
    controller.complete(0)
    #expect(gic.active.isEmpty)
  }

  @Test(
    arguments: [(2, 96), (2, 1020), (2, .max), (3, 96), (3, 1020), (3, .max)]
      as [(Int, UInt32)])
  func linesThatAreNotThereAreLeftAlone(version: Int, line: UInt32) {
    var (controller, gic) = started(version: version)

    controller.setLine(line, isEnabled: true)
    controller.setLine(line, isEnabled: false)

    #expect(gic.enabled == [0])
    #expect(gic.strayAccesses == 0)
  }

  /// ITLinesNumber 31 would be 1024, of which the last four are no interrupts.
  @Test(arguments: [(0, 32), (2, 96), (31, 1020), (0x7ff_ffe2, 96)] as [(UInt32, UInt32)])
  func lineCountIsThatOfTheType(type: UInt32, count: UInt32) {
    #expect(GICLines.count(type: type) == count)
  }

  // MARK: Version 2

  @Test func devicesOfVersion2GoToThisCPU() {
    let (_, gic) = started(version: 2)

    for offset in stride(from: UInt64(0x820), to: 0x860, by: 4) {
      #expect(gic.words[offset] == 0x0404_0404)
    }
    #expect(gic.control == 1)
  }

  // MARK: Version 3

  @Test func devicesOfVersion3GoToThisCPUInGroup1() {
    let (_, gic) = started(version: 3)

    for interrupt in UInt64(32)..<96 {
      #expect(gic.words[0x6000 + interrupt * 8] == 0x0102_0003)
      #expect(gic.words[0x6004 + interrupt * 8] == 0)
    }
    #expect(gic.words[0x84] == .max)
    #expect(gic.words[0x88] == .max)
    #expect(gic.words[0x80 | 1 << 32] == .max)
    #expect(gic.control == 1 << 4 | 1 << 1)
    #expect(gic.waker == 0)
  }

  @Test func disabledLineOfVersion3DoesNotComeOnceMore() {
    var (controller, gic) = started(version: 3)
    controller.setLine(40, isEnabled: true)
    gic.levels = [40]

    controller.setLine(40, isEnabled: false)

    #expect(controller.claim() == 1023)
  }

  /// A region with three CPUs' frames, the second of which has two frames more.
  private struct Region: RegisterAccess {
    var hasLast = true
    func read(at offset: UInt64) -> UInt32 {
      switch offset {
      case 0x0_000c: 0x0000_0000
      case 0x2_0008: 1 << 1
      case 0x2_000c: 0x0000_0001
      // The two frames more, for virtual interrupts, begin with anything.
      case 0x4_000c: 0x7f00_0103
      case 0x6_0008: hasLast ? 1 << 4 : 0
      case 0x6_000c: 0x7f00_0103
      default: 0
      }
    }
    mutating func write(_ value: UInt32, at offset: UInt64) {}
  }

  @Test(
    arguments: [
      (0, 0), (1, 0x2_0000), (0x7f_0000_0103, 0x6_0000), (0x103, nil), (2, nil),
    ] as [(UInt64, UInt64?)])
  func redistributorIsFoundByAffinity(affinity: UInt64, offset: UInt64?) {
    #expect(
      GICRedistributors.offset(ofAffinity: affinity, in: Region(), byteCount: 0x10_0000) == offset)
  }

  @Test(arguments: [0, 0x1_0000, 0x2_0000, 0x7_ffff] as [UInt64])
  func searchEndsWithTheRegion(byteCount: UInt64) {
    let region = Region(hasLast: false)

    #expect(
      GICRedistributors.offset(ofAffinity: 0x7f_0000_0103, in: region, byteCount: byteCount)
        == nil)
  }

  @Test(
    arguments: [
      (0, 1), (0x3, 1 << 3), (0x12, 1 << 44 | 1 << 2), (0x01_0203, 1 << 32 | 2 << 16 | 1 << 3),
      (0x7f_0000_000f, 0x7f << 48 | 1 << 15),
    ] as [(UInt64, UInt64)])
  func wordThatSendsNamesTheCPU(affinity: UInt64, word: UInt64) {
    #expect(GICSoftwareInterrupt.word(affinity: affinity) == word)
  }
}
