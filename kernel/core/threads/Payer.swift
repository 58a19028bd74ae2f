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
  /// What throttling a thread counts for of `scanLength`: its timer is put into a heap.
  private static var throttleCost: Int { 8 }

  /// Counts the time since the last look for whoever pays for it.
  mutating func chargePayer(at now: UInt64) {
    let payer = objects[cpu].payer
    // What was skipped already is not to be counted by who looked at the clock before.
    guard now > objects[cpu].payingSince else { return }
    if !payer.isNone, !objects[cpu].isUncounted {
      objects[payer].share.use(
        now - objects[cpu].payingSince, until: now, isWanted: !objects[cpu].isSpent)
    }
    objects[cpu].payingSince = now
  }

  /// Leaves the time since then uncounted: it was for others than who runs.
  ///
  /// - Precondition: The time before it is counted.
  /// - Returns: The time now.
  @discardableResult
  mutating func skipTime(since before: UInt64) -> UInt64 {
    let now = platform.now()
    objects[cpu].payingSince = now
    let end = objects[cpu].payerEnd
    if end != .max, end > before { objects[cpu].payerEnd = end &+ (now - before) }
    return now
  }

  /// Has somebody pay for the current thread from here on: whoever it serves, if the share of that
  /// one lasts, else the budget that it is charged to.
  ///
  /// Afterwards the timer has to be armed.
  mutating func beginPaying() {
    // Nobody has a share: nothing is counted.
    guard objects.shared.shareCount > 0 else { return }
    let now = platform.now()
    chargePayer(at: now)
    changePayer(to: payer(of: current, at: now), at: now)
  }

  /// Who is to pay for a thread that the scheduler chooses.
  mutating func payer(of thread: ThreadID, at now: UInt64) -> BudgetID {
    let caller = objects.servedCaller(of: thread)
    if !caller.isNone {
      let payer = objects[caller].payer
      // Not one without a share: that would never end.
      if !payer.isNone, hasTime(payer, at: now) { return payer }
    }
    return objects[thread].payer
  }

  mutating func changePayer(to payer: BudgetID, at now: UInt64) {
    let thread = current
    objects[cpu].payer = payer
    objects[cpu].isSpent = false
    let caller = objects.servedCaller(of: thread)
    if !caller.isNone, payer != objects[caller].payer {
      // As long as that lasts its time is its own, and not for its caller to go on with.
      objects[caller].message.marks.insert(.ownTime)
    } else if !caller.isNone {
      objects[caller].message.marks.remove(.ownTime)
      // A caller that serves somebody itself would hand this time on: who is to pay for that one is
      // looked at when it is answered.
      if !objects.servedCaller(of: caller).isNone { objects[caller].message.marks.insert(.chain) }
    }
    guard !payer.isNone, hasTime(payer, at: now) else {
      // Who spends nothing, throttled or without a share, may call somebody who must not go on
      // like that for ever. Who is not throttled yet is to be at once.
      objects[cpu].isSpent = !payer.isNone
      let mayGoOn = payer.isNone || objects[thread].isThrottled
      objects[cpu].payerEnd = mayGoOn ? now &+ Self.lookInterval : now
      return
    }
    objects[cpu].payerEnd = now &+ objects[payer].share.left
  }

  /// The current thread begins or ends to serve somebody without a switch: who pays may be
  /// another from here on.
  mutating func changesService() {
    guard objects.shared.shareCount > 0 else { return }
    beginPaying()
    if endThrottleIfServing() {
      objects[cpu].needsSchedule = true
    } else if objects[current].isThrottled {
      hurryReturn(of: current)
    }
    armTimer()
  }

  /// A throttled thread serves somebody from now on, whose payer may have it return earlier.
  private mutating func hurryReturn(of thread: ThreadID) {
    let caller = objects.servedCaller(of: thread)
    let payer = caller.isNone ? BudgetID.none : objects[caller].payer
    guard !payer.isNone else { return }
    // As one that was throttled before: it may take one call after the other meanwhile.
    let time = objects[payer].share.returnTime(isAgain: true, foundNothing: false)
    guard time < objects[thread].timer.deadline else { return }
    objects.stopTimer(thread)
    objects[objects[thread].home].timers.insert(thread, deadline: time, in: objects)
  }

  /// Whoever is served with time left has the current thread run, though its own share is spent.
  ///
  /// - Returns: Whether its priority rose.
  mutating func endThrottleIfServing() -> Bool {
    let thread = current
    guard objects[thread].isThrottled, objects[cpu].payer != objects[thread].payer else {
      return false
    }
    objects.endThrottle(thread)
    return true
  }

  /// Nobody runs: nobody pays.
  mutating func endPaying() {
    objects[cpu].payer = .none
    objects[cpu].isSpent = false
    objects[cpu].payerEnd = .max
  }

  /// Whether a budget's share lasts.
  private mutating func hasTime(_ payer: BudgetID, at now: UInt64) -> Bool {
    objects[payer].share.refresh(at: now)
    return objects[payer].share.left > 0
  }

  /// Whether a thread's share is spent.
  mutating func isOverdrawn(_ thread: ThreadID, at now: UInt64) -> Bool {
    let payer = objects[thread].payer
    return !payer.isNone && !hasTime(payer, at: now)
  }

  /// Puts a thread behind all that have a share left, until the next period of its payer.
  ///
  /// What that and its return cost the kernel is its payer's to pay, up to half of its share.
  ///
  /// - Precondition: It is ready or running, not throttled, and its share is spent.
  mutating func throttle(_ thread: ThreadID) {
    let isQueued = objects[thread].isQueued
    objects.leaveRunQueue(thread)
    objects[thread].isThrottled = true
    objects[thread].priority = 0
    // It does not wait, so its timer is free for this.
    objects[objects[thread].payer].share.chargeReturn()
    startReturn(of: thread, foundNothing: false)
    if isQueued { objects[cpu].ready.insert(thread, atHead: false, in: objects) }
  }

  /// Has a throttled thread return when its payer has it return, or the payer of whom it serves if
  /// that comes first.
  private mutating func startReturn(of thread: ThreadID, foundNothing: Bool) {
    let isAgain = objects[thread].hasReturned
    objects[thread].hasReturned = false
    var payer = objects[thread].payer
    var deadline = objects[payer].share.returnTime(isAgain: isAgain, foundNothing: foundNothing)
    let caller = objects.servedCaller(of: thread)
    let callersPayer = caller.isNone ? BudgetID.none : objects[caller].payer
    if !callersPayer.isNone {
      let time = objects[callersPayer].share.returnTime(
        isAgain: isAgain, foundNothing: foundNothing)
      if time < deadline { (payer, deadline) = (callersPayer, time) }
    }
    if isAgain { objects[payer].share.noteReturn() }
    objects[objects[thread].home].timers.insert(thread, deadline: deadline, in: objects)
  }

  /// It is the turn of a throttled thread to return: a period of its payer's has begun.
  ///
  /// It may be anywhere: in its run queue, running, suspended, or waiting by now.
  mutating func unthrottle(_ thread: ThreadID, at now: UInt64) {
    objects[thread].hasReturned = true
    if objects[thread].isRunnable, isOverdrawn(thread, at: now),
      payer(of: thread, at: now) == objects[thread].payer
    {
      // Others have been quicker.
      objects.stopTimer(thread)
      return startReturn(of: thread, foundNothing: true)
    }
    let isQueued = objects[thread].isQueued
    objects.leaveRunQueue(thread)
    objects.endThrottle(thread)
    if isQueued { objects.makeReady(thread) }
    guard thread == current else { return }
    objects.lookAtPayer(of: cpu)
  }

  /// Sees to it that the first thread in the run queue above a priority is one that may run there:
  /// those of processes that stopped or are ending are dropped, those whose share is spent are
  /// throttled.
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
}
