import X86Shims

/// A controller that turns interrupt lines into messages to CPUs.
///
/// Source: Intel 82093AA datasheet §3, register descriptions.
@safe struct IOAPIC {
  /// Virtual address of the registers, 0 for none.
  private let registers: UInt64
  let firstLine: UInt32
  let lineCount: UInt32

  /// No controller.
  init() {
    registers = 0
    firstLine = 0
    lineCount = 0
  }

  /// Reads how many lines the controller has, and masks all.
  ///
  /// - Precondition: its registers are mapped at `registers`, uncached.
  @unsafe init(registers: UInt64, firstLine: UInt32) {
    self.registers = registers
    self.firstLine = firstLine
    // SAFETY: the caller says that the registers are there.
    unsafe x86_store32(registers, 1)
    let version = unsafe x86_load32(registers &+ 0x10)
    lineCount = (version >> 16 & 0xff) + 1
    for pin in 0..<lineCount {
      write(0x10 + pin * 2, 1 << 16)
    }
  }

  func contains(line: UInt32) -> Bool { line >= firstLine && line - firstLine < lineCount }

  /// Sets both words of a line's entry; it is masked in between.
  ///
  /// - Precondition: `contains(line:)`.
  func set(_ entry: RedirectionEntry, line: UInt32) {
    let register = 0x10 + (line - firstLine) * 2
    write(register, 1 << 16)
    write(register + 1, entry.highWord)
    write(register, entry.lowWord)
  }

  /// Sets only the word that has the mask.
  func setLowWord(_ entry: RedirectionEntry, line: UInt32) {
    write(0x10 + (line - firstLine) * 2, entry.lowWord)
  }

  private func write(_ register: UInt32, _ value: UInt32) {
    // SAFETY: the initialiser's caller said that the registers are there.
    unsafe x86_store32(registers, register)
    unsafe x86_store32(registers &+ 0x10, value)
  }
}
