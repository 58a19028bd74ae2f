import PlatformCommon

/// The interrupt controller of the bridge chip, to which the devices are wired. It turns a
/// line into a vector of the extended I/O interrupt controller.
///
/// All lines are level triggered. A line that is masked forgets what it sent, so unmasking
/// one that is still up sends it again.
/// Source: Loongson 7A1000 Bridge User Manual, chapter 5, "Interrupt Controller".
struct PlatformInterrupts<Registers: ByteRegisterAccess> {
  private var registers: Registers
  /// Lines it has: 0 up to this.
  let lineCount: UInt32

  /// - Parameter registers: Of the controller; without any, it has no lines.
  init(registers: Registers) {
    self.registers = registers
    let identity = registers.read(at: PlatformInterruptLayout.identity)
    lineCount =
      identity == 0
      ? 0 : min(identity >> 16 & 0xff + 1, PlatformInterruptLayout.lineLimit)
  }

  /// Masks every line, and has line n sent as vector n.
  mutating func start() {
    typealias Layout = PlatformInterruptLayout
    for half in 0..<UInt64(2) {
      registers.write(.max, at: Layout.mask + half * 4)
      registers.write(0, at: Layout.edge + half * 4)
      registers.write(.max, at: Layout.clear + half * 4)
      registers.write(0, at: Layout.rotation + half * 4)
      registers.write(0, at: Layout.rotation + 0x20 + half * 4)
      registers.write(.max, at: Layout.messages + half * 4)
      registers.write(0, at: Layout.polarity + half * 4)
    }
    for line in 0..<lineCount {
      registers.write8(UInt8(line), at: Layout.vector(line))
      registers.write8(Layout.toProcessor, at: Layout.route(line))
    }
  }

  /// Masks or unmasks a line.
  mutating func setLine(_ line: UInt32, isEnabled: Bool) {
    guard line < lineCount else { return }
    let word = UInt64(line / 32) * 4
    let bit: UInt32 = 1 << (line % 32)
    let mask = registers.read(at: PlatformInterruptLayout.mask + word)
    if isEnabled { registers.write(bit, at: PlatformInterruptLayout.clear + word) }
    registers.write(isEnabled ? mask & ~bit : mask | bit, at: PlatformInterruptLayout.mask + word)
  }
}

/// Where the controller's registers are. Those for all lines have a bit for each.
enum PlatformInterruptLayout {
  static var lineLimit: UInt32 { 64 }
  static var byteCount: UInt64 { 0x400 }

  /// The upper half of the identity: the number of lines less one, from bit 16.
  static var identity: UInt64 { 0x004 }
  static var mask: UInt64 { 0x020 }
  /// Lines sent as messages to the processor's controller.
  static var messages: UInt64 { 0x040 }
  static var edge: UInt64 { 0x060 }
  static var clear: UInt64 { 0x080 }
  /// Two words apart by 0x20, both 0 to send a line to one target always.
  static var rotation: UInt64 { 0x0c0 }
  static var polarity: UInt64 { 0x3e0 }
  static func route(_ line: UInt32) -> UInt64 { 0x100 + UInt64(line) }
  static func vector(_ line: UInt32) -> UInt64 { 0x200 + UInt64(line) }
  static var toProcessor: UInt8 { 1 }
}
