/// A share of a CPU's time: so much in each period, and what of it is used.
///
/// It begins a period when it is needed and the last one is over. So in any stretch as long as a
/// period it is used twice at most, and in the long run once.
struct TimeShare: BitwiseCopyable {
  /// Microseconds that a period may have. Shorter ones would be mostly interrupts.
  static var periods: ClosedRange<UInt64> { 1_000...1_000_000 }
  /// All of one CPU's time.
  static var allParts: UInt32 { 1_000_000 }

  /// Nanoseconds that throttling a thread and its return count for: an estimate, not measured.
  static var returnCost: UInt64 { 5_000 }
  /// Nanoseconds after which a share is looked at again, however much it owes: its children may
  /// have returned what they were given.
  private static var lookInterval: UInt64 { 100_000_000 }

  /// Microseconds; 0 for no share. In bit 31 whether its first period is still to begin.
  private var periodBits: UInt32 = 0
  /// Nanoseconds that it owes: used in a period that is over, as far as it is known.
  private(set) var debt: UInt32 = 0
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
    periodBits = UInt32(period)
    parts = UInt32((length * UInt64(Self.allParts) + period - 1) / period)
  }

  private static var waitingBit: UInt32 { 1 << 31 }
  private var microseconds: UInt32 { periodBits & ~Self.waitingBit }
  var hasPeriod: Bool { microseconds > 0 }
  /// Nanoseconds.
  var period: UInt64 { UInt64(microseconds) * 1_000 }
  /// Nanoseconds in each period that children have not been given.
  var length: UInt64 { UInt64(microseconds) * UInt64(parts - given) / 1_000 }
  /// Nanoseconds of the period that are left.
  var left: UInt64 { used < length ? length - used : 0 }

  /// When there will be something left, for who finds nothing now.
  var nextTime: UInt64 {
    guard length > 0 else { return periodEnd &+ Self.lookInterval }
    return periodEnd &+ min(UInt64(debt) / length &* period, Self.lookInterval)
  }

  /// Begins a period if the last one is over.
  mutating func refresh(at now: UInt64) {
    guard now >= periodEnd else { return }
    if debt > 0 { forgive((now - periodEnd) / period) }
    begin(usedBefore: 0)
    periodEnd = now &+ period
  }

  /// Counts what was used up to `now`. If a period ended on the way, the next has what came
  /// after that.
  ///
  /// What was used beyond the share, because its end was seen late, is owed; but for more than a
  /// period of it: then the machine stood still.
  ///
  /// - Parameter isWanted: Whether others had to wait for it.
  mutating func use(_ time: UInt64, until now: UInt64, isWanted: Bool) {
    let late = now >= periodEnd ? now - periodEnd : 0
    let before = max(used, length)
    used &+= time - min(time, late)
    if isWanted, used > before { debt(adding: min(used - before, period)) }
    guard now >= periodEnd else { return }
    begin(usedBefore: min(time, late))
    periodEnd = late < period ? periodEnd &+ period : now &+ period
  }

  /// A period begins with what is owed, as far as that goes.
  private mutating func begin(usedBefore time: UInt64) {
    periodBits &= ~Self.waitingBit
    let paid = min(UInt64(debt), length)
    debt -= UInt32(paid)
    used = time &+ paid
  }

  /// So many periods have passed in which nothing was used.
  private mutating func forgive(_ periods: UInt64) {
    let (paid, isMore) = periods.multipliedReportingOverflow(by: length)
    debt = isMore || paid >= UInt64(debt) ? 0 : debt - UInt32(paid)
  }

  /// Owes what throttling a thread costs; but with that never more than half of a period's length:
  /// threads that are woken again and again, which anybody can do, must not use up all of it.
  mutating func chargeReturn() {
    if UInt64(debt) < length / 2 { debt(adding: Self.returnCost) }
  }

  /// Owes time that was used; at most some four seconds in all.
  private mutating func debt(adding time: UInt64) {
    debt = UInt32(min(UInt64(debt) &+ time, UInt64(UInt32.max)))
  }

  /// Gives a new share its parts. It begins with the next period of this one, if that is
  /// counted: what is given now may be spent already.
  mutating func give(to child: inout TimeShare, at now: UInt64) {
    if hasPeriod {
      refresh(at: now)
      child.used = child.length
      child.periodEnd = periodEnd
      child.periodBits |= Self.waitingBit
    }
    given += child.parts
  }

  /// Takes a share's parts back, and owes what of them is spent in a period that is not over.
  mutating func takeBack(_ child: TimeShare, at now: UInt64) {
    given -= child.parts
    guard hasPeriod else { return }
    debt(adding: UInt64(child.debt))
    let isOver = now >= child.periodEnd || child.periodBits & Self.waitingBit != 0
    // Not what nobody else wanted.
    if !isOver { debt(adding: min(child.used, child.length)) }
  }
}
