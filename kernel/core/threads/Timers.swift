import KernelHAL
import MnosABI

/// When something is due: the ends of waits and slices, the returns of throttled threads, and looks
/// at who pays.
///
///     waits, returns of this CPU ──┐
///     the end of the slice ────────┼── the earliest ──> the timer ── it fires ──> each that is due,
///     the next look at the payer ──┘                                      see TimerInterrupt.swift
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
    // Its timer is needed for the wait. Whether its share is spent is looked at when it is to run.
    if objects[thread].isThrottled { objects.endThrottle(thread) }
    let home = objects[thread].home
    objects[home].timers.insert(thread, deadline: deadline, in: objects)
    objects[home].needsSchedule = true
  }
}
