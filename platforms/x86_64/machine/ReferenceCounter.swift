import X86Shims

/// A counter whose frequency is known, to measure others by.
@safe struct ReferenceCounter {
  private enum Source {
    /// The main counter of the high-precision event timer, at a virtual address.
    case eventTimer(UInt64)
    /// The power-management timer of ACPI, at a port.
    case powerManagement(UInt16)
    /// Channel 2 of the interval timer that PCs have.
    case intervalTimer
    /// The CPU's own time stamp.
    case timeStamp
  }
  private let source: Source
  private let mask: UInt64
  let frequency: UInt64

  /// - Precondition: the event timer's registers are mapped at `registers`.
  /// - Returns: nil if the timer states no sensible period.
  /// Source: IA-PC HPET Specification 1.0a §2.3.
  @unsafe init?(eventTimer registers: UInt64) {
    // SAFETY: the caller says that the registers are there.
    let capabilities = unsafe x86_load64(registers)
    let femtoseconds = capabilities >> 32
    guard femtoseconds > 0, femtoseconds <= 100_000_000 else { return nil }
    // The enable bit; legacy routing stays off.
    unsafe x86_store32(registers &+ 0x10, 1)
    source = .eventTimer(registers)
    mask = 0xffff_ffff
    frequency = 1_000_000_000_000_000 / femtoseconds
  }

  /// Source: ACPI Specification 6.5 §4.8.2.1, Power Management Timer.
  init(powerManagementPort port: UInt16, is32Bit: Bool) {
    source = .powerManagement(port)
    mask = is32Bit ? 0xffff_ffff : 0xff_ffff
    frequency = 3_579_545
  }

  /// Starts channel 2 with the highest count, in mode 0: it counts down for 55 ms, and
  /// goes on from the top. The speaker stays off.
  /// Source: Intel 8254 datasheet, mode 0 and counter latch command.
  init() {
    source = .intervalTimer
    mask = 0xffff
    frequency = 1_193_182
    x86_out8(0x61, x86_in8(0x61) & ~2 | 1)
    x86_out8(0x43, 0b1011_0000)
    x86_out8(0x42, 0xff)
    x86_out8(0x42, 0xff)
  }

  init(timeStampFrequency: UInt64) {
    source = .timeStamp
    mask = .max
    frequency = timeStampFrequency
  }

  func read() -> UInt64 {
    switch source {
    case .eventTimer(let registers):
      // SAFETY: the initialiser's caller said that the registers are there.
      return unsafe UInt64(x86_load32(registers &+ 0xf0))
    case .powerManagement(let port): return UInt64(x86_in32(port)) & mask
    case .intervalTimer:
      x86_out8(0x43, 0b1000_0000)
      let low = x86_in8(0x42)
      return 0xffff - (UInt64(low) | UInt64(x86_in8(0x42)) << 8)
    case .timeStamp: return x86_read_time_stamp()
    }
  }

  /// Counts from one reading to a later one, over at most one wrap.
  func counts(from start: UInt64, to end: UInt64) -> UInt64 { (end &- start) & mask }
}
