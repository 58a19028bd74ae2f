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
  private static var second: UInt64 { 1_000_000_000 }

  /// Microseconds; 0 for no share. In bit 31 whether its first period is still to begin.
  private var periodBits: UInt32 = 0
  /// Nanoseconds that it owes: used in a period that is over, as far as it is known.
  private(set) var debt: UInt32 = 0
  /// Millionths of one CPU's time: all that was set aside for it, and what children have of that.
  let parts: UInt32
  private(set) var given: UInt32 = 0
  /// Nanoseconds used in the period that ends at `periodEnd`; four seconds and more are one.
  private var usedBits: UInt32 = 0
  /// Nanoseconds that returns of its threads are to be spread over: see `returnTime`.
  private var returns: UInt32 = 0
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
  private(set) var used: UInt64 {
    get { UInt64(usedBits) }
    set { usedBits = UInt32(clamping: newValue) }
  }
  /// Nanoseconds of the period that are left.
  var left: UInt64 { used < length ? length - used : 0 }

  /// When there will be something left, for who finds nothing now.
  var nextTime: UInt64 {
    guard length > 0 else { return periodEnd &+ Self.lookInterval }
    // Whole periods: a look in the middle of one would begin it anew.
    let periods = min(UInt64(debt) / length, Self.lookInterval / period)
    return periodEnd &+ periods &* period
  }

  /// Nanoseconds of `returns` that a period makes up for: its length, but so much that there is a
  /// return in each second.
  private var returnLength: UInt64 { max(length, 2 * Self.returnCost * period / Self.second) }

  /// When a thread that is throttled now is to return: with the next period, or later if many
  /// have returned of late, so that their coming and going costs at most half of the share, or one
  /// return in a second. However many threads there are, they return one after the other.
  ///
  /// Who is throttled for the first time, or was woken by others before it returned, neither waits
  /// for the rest nor puts them off. Who has returned and found nothing left waits for many only: it may be
  /// more urgent than those who were quicker.
  ///
  /// - Parameters:
  ///   - isAgain: Whether it was throttled before and has returned by its timer since.
  ///   - foundNothing: Whether it did not run then.
  func returnTime(isAgain: Bool, foundNothing: Bool) -> UInt64 {
    guard isAgain else { return nextTime }
    let free = returnLength * (foundNothing ? 8 : 1)
    let delay = UInt64(returns) > free ? (UInt64(returns) - free) * period / returnLength : 0
    return nextTime &+ delay
  }

  /// A thread that was throttled before is to return once more.
  mutating func noteReturn() {
    returns = UInt32(clamping: UInt64(returns) + 2 * Self.returnCost)
  }

  /// Begins a period if the last one is over.
  mutating func refresh(at now: UInt64) {
    guard now >= periodEnd else { return }
    if debt > 0 || returns > 0 { forgive((now - periodEnd) / period) }
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
    used = used &+ time - min(time, late)
    if isWanted, used > before { debt(adding: min(used - before, period)) }
    guard now >= periodEnd else { return }
    begin(usedBefore: min(time, late))
    periodEnd = late < period ? periodEnd &+ period : now &+ period
    if isWanted, used > length { debt(adding: min(used - length, period)) }
  }

  /// A period begins with what is owed, as far as that goes.
  private mutating func begin(usedBefore time: UInt64) {
    periodBits &= ~Self.waitingBit
    let paid = min(UInt64(debt), length)
    debt -= UInt32(paid)
    used = time &+ paid
    returns -= min(returns, UInt32(clamping: returnLength))
  }

  /// So many periods have passed in which nothing was used.
  private mutating func forgive(_ periods: UInt64) {
    debt = Self.rest(of: debt, after: periods, paying: length)
    returns = Self.rest(of: returns, after: periods, paying: returnLength)
  }

  private static func rest(
    of debt: UInt32, after periods: UInt64, paying length: UInt64
  ) -> UInt32 {
    let (paid, isMore) = periods.multipliedReportingOverflow(by: length)
    return isMore || paid >= UInt64(debt) ? 0 : debt - UInt32(paid)
  }

  /// Owes what throttling a thread costs; but with that never more than half of a period's length:
  /// threads that are woken again and again, which anybody can do, must not use up all of it.
  mutating func chargeReturn() {
    let most = length / 2
    if UInt64(debt) < most { debt(adding: min(Self.returnCost, most - UInt64(debt))) }
  }

  /// Owes time that was used; at most some four seconds in all.
  private mutating func debt(adding time: UInt64) {
    debt = UInt32(clamping: UInt64(debt) &+ time)
  }

  /// Gives a new share its parts, and the same part of what is owed. It begins with the next
  /// period of this one, if that is counted: what is given now may be spent already.
  mutating func give(to child: inout TimeShare, at now: UInt64) {
    if hasPeriod {
      refresh(at: now)
      child.used = child.length
      child.periodEnd = periodEnd
      child.periodBits |= Self.waitingBit
      let part = UInt64(debt) * UInt64(child.parts) / UInt64(parts - given)
      debt -= UInt32(part)
      child.debt = UInt32(part)
    }
    given += child.parts
  }

  /// Takes a share's parts back, and owes what of them is spent in a period that is not over.
  /// Parts that were in use count from the next period of this one on, as they do when they are
  /// given: in this one they may be spent already.
  mutating func takeBack(_ child: TimeShare, at now: UInt64) {
    guard hasPeriod else {
      given -= child.parts
      return
    }
    refresh(at: now)
    let before = length
    given -= child.parts
    debt(adding: UInt64(child.debt))
    guard child.periodBits & Self.waitingBit == 0 else { return }
    used = used &+ (length - before)
    // What it has spent ahead of the rest of its own period; not what nobody else wanted.
    if child.periodEnd > periodEnd {
      let ahead = child.periodEnd - periodEnd
      debt(adding: min(child.used, child.length) * min(ahead, child.period) / child.period)
    }
  }
}
