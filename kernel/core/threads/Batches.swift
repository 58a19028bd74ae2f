import KernelHAL
import MnosABI

/// What comes before user mode: batches of work, by priority.
extension Kernel where P: ~Copyable {
  /// Whether kernel work comes before running `current` in user mode.
  public var hasWork: Bool {
    @inline(__always) mutating get {
      let thread = current
      // Idle, but for ends, or for more ready threads to look at.
      guard !thread.isNone else {
        return objects.shared.reaper.priority >= 0 || objects[cpu].needsSchedule
      }
      if objects[thread].work != .none { return true }
      return objects.shared.reaper.priority >= Int(objects[thread].priority) && isReapersTurn
    }
  }

  /// Whether ends come before the current thread. At its own priority the two take turns by
  /// time slices, beginning with the ends, so that what a thread gives up is given back
  /// before it goes on, and yet its equals are not kept from running.
  private var isReapersTurn: Bool {
    mutating get {
      let priority = objects.shared.reaper.priority
      guard priority >= 0 else { return false }
      let thread = current
      guard !thread.isNone, priority <= Int(objects[thread].priority) else { return true }
      guard priority == Int(objects[thread].priority) else { return false }
      return objects[cpu].owesBatch || !objects[cpu].slice.hasTurn
        || Int(objects[cpu].slice.priority) != priority
    }
  }

  /// Does one batch of work; afterwards look for interrupts, then call `leave`.
  ///
  /// - Precondition: `hasWork`.
  public mutating func runBatch() {
    if isReapersTurn { return reapUncounted() }
    let thread = current
    guard !thread.isNone else { return }
    var steps = Self.batchSteps
    continueWork(of: thread, steps: &steps)
  }

  /// Does a batch of ends that the current thread did not cause, at nobody's expense.
  private mutating func reapUncounted() {
    guard objects.shared.shareCount > 0, !objects[cpu].owesBatch else { return reapBatch() }
    let before = platform.now()
    chargePayer(at: before)
    // Also not for a share that is given back on the way.
    objects[cpu].isUncounted = true
    reapBatch()
    objects[cpu].isUncounted = false
    skipTime(since: before)
  }

  /// How the first process ended, if it did: nothing can run without it.
  public var firstProcessEnd: ProcessEnd? { mutating get { objects.shared.firstProcessEnd } }
}
