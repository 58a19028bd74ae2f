/// The words that set the CPU's timer, which counts down to 0 once.
///
/// Source: LoongArch Reference Manual, Volume 1, §7.6.2, "Timer Configuration (TCFG)".
struct ConstantTimer: Equatable {
  /// The largest count that the timer can start from.
  private let limit: UInt64

  private static var enable: UInt64 { 1 << 0 }
  /// The two lowest bits of a count are 0.
  private static var step: UInt64 { 4 }

  /// Stops the timer.
  static var off: UInt64 { 0 }
  /// For TICLR: takes the interrupt back.
  static var clear: UInt64 { 1 << 0 }

  /// - Parameter configuration: CSR.PRCFG1, which says how many bits the timer has.
  init(configuration: UInt64) {
    let width = configuration >> 4 & 0xff + 1
    limit = (width >= 64 ? UInt64.max : 1 << width - 1) & ~(Self.step - 1)
  }

  /// The word that makes the timer interrupt after at least `ticks`, or as late as it can.
  func word(ticks: UInt64) -> UInt64 {
    guard ticks < limit else { return limit | Self.enable }
    let count = (ticks + Self.step - 1) & ~(Self.step - 1)
    return max(count, Self.step) | Self.enable
  }
}
