import PlatformCommon

/// The platform-level interrupt controller, as one CPU's supervisor mode sees it.
///
/// A line that was claimed is not completed until it is enabled again: until then the
/// controller itself keeps it from interrupting, and a level that is still up by then
/// interrupts anew. Completing it while disabled would be ignored.
///
/// Source: RISC-V Platform-Level Interrupt Controller Specification 1.0.0.
struct PLIC<Registers: RegisterAccess> {
  private var registers: Registers
  private let context: UInt64
  /// One more than the highest source; source 0 does not exist.
  let lineCount: UInt32
  /// A bit per source that was claimed and not completed.
  private var claimed: [16 of UInt64] = .init(repeating: 0)

  /// - Parameters:
  ///   - context: The number of this CPU's supervisor mode in the controller.
  ///   - sourceCount: Sources it has, without source 0.
  init(registers: Registers, context: UInt64, sourceCount: UInt32) {
    self.registers = registers
    self.context = context
    lineCount = min(sourceCount, PLICLayout.highestSource) + 1
  }

  /// Disables every line and lets those enabled later through.
  mutating func start() {
    var source: UInt32 = 0
    while source < lineCount {
      if source % 32 == 0 {
        registers.write(0, at: PLICLayout.enable(context: context, source: source))
      }
      // A priority of 0 means never; all others are equal here.
      if source > 0 { registers.write(1, at: PLICLayout.priority(source: source)) }
      source += 1
    }
    registers.write(0, at: PLICLayout.threshold(context: context))
  }

  /// Takes the interrupt that is next in turn.
  ///
  /// - Returns: nil if none is pending any more.
  mutating func claim() -> UInt32? {
    let source = registers.read(at: PLICLayout.claim(context: context))
    guard source > 0, source < lineCount else { return nil }
    claimed[Int(source / 64)] |= 1 << UInt64(source % 64)
    return source
  }

  /// Enables or disables `line`, and completes a claim of it once it is enabled.
  mutating func setLine(_ line: UInt32, isEnabled: Bool) {
    guard line > 0, line < lineCount else { return }
    let offset = PLICLayout.enable(context: context, source: line)
    let bit: UInt32 = 1 << (line % 32)
    let word = registers.read(at: offset)
    registers.write(isEnabled ? word | bit : word & ~bit, at: offset)
    if isEnabled { complete(line) }
  }

  /// Keeps a claimed line from interrupting until it is enabled again, which its claim does.
  mutating func accept(_ line: UInt32) {
    guard line > 0, line < lineCount, !isClaimed(line) else { return }
    setLine(line, isEnabled: false)
  }

  private mutating func complete(_ line: UInt32) {
    guard isClaimed(line) else { return }
    claimed[Int(line / 64)] &= ~(1 << UInt64(line % 64))
    registers.write(line, at: PLICLayout.claim(context: context))
  }

  private func isClaimed(_ line: UInt32) -> Bool {
    claimed[Int(line / 64)] & 1 << UInt64(line % 64) != 0
  }
}

/// Where the controller's registers are.
enum PLICLayout {
  static var highestSource: UInt32 { 1023 }
  static var highestContext: UInt64 { 15_871 }

  static func priority(source: UInt32) -> UInt64 { UInt64(source) * 4 }
  /// The word with the enable bit of `source`, bit `source % 32`.
  static func enable(context: UInt64, source: UInt32) -> UInt64 {
    0x2000 + context * 0x80 + UInt64(source / 32) * 4
  }
  static func threshold(context: UInt64) -> UInt64 { 0x20_0000 + context * 0x1000 }
  /// Read to claim, written to complete.
  static func claim(context: UInt64) -> UInt64 { threshold(context: context) + 4 }
  /// Bytes of registers that `context` needs.
  static func byteCount(context: UInt64) -> UInt64 { threshold(context: context) + 0x1000 }
}
