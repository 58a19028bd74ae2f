/// A share of a CPU's time: so much in each period, and what of it is used.
///
/// It begins a period when it is needed and the last one is over. So in any stretch as long as a
/// period it is used twice at most, and in the long run once.
struct TimeShare: BitwiseCopyable {
  /// Microseconds that a period may have. Shorter ones would be mostly interrupts.
  static var periods: ClosedRange<UInt64> { 1_000...1_000_000 }
  /// All of one CPU's time.
  static var allParts: UInt32 { 1_000_000 }

  /// Microseconds; 0 for no share.
  private var microseconds: UInt32 = 0
  /// Threads that were throttled in this period.
  var throttledCount: UInt32 = 0
  /// Millionths of one CPU's time: all that was set aside for it, and what children have of that.
  let parts: UInt32
  private(set) var given: UInt32 = 0
  /// Nanoseconds used in the period that ends at `periodEnd`.
  private(set) var used: UInt64 = 0
  private(set) var periodEnd: UInt64 = 0

  init() { parts = 0 }
  /// The whole of so many CPUs, for the budget of everything, which is not counted.
  init(ofCPUs count: Int) { parts = Self.allParts * UInt32(count) }
  /// - Parameter length: Microseconds in `period`, which is in microseconds too.
  /// - Precondition: `period` is one of `periods`, and `length` no longer.
  init(_ length: UInt64, in period: UInt64) {
    microseconds = UInt32(period)
    parts = UInt32((length * UInt64(Self.allParts) + period - 1) / period)
  }

  var hasPeriod: Bool { microseconds > 0 }
  /// Nanoseconds.
  var period: UInt64 { UInt64(microseconds) * 1_000 }
  /// Nanoseconds in each period that children have not been given.
  var length: UInt64 { UInt64(microseconds) * UInt64(parts - given) / 1_000 }
  /// Nanoseconds of the period that are left.
  var left: UInt64 { used < length ? length - used : 0 }

  /// Begins a period if the last one is over.
  mutating func refresh(at now: UInt64) {
    guard now >= periodEnd else { return }
    used = 0
    throttledCount = 0
    periodEnd = now &+ period
  }

  /// Counts what was used up to `now`. If a period ended on the way, the next has what came
  /// after that.
  mutating func use(_ time: UInt64, until now: UInt64) {
    used &+= time
    guard now >= periodEnd else { return }
    let late = now - periodEnd
    used = min(time, late)
    throttledCount = 0
    periodEnd = late < period ? periodEnd &+ period : now &+ period
  }

  /// Gives a new share its parts. It begins with the next period of this one, if that is
  /// counted: what is given now may be spent already.
  mutating func give(to child: inout TimeShare, at now: UInt64) {
    if hasPeriod {
      refresh(at: now)
      child.used = child.length
      child.periodEnd = periodEnd
    }
    given += child.parts
  }

  /// Takes a share's parts back, with what of them is spent, until that would have been had again.
  mutating func takeBack(_ child: TimeShare, at now: UInt64) {
    given -= child.parts
    guard hasPeriod else { return }
    refresh(at: now)
    guard now < child.periodEnd else { return }
    // Not what nobody else wanted.
    used &+= min(child.used, child.length)
    periodEnd = max(periodEnd, child.periodEnd)
  }
}
