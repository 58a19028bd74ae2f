import KernelHAL
import MnosABI

/// The timer fired: what is due is done, waits and returns first, then slices, then who pays.
extension Kernel where P: ~Copyable {
  /// The timer fired: ends waits that are over, a batch at a time, and time slices.
  ///
  /// With more waits than that the timer is armed for a time that has passed, and so fires again
  /// at once: other interrupts come in between.
  public mutating func timerFired() {
    objects[cpu].armedDeadline = .max
    var now = platform.now()
    // What was used up to now decides who returns.
    if objects.shared.shareCount > 0 { chargePayer(at: now) }
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
    // Whoever happens to run has nothing to do with those who return or whose waits are over.
    if left < Self.batchSteps, objects.shared.shareCount > 0 { now = skipTime(since: now) }
    if now >= objects[cpu].sliceEnd, objects[cpu].sliceEnd != .max {
      objects[cpu].sliceEnd = .max
      if !current.isNone { endSlice() }
    }
    if now >= objects[cpu].payerEnd, objects[cpu].payerEnd != .max { payerEnded(at: now) }
    armTimer()
  }

  /// The payer's share is spent, or the look at it is due: the current thread goes on at the
  /// expense of whoever is to pay now, or is throttled.
  mutating func payerEnded(at now: UInt64) {
    chargePayer(at: now)
    // It may have been ended, or its slice be over, in this very entry: then the next to run is
    // chosen anyway.
    guard !current.isNone, objects[current].state == .running, objects.shared.shareCount > 0 else {
      return endPaying()
    }
    let thread = current
    changePayer(to: payer(of: thread, at: now), at: now)
    if endThrottleIfServing() { objects[cpu].needsSchedule = true }
    guard objects[cpu].isSpent, !objects[thread].isThrottled else { return }
    throttle(thread)
    // Who runs next is looked at as it begins to.
    objects[cpu].payerEnd = .max
    // Behind those who are throttled already: a new period does not begin with their turn.
    rotate()
  }
}
