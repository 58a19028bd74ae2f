import KernelHAL

/// What the kernel keeps for one CPU.
public struct CPUState: BitwiseCopyable {
  /// The thread whose registers are in use, or none while idle.
  public internal(set) var current = ThreadID.none
  var ready = RunQueue()
  var timers = TimerQueue()
  /// Whose extended registers the CPU holds, or none.
  var extendedOwner = ThreadID.none
  /// The process whose address space is active, or none.
  var activeProcess = ProcessID.none
  /// Timestamp since which `current` runs.
  var runningSince: UInt64 = 0
  /// When its time slice is over; `.max` without rivals.
  var sliceEnd: UInt64 = .max
  /// The deadline that the timer is armed for.
  var armedDeadline: UInt64 = .max
  /// Whether another thread may have become the one to run.
  var needsSchedule = false
  var ports = PortSet()

  init() {}
}
