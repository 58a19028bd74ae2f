import PlatformCommon
import Testing

@testable import PlatformRISCV64

/// A controller's domain as its specification describes it, for sources that are levels, with
/// one CPU by wire and one interrupt file.
private struct FakeDomain: RegisterAccess, MessageFile {
  final class State {
    var configurations: [UInt32: UInt32] = [:]
    var targets: [UInt32: UInt32] = [:]
    var enabled: Set<UInt32> = []
    var pending: Set<UInt32> = []
    var levels: Set<UInt32> = []
    var domain: UInt32 = 0
    var delivery: UInt32 = 0
    var threshold: UInt32 = 7
    /// Identities that wait in the file; nil before it was started.
    var messages: Set<UInt32>?
    var strayAccesses = 0
  }
  let state = State()
  let context: UInt64
  /// Sources that another domain has.
  var foreign: Set<UInt32> = []

  private var block: UInt64 { 0x4000 + context * 32 }
  private var sendsMessages: Bool { state.domain & 4 != 0 }
  private var isOn: Bool { state.domain & 0x100 != 0 }

  /// A device's level changes: in message mode the change is what makes it pending.
  func setLevel(_ source: UInt32, _ isUp: Bool) {
    if isUp {
      if state.levels.insert(source).inserted { state.pending.insert(source) }
    } else {
      state.levels.remove(source)
      state.pending.remove(source)
    }
    send()
  }

  private func send() {
    guard isOn, sendsMessages else { return }
    for source in state.pending.intersection(state.enabled) {
      state.pending.remove(source)
      state.messages?.insert((state.targets[source] ?? 0) & 0x7ff)
    }
  }

  func read(at offset: UInt64) -> UInt32 {
    if offset > 0, offset < 0x1000 { return state.configurations[UInt32(offset / 4)] ?? 0 }
    guard offset == block + 0x1c, isOn, !sendsMessages, state.delivery == 1 else {
      state.strayAccesses += 1
      return 0
    }
    let ready = state.levels.intersection(state.enabled).filter {
      let priority = (state.targets[$0] ?? 0) & 0xff
      return state.threshold == 0 || priority < state.threshold
    }
    guard let source = ready.min() else { return 0 }
    return source << 16 | 1
  }

  mutating func write(_ value: UInt32, at offset: UInt64) {
    switch offset {
    case 0: state.domain = value
    case 1..<0x1000:
      let source = UInt32(offset / 4)
      if !foreign.contains(source) { state.configurations[source] = value }
    case 0x1cdc: if state.levels.contains(value) { state.pending.insert(value) }
    case 0x1edc: state.enabled.insert(value)
    case 0x1fdc: state.enabled.remove(value)
    case 0x1f00..<0x1f80:
      for bit in 0..<UInt32(32) where value & 1 << bit != 0 {
        state.enabled.remove(UInt32(offset - 0x1f00) * 8 + bit)
      }
    case 0x3004..<0x4000: state.targets[UInt32((offset - 0x3000) / 4)] = value
    case block: state.delivery = value
    case block + 8: state.threshold = value
    default: state.strayAccesses += 1
    }
    send()
  }

  mutating func start(identityCount: UInt32) { state.messages = [] }

  mutating func claim() -> UInt32 {
    guard let first = state.messages?.min() else { return 0 }
    state.messages?.remove(first)
    return first
  }
}

@Suite struct APLICTests {
  static let deliveries: [APLICDelivery] = [
    .direct(context: 2), .messages(file: 5, identityCount: 255),
  ]

  private func started(
    _ delivery: APLICDelivery, foreign: Set<UInt32> = [], sources: UInt32 = 96
  ) -> (APLIC<FakeDomain, FakeDomain>, FakeDomain) {
    var fake = FakeDomain(context: 2)
    fake.foreign = foreign
    fake.state.enabled = Set(1..<96)
    var controller = APLIC(
      registers: fake, messages: fake, delivery: delivery, sourceCount: sources)
    controller.start()
    return (controller, fake)
  }

  @Test func registersFollowTheLayout() {
    #expect(APLICLayout.configuration(source: 1023) == 0xffc)
    #expect(APLICLayout.target(source: 1) == 0x3004)
    #expect(APLICLayout.claim(context: 1) == 0x403c)
    #expect(APLICLayout.byteCount(.direct(context: 0)) == 0x4020)
    #expect(APLICLayout.byteCount(.messages(file: 9, identityCount: 1)) == 0x4000)
  }

  @Test(arguments: deliveries)
  func linesStartDisabledWhateverFirmwareLeft(_ delivery: APLICDelivery) {
    let (controller, fake) = started(delivery)

    #expect(controller.lineCount == 97)
    #expect(fake.state.enabled.isEmpty)
    #expect(fake.state.configurations.values.allSatisfy { $0 == 6 })
    #expect(fake.state.strayAccesses == 0)
  }

  @Test func targetsNameTheCPU() {
    let wired = started(.direct(context: 2)).1.state.targets[9]
    let file = started(.messages(file: 5, identityCount: 255)).1.state.targets[9]

    #expect(wired == 0x8_0001)
    #expect(file == 0x14_0009)
  }

  @Test(arguments: deliveries)
  func levelThatIsUpInterruptsOnceEnabled(_ delivery: APLICDelivery) {
    var (controller, fake) = started(delivery)
    fake.setLevel(10, true)
    #expect(controller.claim() == nil)

    controller.setLine(10, isEnabled: true)

    #expect(controller.claim() == 10)
  }

  @Test(arguments: deliveries)
  func acceptedLineStaysQuietUntilEnabled(_ delivery: APLICDelivery) {
    var (controller, fake) = started(delivery)
    controller.setLine(10, isEnabled: true)
    fake.setLevel(10, true)
    #expect(controller.claim() == 10)

    controller.accept(10)
    #expect(controller.claim() == nil)
    controller.setLine(10, isEnabled: true)

    #expect(controller.claim() == 10)
  }

  @Test(arguments: deliveries)
  func lineWhoseLevelFellDoesNotInterruptAgain(_ delivery: APLICDelivery) {
    var (controller, fake) = started(delivery)
    controller.setLine(10, isEnabled: true)
    fake.setLevel(10, true)
    _ = controller.claim()
    controller.accept(10)

    fake.setLevel(10, false)
    controller.setLine(10, isEnabled: true)

    #expect(controller.claim() == nil)
  }

  @Test(arguments: deliveries)
  func levelThatRisesWhileDisabledIsNotLost(_ delivery: APLICDelivery) {
    var (controller, fake) = started(delivery)
    controller.setLine(10, isEnabled: true)
    controller.setLine(10, isEnabled: false)

    fake.setLevel(10, true)
    #expect(controller.claim() == nil)
    controller.setLine(10, isEnabled: true)

    #expect(controller.claim() == 10)
  }

  @Test func messageOfALineDisabledMeanwhileComesAgain() {
    var (controller, fake) = started(.messages(file: 0, identityCount: 255))
    controller.setLine(10, isEnabled: true)
    fake.setLevel(10, true)
    controller.setLine(10, isEnabled: false)

    #expect(controller.claim() == nil)
    controller.setLine(10, isEnabled: true)

    #expect(controller.claim() == 10)
    #expect(controller.claim() == nil)
  }

  @Test(arguments: deliveries)
  func linesDoNotDisturbEachOther(_ delivery: APLICDelivery) {
    var (controller, fake) = started(delivery)
    for line: UInt32 in [1, 63, 64, 96] {
      controller.setLine(line, isEnabled: true)
      fake.setLevel(line, true)
    }

    var claimed: [UInt32] = []
    while let line = controller.claim() {
      claimed.append(line)
      controller.accept(line)
    }
    controller.setLine(64, isEnabled: true)

    #expect(claimed == [1, 63, 64, 96])
    #expect(controller.claim() == 64)
  }

  @Test(arguments: deliveries)
  func sourcesOfAnotherDomainAreNotAvailable(_ delivery: APLICDelivery) {
    var (controller, fake) = started(delivery, foreign: [10])

    controller.setLine(10, isEnabled: true)

    #expect(!controller.isWired(10) && controller.isWired(11))
    #expect(fake.state.enabled.isEmpty)
  }

  @Test(arguments: [0, 97, 98, 1024, UInt32.max], deliveries)
  func linesThatAreNotThereAreIgnored(line: UInt32, delivery: APLICDelivery) {
    var (controller, fake) = started(delivery)

    controller.setLine(line, isEnabled: true)
    controller.accept(line)

    #expect(fake.state.enabled.isEmpty)
    #expect(fake.state.strayAccesses == 0)
  }

  @Test func thereAreNoMoreLinesThanIdentities() {
    #expect(started(.messages(file: 0, identityCount: 63)).0.lineCount == 64)
    #expect(started(.direct(context: 0), sources: .max).0.lineCount == 1024)
  }
}
