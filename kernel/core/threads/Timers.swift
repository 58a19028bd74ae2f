import KernelHAL
import MnosABI

/// What is due at a time: the ends of waits and slices, the returns of throttled threads, and looks
/// at who pays.
///
///     waits, returns of this CPU ──┐
///     the end of the slice ────────┼── the earliest ──> the timer ── it fires ──> each that is due
///     the next look at the payer ──┘
extension Kernel where P: ~Copyable {
  /// Arms the timer if something is due before it would fire.
  ///
  /// It is never disarmed: firing early costs one interrupt, which arms it anew, and saves a write
  /// to the timer for each wait that ends before its deadline.
  mutating func armTimer() {
    let wait = min(objects[cpu].timers.deadline(in: objects), objects[cpu].sliceEnd)
    let due = min(wait, objects[cpu].payerEnd)
    guard due < objects[cpu].armedDeadline else { return }
    objects[cpu].armedDeadline = due
    platform.armTimer(deadline: due)
  }

  /// Has a blocked thread woken at `deadline`, unless that is never.
  ///
  /// The timer itself is armed by the `schedule` that follows a block.
  mutating func startTimer(_ thread: ThreadID, deadline: UInt64) {
    guard deadline != Deadline.never else { return }
    // Its timer is needed for the wait, and who waits is not throttled.
    if objects[thread].isThrottled { objects.endThrottle(thread) }
    let home = objects[thread].home
    objects[home].timers.insert(thread, deadline: deadline, in: objects)
    objects[home].needsSchedule = true
  }

  /// The timer fired: ends waits that are over, a batch at a time, and time slices.
  ///
  /// With more waits than that the timer is armed for a time that has passed, and so fires again
  /// at once: other interrupts come in between.
  public mutating func timerFired() {
    objects[cpu].armedDeadline = .max
    let now = platform.now()
    var left = Self.batchSteps
    while left > 0 {
      let thread = objects[cpu].timers.earliest
      guard !thread.isNone, objects[thread].timer.deadline <= now else { break }
      guard !objects[thread].isThrottled else {
        unthrottle(thread, at: now)
        left -= 1
        continue
      }
      wake(thread, .timedOut, steps: &left)
      // It is the woken thread's doing, not that of the one that happens to run, or of none.
      if objects.shared.reaper.hasIncoming { adoptDoomed(by: thread) }
    }
    if now >= objects[cpu].sliceEnd, objects[cpu].sliceEnd != .max {
      objects[cpu].sliceEnd = .max
      if !current.isNone { endSlice() }
    }
    if now >= objects[cpu].payerEnd, objects[cpu].payerEnd != .max { payerEnded(at: now) }
    armTimer()
  }
}
