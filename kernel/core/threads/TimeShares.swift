import KernelHAL
import MnosABI

/// Who pays for the time that runs, and what becomes of those whose share of it is spent.
///
///                          its share is spent, and it is to run
///     priority of its own ──────────────────────────────────────> throttled: priority 0, with
///            ^                                                    the others that are
///            └────── the payer's next period begins; it waits ──────────────┘
///
/// The payer is noted when the scheduler chooses a thread. A direct switch leaves it alone, so who
/// calls pays for being served. What a payer has used is counted when the scheduler chooses
/// again, or when its share would be spent.
extension Kernel where P: ~Copyable {
  /// How long a thread may go on at another's expense, or at that of a budget without a share,
  /// until the scheduler looks whether it should; in nanoseconds.
  private static var lookInterval: UInt64 { sliceLength }
  /// Nanoseconds between the returns of two throttled threads of one payer.
  private static var returnInterval: UInt64 { 50_000 }
  /// What throttling a thread counts for of `scanLength`: its timer is put into a heap.
  private static var throttleCost: Int { 8 }

  /// Counts the time since the last look for whoever pays for it.
  mutating func chargePayer(at now: UInt64) {
    let payer = objects[cpu].payer
    if !payer.isNone {
      objects[payer].share.use(now &- objects[cpu].payingSince, until: now)
    }
    objects[cpu].payingSince = now
  }

  /// Has somebody pay for the current thread from here on: whoever it serves, if the share of that
  /// one lasts, else the budget that it is charged to.
  ///
  /// Also when it begins or ends to serve somebody without a switch.
  mutating func beginPaying() {
    // Nobody has a share: nothing is counted.
    guard objects.shared.shareCount > 0 else { return }
    let now = platform.now()
    chargePayer(at: now)
    changePayer(to: payer(of: current, at: now), at: now)
    armTimer()
  }

  /// The caller in a thread's spare, whom it serves, or none.
  private func servedCaller(of thread: ThreadID) -> ThreadID {
    let spare = objects[thread].spare
    guard !spare.isNone, objects[spare].state != .spare else { return .none }
    return objects[spare].object.narrowed(to: ReplyTag.self).caller
  }

  /// Who is to pay for a thread that the scheduler chooses.
  private mutating func payer(of thread: ThreadID, at now: UInt64) -> BudgetID {
    let caller = servedCaller(of: thread)
    if !caller.isNone, objects[caller].message.answerBits & PendingMessage.ownTimeBit == 0 {
      let payer = objects[caller].payer
      // Not one without a share: that would never end.
      if !payer.isNone, hasTime(payer, at: now) { return payer }
    }
    return objects[thread].payer
  }

  private mutating func changePayer(to payer: BudgetID, at now: UInt64) {
    let thread = current
    objects[cpu].payer = payer
    objects[cpu].isSpent = false
    let caller = servedCaller(of: thread)
    if !caller.isNone, payer != objects[caller].payer {
      // From here on its time is its own, and not for its caller to go on with.
      objects[caller].message.answerBits |= PendingMessage.ownTimeBit
    }
    guard !payer.isNone, hasTime(payer, at: now) else {
      // Who spends nothing, throttled or without a share, may call somebody who must not go on
      // like that for ever.
      objects[cpu].isSpent = !payer.isNone
      objects[cpu].payerEnd = now &+ Self.lookInterval
      return
    }
    objects[cpu].payerEnd = now &+ objects[payer].share.left
  }

  /// Nobody runs: nobody pays.
  mutating func endPaying() {
    objects[cpu].payer = .none
    objects[cpu].isSpent = false
    objects[cpu].payerEnd = .max
  }

  /// The payer's share is spent, or the look at it is due: the current thread goes on at the
  /// expense of its own budget, or is throttled.
  mutating func payerEnded(at now: UInt64) {
    chargePayer(at: now)
    // It may have been ended, or its slice be over, in this very entry: then the next to run is
    // chosen anyway.
    guard !current.isNone, objects[current].state == .running, objects.shared.shareCount > 0 else {
      return endPaying()
    }
    changePayer(to: objects[current].payer, at: now)
    guard isOverdrawn(current, at: now), !objects[current].isThrottled else { return }
    throttle(current)
    // Behind those who are throttled already: a new period does not begin with their turn.
    rotate()
  }

  /// Whether a budget's share lasts.
  private mutating func hasTime(_ payer: BudgetID, at now: UInt64) -> Bool {
    objects[payer].share.refresh(at: now)
    return objects[payer].share.left > 0
  }

  /// Whether a thread's share is spent.
  private mutating func isOverdrawn(_ thread: ThreadID, at now: UInt64) -> Bool {
    let payer = objects[thread].payer
    return !payer.isNone && !hasTime(payer, at: now)
  }

  /// Puts a thread behind all that have a share left, until the next period of its payer.
  ///
  /// Threads of one payer return one after the other, so that many of them are no burst of work
  /// at the beginning of each period.
  ///
  /// - Precondition: It is ready or running, not throttled, and its share is spent.
  private mutating func throttle(_ thread: ThreadID) {
    let isQueued = objects[thread].isQueued
    objects.leaveRunQueue(thread)
    objects[thread].isThrottled = true
    objects[thread].priority = 0
    // It does not wait, so its timer is free for this.
    let payer = objects[thread].payer
    let delay = UInt64(objects[payer].share.throttledCount) * Self.returnInterval
    objects[payer].share.throttledCount += 1
    objects[objects[thread].home].timers.insert(
      thread, deadline: objects[payer].share.periodEnd &+ delay, in: objects)
    if isQueued { objects[cpu].ready.insert(thread, atHead: false, in: objects) }
  }

  /// The period of a throttled thread's payer is over.
  ///
  /// It may be anywhere: in its run queue, running, suspended, or waiting by now.
  mutating func unthrottle(_ thread: ThreadID) {
    let isQueued = objects[thread].isQueued
    objects.leaveRunQueue(thread)
    objects.endThrottle(thread)
    if isQueued { objects.makeReady(thread) }
    guard thread == current else { return }
    objects[cpu].needsSchedule = true
    objects[cpu].payerEnd = 0
  }

  /// Sees to it that the first thread in the run queue above a priority is one that may run there:
  /// those of processes that stopped or are ending are dropped, those whose share is spent throttled.
  ///
  /// They are looked at here, and not when their process stops or their share is spent, so that
  /// both are O(1).
  ///
  /// - Returns: Whether that is so; else `scanLength` were looked at, and there are more.
  mutating func settleReady(above least: Int) -> Bool {
    var now: UInt64 = 0
    var left = Self.scanLength
    while left > 0 {
      left -= 1
      let priority = objects[cpu].ready.highestPriority
      guard priority > least else { return true }
      let thread = objects[cpu].ready.first(atPriority: priority)
      guard objects[objects[thread].process].state == .running else {
        objects.leaveRunQueue(thread)
        continue
      }
      // At priority 0 it is no different; and who is called runs at its caller's expense.
      guard priority > 0, !objects[thread].payer.isNone, thread != objects[cpu].sponsored else {
        return true
      }
      if now == 0 { now = platform.now() }
      guard isOverdrawn(thread, at: now),
        payer(of: thread, at: now) == objects[thread].payer
      else { return true }
      throttle(thread)
      left -= Self.throttleCost
    }
    return false
  }

  // MARK: Ends

  /// Does a batch of ends that the current thread did not cause, at nobody's expense.
  mutating func reapUncounted() {
    guard objects.shared.shareCount > 0, !objects[cpu].owesBatch else { return reapBatch() }
    let before = platform.now()
    chargePayer(at: before)
    reapBatch()
    let now = platform.now()
    objects[cpu].payingSince = now
    let end = objects[cpu].payerEnd
    if end != .max, end > before { objects[cpu].payerEnd = end &+ (now - before) }
  }

  // MARK: Budgets

  /// Whose share a child of this budget would be given a part of: its own; or that of the budget
  /// of everything, if nobody above has one; or none: what it spends with others is not its to give.
  private func giver(for budget: BudgetID) -> BudgetID {
    let payer = objects[budget].payer
    if payer.isNone { return objects.rootBudget }
    return payer == budget ? budget : .none
  }

  /// Checks the share that a new budget is to have, and what its parent has left of that.
  ///
  /// - Parameters:
  ///   - length: Microseconds in a period, at most all of it; 0 for no share.
  ///   - period: Microseconds, 1,000 to 1,000,000; 0 for no share.
  /// - Throws: `badArgument(5)` and `(6)`; `unavailable` if the parent only spends another's share,
  ///   or if the giver has not that much left.
  func makeShare(
    _ length: UInt64, in period: UInt64, of parent: BudgetID
  ) throws(Failure) -> TimeShare {
    guard length <= period, length > 0 || period == 0 else { throw .badArgument(5) }
    guard period > 0 else { return TimeShare() }
    guard TimeShare.periods.contains(period) else { throw .badArgument(6) }
    let share = TimeShare(length, in: period)
    let giver = giver(for: parent)
    guard !giver.isNone, share.parts <= objects[giver].share.parts - objects[giver].share.given
    else { throw Failure(.unavailable) }
    return share
  }

  /// Gives a new budget its share, of its parent's; or notes whose share its time is of.
  mutating func giveShare(_ share: TimeShare, to budget: BudgetID, of parent: BudgetID) {
    guard share.hasPeriod else {
      objects[budget].payer = objects[parent].payer
      return
    }
    let now = platform.now()
    chargePayer(at: now)
    let giver = giver(for: parent)
    objects[budget].share = share
    objects[budget].payer = budget
    objects[giver].share.give(to: &objects[budget].share, at: now)
    objects.shared.shareCount += 1
    lookAgain(at: giver)
    // Who runs was not looked at as long as nobody had a share.
    if objects[cpu].payerEnd == .max, !current.isNone { objects[cpu].payerEnd = 0 }
    objects[cpu].needsSchedule = true
  }

  /// A budget's share returns to who gave it: nobody can spend it any more.
  ///
  /// - Precondition: No thread is charged to it, nor to what was charged to it.
  mutating func takeShareBack(from budget: BudgetID) {
    guard objects[budget].payer == budget else { return }
    let now = platform.now()
    chargePayer(at: now)
    let parent = objects[budget].header.budget
    let giver = giver(for: parent)
    objects[giver].share.takeBack(objects[budget].share, at: now)
    objects[budget].share = TimeShare()
    objects[budget].payer = objects[parent].payer
    objects.shared.shareCount -= 1
    // Whom it paid for goes on at its own expense.
    for index in 0..<objects.shared.cpuCount
    where objects[objects.shared.cpus[index]].payer == budget {
      let state = objects.shared.cpus[index]
      objects[state].payer = .none
      objects[state].payerEnd = 0
      objects[state].needsSchedule = true
    }
    lookAgain(at: giver)
  }

  /// What a budget has left changed: the CPUs that run at its expense look when that ends.
  private mutating func lookAgain(at payer: BudgetID) {
    for index in 0..<objects.shared.cpuCount
    where objects[objects.shared.cpus[index]].payer == payer {
      let state = objects.shared.cpus[index]
      objects[state].payerEnd = 0
      objects[state].needsSchedule = true
    }
  }
}

extension ObjectStore where P: ~Copyable {
  /// Gives a throttled thread its own priority again.
  ///
  /// - Precondition: It is throttled, and in no run queue.
  func endThrottle(_ thread: ThreadID) {
    stopTimer(thread)
    self[thread].isThrottled = false
    self[thread].priority = self[thread].ownPriority
  }
}

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
