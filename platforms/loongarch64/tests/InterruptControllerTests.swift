import PlatformCommon
import Testing

@testable import PlatformLoongArch64

/// The two controllers of a machine and the wires between them, as their manuals have it: a
/// line that goes up unmasked makes its vector pending for the core that it is routed to.
private final class FakeMachine {
  var levels: Set<UInt32> = []
  var lineCount: UInt32 = 64
  /// Bytes and words of the bridge chip's controller by offset.
  var bytes: [UInt64: UInt8] = [:]
  var words: [UInt64: UInt32] = [0x20: 0, 0x24: 0]
  /// Words of the core's registers by number.
  var core: [UInt64: UInt32] = [0x420: 1, 0x424: 2]
  var strayAccesses = 0

  private func isMasked(_ line: UInt32) -> Bool {
    (words[0x20 + UInt64(line / 32) * 4] ?? .max) & 1 << (line % 32) != 0
  }

  func raise(_ line: UInt32) {
    levels.insert(line)
    send(line)
  }

  /// What is sent gets through if the vector is enabled there.
  func send(_ line: UInt32) {
    guard levels.contains(line), !isMasked(line) else { return }
    let vector = UInt64(bytes[0x200 + UInt64(line)] ?? 0)
    let word = vector / 32 * 4
    let bit: UInt32 = 1 << UInt32(vector % 32)
    guard (core[0x1600 + word] ?? 0) & bit != 0 else { return }
    core[0x1800 + word, default: 0] |= bit
  }

  /// The vector's pending bit goes when its line is masked.
  func withdraw(_ line: UInt32) {
    let vector = UInt64(bytes[0x200 + UInt64(line)] ?? 0)
    core[0x1800 + vector / 32 * 4, default: 0] &= ~(1 << UInt32(vector % 32))
  }

  func setMask(_ value: UInt32, at offset: UInt64) {
    let old = words[offset] ?? 0
    words[offset] = value
    let first = UInt32((offset - 0x20) * 8)
    for line in first..<first + 32 {
      let bit: UInt32 = 1 << (line % 32)
      if old & bit != 0 && value & bit == 0 { send(line) }
      if old & bit == 0 && value & bit != 0 { withdraw(line) }
    }
  }
}

private struct FakeBridge: ByteRegisterAccess {
  let machine: FakeMachine

  func read(at offset: UInt64) -> UInt32 {
    offset == 4 ? (machine.lineCount - 1) << 16 | 1 : machine.words[offset] ?? 0
  }
  mutating func write(_ value: UInt32, at offset: UInt64) {
    switch offset {
    case 0x20, 0x24: machine.setMask(value, at: offset)
    case 0x40...0x100, 0x3e0...0x3e4: machine.words[offset] = value
    default: machine.strayAccesses += 1
    }
  }
  func read8(at offset: UInt64) -> UInt8 { machine.bytes[offset] ?? 0 }
  mutating func write8(_ value: UInt8, at offset: UInt64) {
    // The controller takes bytes only where it has one for each line.
    if offset < 0x100 || offset >= 0x240 { machine.strayAccesses += 1 }
    machine.bytes[offset] = value
  }
}

private struct FakeCore: WideRegisterAccess {
  let machine: FakeMachine

  func read(at offset: UInt64) -> UInt32 { machine.core[offset] ?? 0 }
  mutating func write(_ value: UInt32, at offset: UInt64) {
    switch offset {
    case 0x1800..<0x1820: machine.core[offset, default: 0] &= ~value
    case 0x14a0..<0x14c8, 0x1600..<0x1620, 0x1680..<0x16a0, 0x1c00..<0x1d00:
      machine.core[offset] = value
    default: machine.strayAccesses += 1
    }
  }
  func read64(at offset: UInt64) -> UInt64 {
    UInt64(read(at: offset)) | UInt64(read(at: offset + 4)) << 32
  }
  mutating func write64(_ value: UInt64, at offset: UInt64) {
    machine.core[offset] = UInt32(truncatingIfNeeded: value)
    machine.core[offset + 4] = UInt32(truncatingIfNeeded: value >> 32)
  }
}

@Suite struct InterruptControllerTests {
  private let machine = FakeMachine()
  private var lines: PlatformInterrupts<FakeBridge>
  private var vectors: ExtendedInterrupts<FakeCore>

  init() {
    lines = PlatformInterrupts(registers: FakeBridge(machine: machine))
    vectors = ExtendedInterrupts(
      registers: FakeCore(machine: machine), vectorCount: lines.lineCount)
    vectors.start(core: 0, pin: 1)
    lines.start()
  }

  @Test func nothingGetsThroughAtFirst() {
    var vectors = vectors
    for line in 0..<UInt32(64) { machine.raise(line) }

    #expect(vectors.claim() == nil)
    #expect(machine.strayAccesses == 0)
  }

  @Test(arguments: [0, 1, 31, 32, 63] as [UInt32])
  func enabledLineIsClaimedOnce(line: UInt32) {
    var (lines, vectors) = (lines, vectors)
    lines.setLine(line, isEnabled: true)
    machine.raise(line)

    #expect(vectors.claim() == line)
    #expect(vectors.claim() == nil)
  }

  @Test func levelThatIsUpWhenEnabledInterruptsAtOnce() {
    var (lines, vectors) = (lines, vectors)
    machine.raise(40)
    lines.setLine(40, isEnabled: true)

    #expect(vectors.claim() == 40)
  }

  @Test func lineStaysQuietFromAcceptanceToEnabling() {
    var (lines, vectors) = (lines, vectors)
    lines.setLine(2, isEnabled: true)
    machine.raise(2)
    _ = vectors.claim()
    lines.setLine(2, isEnabled: false)
    machine.raise(2)

    #expect(vectors.claim() == nil)
    lines.setLine(2, isEnabled: true)
    #expect(vectors.claim() == 2)
  }

  @Test func lineThatFellWhileMaskedLeavesNothing() {
    var (lines, vectors) = (lines, vectors)
    machine.raise(2)
    machine.levels.remove(2)
    lines.setLine(2, isEnabled: true)

    #expect(vectors.claim() == nil)
  }

  @Test func disablingOneLineLeavesTheOthers() {
    var (lines, vectors) = (lines, vectors)
    for line in [3, 5, 35] as [UInt32] { lines.setLine(line, isEnabled: true) }
    lines.setLine(5, isEnabled: false)
    for line in [3, 5, 35] as [UInt32] { machine.raise(line) }

    #expect([vectors.claim(), vectors.claim(), vectors.claim()] == [3, 35, nil])
  }

  @Test(arguments: [64, 255, .max] as [UInt32])
  func lineOutOfRangeIsIgnored(line: UInt32) {
    var lines = lines
    lines.setLine(line, isEnabled: true)
    lines.setLine(line, isEnabled: false)

    #expect(machine.strayAccesses == 0)
    #expect(machine.words[0x20] == .max && machine.words[0x24] == .max)
  }

  @Test func controllerIsTurnedOnAndWiredToThePin() {
    #expect(machine.core[0x420] == 1)
    // Bit 48 of the register of functions, with what was there.
    #expect(machine.core[0x424] == 0x1_0002)
    #expect(machine.core[0x14c0] == 0x0202_0202 && machine.core[0x14c4] == 0x0202_0202)
    #expect(machine.core[0x14a0] == 0x0002_0001 && machine.core[0x14bc] == 0x8000_4000)
    // Only what the bridge chip can send is enabled.
    #expect(machine.core[0x1604] == .max && machine.core[0x1608] == 0)
  }

  @Test(arguments: [(0, 0x01), (3, 0x08), (4, 0x11), (6, 0x14)] as [(UInt32, UInt32)])
  func vectorsGoToTheCore(core: UInt32, route: UInt32) {
    var vectors = vectors
    vectors.start(core: core, pin: 0)

    #expect(machine.core[0x1c00] == route * 0x0101_0101)
    #expect(machine.core[0x1cfc] == route * 0x0101_0101)
  }

  @Test(arguments: [(32, 32), (64, 64), (200, 64)] as [(UInt32, UInt32)])
  func linesAreAsManyAsTheControllerHas(has: UInt32, used: UInt32) {
    machine.lineCount = has

    #expect(PlatformInterrupts(registers: FakeBridge(machine: machine)).lineCount == used)
  }
}
