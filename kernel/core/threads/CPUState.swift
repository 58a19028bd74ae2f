import KernelHAL
import MnosABI

/// What the kernel keeps for one CPU.
public struct CPUState: BitwiseCopyable {
  /// Its number, as the platform counts.
  public let index: UInt8
  /// Whether another thread may have become the one to run: the entry that sets this runs
  /// `schedule` before it ends, so what becomes ready in between needs no second request.
  var needsSchedule = false
  /// Whether the current thread ended something itself that a batch of the reaper's has to look at
  /// before it goes on, whoever has the turn.
  var owesBatch = false
  /// Whether another CPU, which set `needsSchedule`, has to interrupt this one.
  var needsWakeUp = false
  /// Whether the CPU's port permissions are those of a process that has some.
  var hasPorts = false
  /// The thread whose registers are in use, or none while idle.
  public internal(set) var current = ThreadID.none
  /// Who goes on in the slice that runs, if it is the next to run; see `handOver`.
  var heir = ThreadID.none
  /// Who goes on at the payer's expense, if it is the next to run.
  var sponsored = ThreadID.none
  /// The budget whose share the time that runs is of, or none.
  var payer = BudgetID.none
  /// Whether that share is spent, and the thread runs because nobody else wanted the CPU.
  var isSpent = false
  /// Whether the kernel does at nobody's expense what others have ended.
  var isUncounted = false
  /// Whose extended registers the CPU holds, or none.
  var extendedOwner = ThreadID.none
  /// The process whose address space is active, or none.
  var activeProcess = ProcessID.none
  /// Since when, in nanoseconds, time is still to be counted for the payer.
  var payingSince: UInt64 = 0
  /// When the payer's share is spent, or has to be looked at; `.max` if nobody has one.
  var payerEnd: UInt64 = .max
  /// When the time slice that runs is over; `.max` if none runs.
  var sliceEnd: UInt64 = .max
  /// How the current thread stands with the reaper; and what is left of its slice, if it has not
  /// begun or stands still.
  var slice = TimeSlice()
  /// The deadline that the timer is armed for.
  var armedDeadline: UInt64 = .max
  var timers = TimerQueue()
  var ready = RunQueue()

  init(index: Int) { self.index = UInt8(truncatingIfNeeded: index) }
}

/// Who pays for what runs on a CPU, as those see it who make something ready or end it: they only
/// say that it is to be looked at. See Payer.swift.
extension ObjectStore where P: ~Copyable {
  /// Whether nobody pays for a thread that has somebody to pay for it.
  func runsFree(on cpu: CPUID) -> Bool {
    let running = self[cpu].current
    return self[cpu].payer.isNone && !running.isNone && !self[running].payer.isNone
  }

  /// Has a CPU look soon who is to pay for what runs there.
  func lookAtPayer(of cpu: CPUID) {
    self[cpu].payerEnd = 0
    self[cpu].needsSchedule = true
    self[cpu].needsWakeUp = true
  }

  /// The caller in a thread's spare, whom it serves, or none.
  func servedCaller(of thread: ThreadID) -> ThreadID {
    let spare = self[thread].spare
    guard !spare.isNone, self[spare].state != .spare else { return .none }
    return self[spare].object.narrowed(to: ReplyTag.self).caller
  }

  /// How far up a chain of callers is looked.
  private static var chainLength: Int { 8 }

  /// A caller's answer is not to come any more: if it stands between what runs and whoever pays for
  /// that, or pays itself, another has to.
  ///
  /// So it is too where a right to answer has left its spare, for then nobody knows.
  ///
  /// - Precondition: The right to answer is still where it was.
  func stopPaying(for caller: ThreadID) {
    let home = self[caller].home
    let payer = self[home].payer
    var thread = self[home].current
    guard !payer.isNone, !thread.isNone, self[thread].payer != payer else { return }
    for _ in 0..<Self.chainLength {
      thread = servedCaller(of: thread)
      guard !thread.isNone, thread != caller else { break }
      if self[thread].payer == payer { return }
    }
    lookAtPayer(of: home)
  }
}
