import KernelHAL
import MnosABI

/// How threads and processes begin to end. What they held is given back by the reaper.
///
///     thread    any state ── end ──> ended ── reaper: detach ──> out of its process ──> freed
///     process   running ── stopProcess ──> stopped ──┐
///               new, running ── beginEnding ─────────┴──> ending ── reaper ──> ended
///
/// None of it depends on how much a process holds: one call begins the end of a process with
/// thousands of threads, and none of them runs another instruction.
extension ObjectStore where P: ~Copyable {
  /// Ends a thread: it leaves whatever it waits for and never runs again. O(1).
  ///
  /// What it had begun to change is finished or undone by the reaper; a revoke is given up.
  func end(_ thread: ThreadID, value: UInt64) {
    guard self[thread].state != .ended else { return }
    leaveWait(thread)
    abandonWork(of: thread)
    // It has ended for a reason of its own now: its process may outlive it, or be gone.
    self[thread].isUnhandled = false
    self[thread].state = .ended
    self[thread].isSuspended = false
    self[thread].exitValue = value
    let home = self[thread].home
    if self[home].current == thread { self[home].needsSchedule = true }
    doom(thread.header)
  }

  /// Drops work that need not be finished, and turns the rest into what undoes it.
  private func abandonWork(of thread: ThreadID) {
    switch self[thread].work {
    case .none, .delete, .unmap, .protect: return
    case .access: self[thread].work = .none
    case .revoke:
      shared.revokers.remove(thread, in: self)
      self[thread].work = .none
    case .fill(let slot):
      self[thread].work = .none
      empty(slot)
    case .map(let mapping): self[thread].work = .unmap(mapping, .cancelled)
    }
  }

  /// Has a process ended by the reaper: from now on none of its threads runs. O(1).
  ///
  /// - Parameter value: Its exit value, unless it stopped by a fault before: the reason that
  ///   was reported first stays.
  func beginEnding(_ process: ProcessID, value: UInt64) {
    guard self[process].isAlive else { return }
    if self[process].state != .stopped { self[process].exitValue = value }
    self[process].state = .ending
    reschedule(process)
    doom(process.header)
  }

  /// A fault that nobody handles stops the thread's process, or ends it if nobody would hear
  /// of that.
  ///
  /// The reason is noted before anybody is told: the supervisor may ask for it at once.
  func stopProcess(of thread: ThreadID) {
    let process = self[thread].process
    guard self[process].state == .running else { return }
    self[process].faultAddress = self[thread].fault.address
    self[process].faultPC = self[thread].registers.programCounter
    let value = ExitValue.faulted | self[thread].fault.kind
    let supervisor = self[process].supervisor
    guard isHeard(supervisor) else { return beginEnding(process, value: value) }
    self[process].exitValue = value
    self[process].state = .stopped
    reschedule(process)
    // Only itself knows it: nobody could do anything with it.
    if self[process].foreignNameCount == 0 { doom(process.header) }
    signalBound(supervisor)
  }

  /// Whether a signal through a bound slot reaches a notification that can be waited for.
  private func isHeard(_ slot: SlotID) -> Bool {
    !slot.isNone && !self[cast(self[slot].object, to: Notification.self)].isDestroyed
  }

  /// The CPUs look again at what they run: it may be a thread of this process.
  private func reschedule(_ process: ProcessID) {
    for index in 0..<shared.cpuCount {
      let cpu = shared.cpus[index]
      let running = self[cpu].current
      guard !running.isNone, self[running].process == process else { continue }
      self[cpu].needsSchedule = true
      self[cpu].needsWakeUp = true
    }
  }

  /// Has the reaper end an object and all that names it.
  func condemn(_ object: AnyObjectID) {
    self[object].isCondemned = true
    doom(object)
  }
}
