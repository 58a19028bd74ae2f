/// Turns ticks of a counter into nanoseconds and back, by a multiplication each.
struct TimeScale: Equatable, Sendable {
  /// Nanoseconds per tick, and ticks per nanosecond, with 32 bits after the point.
  private let nanosecondsPerTick: UInt64
  private let ticksPerNanosecond: UInt64
  let frequency: UInt64

  private static var second: UInt64 { 1_000_000_000 }

  /// - Parameter frequency: Hertz, 1 to 10^18. 0 makes every time 0.
  init(frequency: UInt64) {
    self.frequency = frequency
    guard frequency > 0 else {
      nanosecondsPerTick = 0
      ticksPerNanosecond = 0
      return
    }
    nanosecondsPerTick = (Self.second << 32) / frequency
    let (whole, rest) = frequency.quotientAndRemainder(dividingBy: Self.second)
    ticksPerNanosecond = (whole << 32) &+ (rest << 32) / Self.second &+ 1
  }

  /// Exact to 2^-32 of a nanosecond per tick. Wraps after 584 years.
  @inline(__always)
  func nanoseconds(ticks: UInt64) -> UInt64 {
    let product = ticks.multipliedFullWidth(by: nanosecondsPerTick)
    return product.high << 32 | product.low >> 32
  }

  /// At least as many ticks as this takes, or `.max` if that is more than 64 bits.
  @inline(__always)
  func ticks(nanoseconds: UInt64) -> UInt64 {
    let product = nanoseconds.multipliedFullWidth(by: ticksPerNanosecond)
    guard product.high < 1 << 31 else { return .max }
    let ticks = product.high << 32 | product.low >> 32
    // The factor for the way back is rounded down: a little more than its error makes up.
    return ticks &+ (ticks >> 28) &+ 1
  }
}
