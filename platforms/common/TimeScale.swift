/// Turns ticks of a counter into nanoseconds and back, by a multiplication each.
public struct TimeScale: Equatable, Sendable {
  /// Nanoseconds per tick, with 32 bits after the point; 0 while the frequency is unknown.
  @usableFromInline let nanosecondsPerTick: UInt64
  /// Ticks per nanosecond, with 32 bits after the point, rounded up.
  @usableFromInline let ticksPerNanosecond: UInt64

  /// A scale by which no time passes, until the frequency is known.
  public init() {
    nanosecondsPerTick = 0
    ticksPerNanosecond = 0
  }

  /// - Returns: nil if the frequency is 0 or above 1 THz.
  public init?(frequency: UInt64) {
    guard frequency > 0, frequency <= 1_000_000_000_000 else { return nil }
    nanosecondsPerTick = (1_000_000_000 << 32) / frequency
    // From the rounded figure, so that the two directions agree.
    ticksPerNanosecond = .max / nanosecondsPerTick + 1
  }

  /// Nanoseconds in `ticks`, rounded down; never decreases as `ticks` grows.
  @inlinable @inline(__always)
  public func nanoseconds(in ticks: UInt64) -> UInt64 {
    Self.scaled(ticks, by: nanosecondsPerTick)
  }

  /// Ticks after which at least `nanoseconds` have passed, by `nanoseconds(in:)` too. Too
  /// many by two ticks and one part in four times the frequency at most.
  @inlinable @inline(__always)
  public func ticks(for nanoseconds: UInt64) -> UInt64 {
    let ticks = Self.scaled(nanoseconds, by: ticksPerNanosecond)
    return ticks > .max - 2 ? .max : ticks + 2
  }

  /// `value * factor >> 32`, or the largest number if that does not fit.
  @inlinable @inline(__always)
  static func scaled(_ value: UInt64, by factor: UInt64) -> UInt64 {
    let product = value.multipliedFullWidth(by: factor)
    guard product.high < 1 << 32 else { return .max }
    return product.high << 32 | product.low >> 32
  }
}
