import PlatformCommon
import Testing

@testable import PlatformRISCV64

/// A controller for one context, as its specification describes it: level-triggered sources,
/// a gateway that waits for completion, completions of disabled sources ignored.
private struct FakeController: RegisterAccess {
  final class State {
    var priorities: [UInt64: UInt32] = [:]
    var enables: [UInt64: UInt32] = [:]
    var threshold: UInt32 = 7
    var levels: Set<UInt32> = []
    var inService: Set<UInt32> = []
    var strayAccesses = 0
  }
  let state = State()
  let context: UInt64

  private var enableRange: Range<UInt64> { 0x2000 + context * 0x80..<0x2080 + context * 0x80 }
  private var thresholdOffset: UInt64 { 0x20_0000 + context * 0x1000 }

  func isEnabled(_ source: UInt32) -> Bool {
    let word = state.enables[enableRange.lowerBound + UInt64(source / 32) * 4] ?? 0
    return word & 1 << (source % 32) != 0
  }

  /// The source that the CPU is told of, lowest first.
  var pending: UInt32? {
    state.levels.sorted().first {
      isEnabled($0) && !state.inService.contains($0)
        && (state.priorities[UInt64($0) * 4] ?? 0) > state.threshold
    }
  }

  func read(at offset: UInt64) -> UInt32 {
    if enableRange.contains(offset) { return state.enables[offset] ?? 0 }
    guard offset == thresholdOffset + 4 else {
      state.strayAccesses += 1
      return 0
    }
    guard let source = pending else { return 0 }
    state.inService.insert(source)
    return source
  }

  mutating func write(_ value: UInt32, at offset: UInt64) {
    if offset > 0 && offset < 0x1000 {
      state.priorities[offset] = value
    } else if enableRange.contains(offset) {
      state.enables[offset] = value
    } else if offset == thresholdOffset {
      state.threshold = value
    } else if offset == thresholdOffset + 4 {
      if isEnabled(value) { state.inService.remove(value) }
    } else {
      state.strayAccesses += 1
    }
  }
}

@Suite struct PLICTests {
  private func started(
    context: UInt64 = 3, sources: UInt32 = 95
  ) -> (PLIC<FakeController>, FakeController) {
    let fake = FakeController(context: context)
    fake.state.enables[0x2000 + context * 0x80] = .max
    var controller = PLIC(registers: fake, context: context, sourceCount: sources)
    controller.start()
    return (controller, fake)
  }

  @Test(
    arguments: [
      (0, 0, 0x2000), (0, 31, 0x2000), (0, 32, 0x2004), (1, 0, 0x2080), (1, 1023, 0x20fc),
      (15_871, 0, 0x1f_1f80),
    ] as [(UInt64, UInt32, UInt64)])
  func enableWordsFollowTheLayout(context: UInt64, source: UInt32, offset: UInt64) {
    #expect(PLICLayout.enable(context: context, source: source) == offset)
  }

  @Test func otherRegistersFollowTheLayout() {
    #expect(PLICLayout.priority(source: 1023) == 0xffc)
    #expect(PLICLayout.threshold(context: 1) == 0x20_1000)
    #expect(PLICLayout.claim(context: 1) == 0x20_1004)
    #expect(PLICLayout.byteCount(context: 15_871) == 0x400_0000)
  }

  @Test func linesStartDisabledWhateverFirmwareLeft() {
    let (controller, fake) = started()

    #expect(controller.lineCount == 96)
    #expect((1..<96).allSatisfy { !fake.isEnabled($0) })
    #expect((1..<96).allSatisfy { fake.state.priorities[UInt64($0) * 4] == 1 })
    #expect(fake.state.threshold == 0)
    #expect(fake.state.strayAccesses == 0)
  }

  @Test func levelThatIsUpInterruptsOnceEnabled() {
    var (controller, fake) = started()
    fake.state.levels = [10]
    #expect(controller.claim() == nil)

    controller.setLine(10, isEnabled: true)

    #expect(controller.claim() == 10)
  }

  @Test func acceptedLineStaysQuietUntilEnabled() {
    var (controller, fake) = started()
    controller.setLine(10, isEnabled: true)
    fake.state.levels = [10]
    #expect(controller.claim() == 10)

    controller.accept(10)
    #expect(controller.claim() == nil)
    controller.setLine(10, isEnabled: true)

    #expect(controller.claim() == 10)
  }

  @Test func lineWhoseLevelFellDoesNotInterruptAgain() {
    var (controller, fake) = started()
    controller.setLine(10, isEnabled: true)
    fake.state.levels = [10]
    _ = controller.claim()
    controller.accept(10)

    fake.state.levels = []
    controller.setLine(10, isEnabled: true)

    #expect(controller.claim() == nil)
    #expect(fake.state.inService.isEmpty)
  }

  @Test func lineDisabledWhileClaimedWorksAfterwards() {
    var (controller, fake) = started()
    controller.setLine(10, isEnabled: true)
    fake.state.levels = [10]
    _ = controller.claim()
    controller.accept(10)

    controller.setLine(10, isEnabled: false)
    #expect(controller.claim() == nil)
    controller.setLine(10, isEnabled: true)

    #expect(controller.claim() == 10)
  }

  @Test func acceptWithoutClaimDisablesTheLine() {
    var (controller, fake) = started()
    controller.setLine(10, isEnabled: true)

    controller.accept(10)

    #expect(!fake.isEnabled(10))
  }

  @Test func linesDoNotDisturbEachOther() {
    var (controller, fake) = started()
    for line: UInt32 in [1, 31, 32, 95] { controller.setLine(line, isEnabled: true) }
    fake.state.levels = [1, 31, 32, 95]

    let claimed = (0..<5).map { _ in controller.claim() }
    controller.setLine(32, isEnabled: true)

    #expect(claimed == [1, 31, 32, 95, nil])
    #expect(controller.claim() == 32)
    #expect(controller.claim() == nil)
  }

  @Test(arguments: [0, 96, 97, 1024, UInt32.max])
  func linesThatAreNotThereAreIgnored(line: UInt32) {
    var (controller, fake) = started()

    controller.setLine(line, isEnabled: true)
    controller.accept(line)

    #expect((0..<96).allSatisfy { !fake.isEnabled($0) })
    #expect(fake.state.strayAccesses == 0)
  }

  @Test(
    arguments: [(0, 1), (1, 2), (1023, 1024), (1024, 1024), (.max, 1024)] as [(UInt32, UInt32)])
  func lineCountIsLimited(sources: UInt32, lines: UInt32) {
    #expect(started(sources: sources).0.lineCount == lines)
  }
}
