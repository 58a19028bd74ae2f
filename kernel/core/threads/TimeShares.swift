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

  /// Counts the time since the last look for whoever pays for it.
  mutating func chargePayer(at now: UInt64) {
    let payer = objects[cpu].payer
    if !payer.isNone {
      objects[payer].share.use(now &- objects[cpu].payingSince, until: now)
    }
    objects[cpu].payingSince = now
  }

  /// Has the budget of the current thread, which the scheduler chose, pay from here on.
  mutating func beginPaying() {
    // Nobody has a share: nothing is counted.
    guard objects.shared.shareCount > 0 else { return }
    let now = platform.now()
    chargePayer(at: now)
    changePayer(at: now)
  }

  /// Makes the payer that of the current thread's own budget.
  private mutating func changePayer(at now: UInt64) {
    let thread = current
    let payer = objects[thread].payer
    objects[cpu].payer = payer
    // From here on its time is its own, and not for its caller to go on with.
    let spare = objects[thread].spare
    if !spare.isNone, objects[spare].state != .spare {
      let caller = objects[spare].object.narrowed(to: ReplyTag.self).caller
      objects[caller].message.answerBits |= PendingMessage.ownTimeBit
    }
    // Throttled, it spends nothing, but whom it calls must not go on like that for ever.
    guard !payer.isNone, !objects[thread].isThrottled else {
      objects[cpu].payerEnd = now &+ Self.lookInterval
      return
    }
    objects[payer].share.refresh(at: now)
    objects[cpu].payerEnd = now &+ objects[payer].share.left
  }

  /// Nobody runs: nobody pays.
  mutating func endPaying() {
    objects[cpu].payer = .none
    objects[cpu].payerEnd = .max
  }

  /// The payer's share is spent, or the look at it is due: the current thread goes on at the
  /// expense of its own budget, or is throttled.
  mutating func payerEnded(at now: UInt64) {
    chargePayer(at: now)
    guard !current.isNone, objects.shared.shareCount > 0 else { return endPaying() }
    changePayer(at: now)
    guard isOverdrawn(current, at: now), !objects[current].isThrottled else { return }
    throttle(current)
    objects[cpu].slice = TimeSlice()
    objects[cpu].sliceEnd = .max
    objects[cpu].payerEnd = now &+ Self.lookInterval
    objects[cpu].needsSchedule = true
  }

  /// Whether a thread's share is spent.
  private mutating func isOverdrawn(_ thread: ThreadID, at now: UInt64) -> Bool {
    let payer = objects[thread].payer
    guard !payer.isNone else { return false }
    objects[payer].share.refresh(at: now)
    return objects[payer].share.left == 0
  }

  /// Puts a thread behind all that have a share left, until the next period of its payer.
  ///
  /// - Precondition: It is ready or running, and its share is spent.
  private mutating func throttle(_ thread: ThreadID) {
    let isQueued = objects[thread].isQueued
    objects.leaveRunQueue(thread)
    objects[thread].isThrottled = true
    objects[thread].priority = 0
    // It does not wait, so its timer is free for this.
    let payer = objects[thread].payer
    objects[objects[thread].home].timers.insert(
      thread, deadline: objects[payer].share.periodEnd, in: objects)
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
    for _ in 0..<Self.scanLength {
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
      guard isOverdrawn(thread, at: now) else { return true }
      throttle(thread)
    }
    return false
  }

  // MARK: Budgets

  /// Whose share a child of this budget would be given a part of: the nearest that has one,
  /// or the budget of everything.
  private func giver(for budget: BudgetID) -> BudgetID {
    objects[budget].payer.isNone ? objects.rootBudget : objects[budget].payer
  }

  /// Checks the share that a new budget is to have, and what its parent has left of that.
  ///
  /// - Parameters:
  ///   - length: Microseconds in a period, at most all of it; 0 for no share.
  ///   - period: Microseconds, 1,000 to 1,000,000; 0 for no share.
  /// - Throws: `badArgument(5)` and `(6)`; `unavailable` if the giver has not that much left.
  func makeShare(
    _ length: UInt64, in period: UInt64, of parent: BudgetID
  ) throws(Failure) -> TimeShare {
    guard length <= period, length > 0 || period == 0 else { throw .badArgument(5) }
    guard period > 0 else { return TimeShare() }
    guard TimeShare.periods.contains(period) else { throw .badArgument(6) }
    let share = TimeShare(length, in: period)
    let giver = objects[giver(for: parent)].share
    guard share.parts <= giver.parts - giver.given else { throw Failure(.unavailable) }
    return share
  }

  /// Gives a new budget its share, of its parent's; or notes whose share its time is of.
  mutating func giveShare(_ share: TimeShare, to budget: BudgetID, of parent: BudgetID) {
    guard share.period > 0 else {
      objects[budget].payer = objects[parent].payer
      return
    }
    objects[giver(for: parent)].share.given += share.parts
    objects[budget].share = share
    objects[budget].payer = budget
    objects.shared.shareCount += 1
    // Who runs was not looked at as long as nobody had a share.
    if objects[cpu].payerEnd == .max {
      objects[cpu].payingSince = platform.now()
      objects[cpu].payerEnd = objects[cpu].payingSince &+ Self.lookInterval
      objects[cpu].needsSchedule = true
    }
  }

  /// A budget goes: its share returns to who gave it.
  ///
  /// - Precondition: No thread is charged to it, nor to what was charged to it.
  mutating func takeShareBack(from budget: BudgetID) {
    guard objects[budget].payer == budget else { return }
    objects[giver(for: objects[budget].header.budget)].share.given -= objects[budget].share.parts
    objects.shared.shareCount -= 1
    for index in 0..<objects.shared.cpuCount {
      let state = objects.shared.cpus[index]
      guard objects[state].payer == budget else { continue }
      // Who was called from there goes on at its own expense.
      objects[state].payer = .none
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

  /// Nanoseconds; 0 for no share.
  private(set) var period: UInt64 = 0
  /// Millionths of one CPU's time: all that was set aside for it, and what children have of that.
  let parts: UInt32
  var given: UInt32 = 0
  /// Nanoseconds used in the period that ends at `periodEnd`.
  private(set) var used: UInt64 = 0
  private(set) var periodEnd: UInt64 = 0

  init() { parts = 0 }
  /// The whole of so many CPUs, for the budget of everything, which is not counted.
  init(ofCPUs count: Int) { parts = Self.allParts * UInt32(count) }
  /// - Parameter length: Microseconds in `period`, which is in microseconds too.
  init(_ length: UInt64, in period: UInt64) {
    self.period = period * 1_000
    parts = UInt32((length * UInt64(Self.allParts) + period - 1) / period)
  }

  /// Nanoseconds in each period that children have not been given.
  var length: UInt64 { period / 1_000 * UInt64(parts - given) / 1_000 }
  /// Nanoseconds of the period that are left.
  var left: UInt64 { used < length ? length - used : 0 }

  /// Begins a period if the last one is over.
  mutating func refresh(at now: UInt64) {
    guard now >= periodEnd else { return }
    used = 0
    periodEnd = now &+ period
  }

  /// Counts what was used up to `now`. If a period ended on the way, the next has what came
  /// after that.
  mutating func use(_ time: UInt64, until now: UInt64) {
    used &+= time
    guard now >= periodEnd else { return }
    let late = now - periodEnd
    used = min(time, late)
    periodEnd = late < period ? periodEnd &+ period : now &+ period
  }
}
