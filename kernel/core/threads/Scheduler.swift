import KernelHAL
import MnosABI

/// Who runs: fixed priorities, round robin inside one, tickless.
///
/// What makes a thread run or wait only sets `needsSchedule`; the choice is made once, when the
/// entry ends. So an operation that wakes several threads costs one switch.
///
///     makeReady, block, end, ... ──> needsSchedule ── leave ──> schedule
///                                                                  │
///           goes on where it was  <── still the most urgent ───────┤
///           head of its queue     <── somebody is more urgent ─────┤ then the next one runs,
///           stays where it is     <── waits, suspended, ended ─────┘ or the CPU idles
extension Kernel where P: ~Copyable {
  /// Nanoseconds a thread runs before the next of its priority does.
  static var sliceLength: UInt64 { 5_000_000 }
  /// Ready threads that are dropped or throttled in one go.
  static var scanLength: Int { 64 }

  /// Ends an entry: afterwards `current` is the thread to run, or none to idle.
  ///
  /// What was doomed is queued first, since it may be what comes next.
  @inline(__always)
  public mutating func leave() {
    if objects.shared.reaper.hasIncoming { adoptDoomed(by: objects[cpu].current) }
    if objects[cpu].needsSchedule { schedule() }
  }

  /// Queues what was doomed since the last time: it is as urgent as the thread that caused it.
  mutating func adoptDoomed(by causer: ThreadID) {
    let before = objects.shared.reaper.priority
    // Its own, also while it is throttled: somebody more urgent may wait for this end.
    let priority = causer.isNone ? 0 : objects[causer].ownPriority
    // Before what others have ended: it is given back before the thread goes on, if a batch
    // is enough for it.
    objects.shared.reaper.adopt(atPriority: priority, isFirst: true, in: objects)
    // The reaper begins: the slice of the thread that it shares the CPU with runs from now on.
    if objects.shared.reaper.priority != before { objects[cpu].needsSchedule = true }
    let running = objects[cpu].current
    if causer == running {
      objects[cpu].owesBatch = true
    } else if !running.isNone, before < Int(objects[running].priority),
      objects.shared.reaper.priority == Int(objects[running].priority),
      objects[cpu].sliceEnd != .max,
      objects[cpu].slice.priority == objects[running].priority
    {
      // Not its doing: it keeps the slice in the middle of which this comes.
      objects[cpu].slice = TimeSlice(withTurnAt: objects[running].priority)
    }
  }

  /// Chooses the thread to run on this CPU.
  ///
  /// The one that runs is preferred to others of its priority: only its slice makes it give way to
  /// those, and that is taken care of by `rotate`.
  mutating func schedule() {
    wakeOtherCPUs()
    objects[cpu].needsSchedule = false
    // What was used up to now decides who may run.
    if objects.shared.shareCount > 0 { chargePayer(at: platform.now()) }
    let running = objects[cpu].current
    guard !running.isNone, objects[running].state == .running, !objects[running].isSuspended
    else { return runNext() }
    guard objects[objects[running].process].state == .running else {
      // Not queued: nothing of a stopped process runs, and an ending one gives its threads to the
      // reaper.
      objects[running].state = .ready
      return runNext()
    }
    let priority = Int(objects[running].priority)
    let isSettled = settleReady(above: priority)
    if isSettled, priority >= objects[cpu].ready.highestPriority {
      startSlice()
      armTimer()
      return
    }
    // It goes on where it was as soon as nobody more urgent is ready.
    saveSlice(for: running)
    objects[running].state = .ready
    objects[cpu].ready.insert(running, atHead: true, in: objects)
    if isSettled { runNext() } else { putOff() }
  }

  /// There are many ready threads to be looked at: interrupts first, then the rest of them.
  private mutating func putOff() {
    objects[cpu].needsSchedule = true
    objects[cpu].heir = .none
    objects[cpu].sponsored = .none
    idle()
  }

  /// Interrupts the CPUs that this entry has given something to look at.
  private mutating func wakeOtherCPUs() {
    guard objects.shared.cpuCount > 1 else { return }
    for index in 0..<objects.shared.cpuCount {
      let other = objects.shared.cpus[index]
      guard objects[other].needsWakeUp else { continue }
      objects[other].needsWakeUp = false
      if other != cpu { platform.wake(cpu: index) }
    }
  }

  /// Switches to the first ready thread, or to idling.
  private mutating func runNext() {
    guard settleReady(above: -1) else { return putOff() }
    var next = ThreadID.none
    let priority = objects[cpu].ready.highestPriority
    if priority >= 0 {
      next = objects[cpu].ready.first(atPriority: priority)
      objects[cpu].ready.remove(next, in: objects)
    }
    let isHeir = next == objects[cpu].heir
    let isSponsored = next == objects[cpu].sponsored
    objects[cpu].heir = .none
    objects[cpu].sponsored = .none
    if next.isNone { idle() } else { run(next, keepsSlice: isHeir, keepsPayer: isSponsored) }
  }

  /// Makes `thread`, which is in no queue, the current one.
  ///
  /// What it has left of a slice goes on. A whole one is started only if somebody of its priority
  /// waits, so a CPU with one busy thread takes no timer interrupts for slices.
  ///
  /// - Parameters:
  ///   - keepsSlice: Whether it goes on in the slice that runs.
  ///   - keepsPayer: Whether it goes on at the expense of who pays now.
  mutating func run(
    _ thread: ThreadID, keepsSlice: Bool = false, keepsPayer: Bool = false
  ) {
    let now = platform.timestamp()
    stopCounting(at: now)
    // What the one before has ended need not be back before another goes on.
    if objects[cpu].current != thread { objects[cpu].owesBatch = false }
    objects[cpu].current = thread
    objects[thread].state = .running
    objects[thread].cpuTime &-= now
    switchContext(to: thread, at: now)
    // A look that is due is taken at once.
    if !keepsPayer || objects[cpu].payerEnd == 0 {
      beginPaying()
      // It is the first of all in any case.
      _ = endThrottleIfServing()
    }
    if !keepsSlice {
      objects[cpu].slice = objects[thread].slice
      objects[cpu].sliceEnd = .max
    }
    objects[thread].slice = TimeSlice()
    startSlice()
    armTimer()
  }

  /// Makes a thread's address space and extended registers the CPU's.
  ///
  /// The tables stay if its process is active, the registers if the CPU still holds its own.
  ///
  /// - Parameter now: The timestamp of the switch.
  @inline(__always)
  mutating func switchContext(to thread: ThreadID, at now: UInt64) {
    let process = objects[thread].process
    if objects[cpu].activeProcess != process { enterSpace(of: process, at: now) }
    let owner = objects[cpu].extendedOwner
    guard owner != thread else { return }
    if owner.isNone {
      platform.loadExtendedState(&objects[thread].extended)
    } else {
      platform.switchExtendedState(
        from: &objects[owner].extended, to: &objects[thread].extended)
    }
    objects[cpu].extendedOwner = thread
  }

  /// Activates a process's page tables and ports. Port permissions are written only if this
  /// process or the one before has some, so that a switch costs nothing where nobody uses ports.
  @inline(__always)
  private mutating func enterSpace(of process: ProcessID, at now: UInt64) {
    let previous = objects[cpu].activeProcess
    if !previous.isNone { objects[previous].cpuTime &+= now }
    objects[process].cpuTime &-= now
    platform.activate(objects[process].space)
    objects[cpu].activeProcess = process
    if objects[process].hasPorts || objects[cpu].hasPorts { activatePorts(of: process) }
  }

  /// Gives this CPU the port permissions of the process that is active on it.
  mutating func activatePorts(of process: ProcessID) {
    objects[cpu].hasPorts = objects[process].hasPorts
    platform.activatePorts(objects[process].ports)
  }

  /// Leaves the CPU to nobody. The extended registers stay where they are: the thread that owns
  /// them may well be the next to run.
  private mutating func idle() {
    let now = platform.timestamp()
    stopCounting(at: now)
    objects[cpu].current = .none
    endPaying()
    objects[cpu].slice = TimeSlice()
    objects[cpu].sliceEnd = .max
    // An idle CPU keeps no process's tables in use: they may go while it sleeps.
    if !objects[cpu].activeProcess.isNone { leaveSpace(at: now) }
    armTimer()
  }

  /// Stops counting the current thread's time, if there is one.
  ///
  /// A time that is counted has the timestamp of its beginning taken off, and that of its end
  /// added: threads by when they run, processes by when a CPU is in their space. So no CPU
  /// keeps when it switched last, and a process's time is known without a look at its threads.
  @inline(__always)
  private mutating func stopCounting(at now: UInt64) {
    let running = objects[cpu].current
    if !running.isNone { objects[running].cpuTime &+= now }
  }

  // MARK: Time slices

  /// Starts the current thread's slice, or the rest of it, if one of its priority waits. While
  /// something more urgent is being ended it stands still, as when a thread preempts it.
  ///
  /// The reaper counts as a rival where it has something to end at this priority: the two take
  /// turns by slices.
  ///
  ///     reaper's turn ── its slice is over, and it is busy still ──> thread's turn
  ///          ^                                                           │
  ///          └── the thread's slice is over; it waits or yields; ────────┘
  ///              or nothing is left to end at its priority
  private mutating func startSlice() {
    let priority = Int(objects[current].priority)
    let ending = objects.shared.reaper.priority
    if ending > priority {
      objects[cpu].slice = restOfSlice()
      objects[cpu].sliceEnd = .max
      return
    }
    guard objects[cpu].sliceEnd == .max else { return }
    let left = objects[cpu].slice.left
    guard left > 0 || ending == priority || !objects[cpu].ready.first(atPriority: priority).isNone
    else { return }
    if left == 0, objects[cpu].slice.priority != objects[current].priority {
      // A turn that it was owed at another priority is none here.
      objects[cpu].slice = TimeSlice()
      objects[cpu].slice.priority = objects[current].priority
    }
    if left == 0 || ending != priority {
      // Lent to the reaper only if that is busy from here on: what the thread ends during its
      // slice is ended in its own time.
      objects[cpu].slice.isLent = ending == priority && !objects[cpu].slice.hasTurn
    }
    objects[cpu].slice.left = 0
    objects[cpu].sliceEnd = platform.now() &+ (left == 0 ? Self.sliceLength : left)
  }

  /// The slice of the current thread as it would go on later.
  private mutating func restOfSlice() -> TimeSlice {
    var slice = objects[cpu].slice
    let end = objects[cpu].sliceEnd
    guard end != .max else { return slice }
    let now = platform.now()
    slice.left = end > now ? end - now : 1
    return slice
  }

  /// Keeps what the current slice has left for a thread that is to go on with it.
  private mutating func saveSlice(for thread: ThreadID) { objects[thread].slice = restOfSlice() }

  /// Gives the rest of the current thread's slice to a thread that it has made ready and now waits
  /// for, so that this one runs before others of its priority. Who calls and who answers have one
  /// slice between them, however often they do so.
  ///
  /// Without a slice that has begun, nobody of their priority waited, or it was over: then the
  /// thread stays behind its equals. So it does with one that began at a higher priority than its
  /// own: if there are equals, they have no part in that.
  ///
  /// - Parameter isSponsored: Whether it also goes on at the expense of who pays now.
  /// - Precondition: The current thread waits.
  mutating func handOver(to thread: ThreadID, isSponsored: Bool) {
    // A spent share is no use to it: then it has its own.
    if isSponsored, !objects[cpu].isSpent { objects[cpu].sponsored = thread }
    guard objects[cpu].sliceEnd != .max || objects[cpu].slice.left > 0,
      objects[thread].isQueued, objects[thread].home == cpu,
      objects[thread].priority >= objects[cpu].slice.priority
        || List<WaitingThreads>.next(after: thread, in: objects).isNone
          && objects[cpu].ready.first(atPriority: Int(objects[thread].priority)) == thread
    else { return }
    objects[cpu].ready.remove(thread, in: objects)
    // Used only if somebody more urgent comes first.
    saveSlice(for: thread)
    objects[cpu].ready.insert(thread, atHead: true, in: objects)
    objects[cpu].heir = thread
  }

  /// A slice is over. If the reaper had it, the thread that it was taken from has the next
  /// one; else the thread goes behind its equals, and the reaper has its turn again.
  mutating func endSlice() {
    let isLent =
      objects[cpu].slice.isLent
      && objects.shared.reaper.priority == Int(objects[current].priority)
      && objects[cpu].slice.priority == objects[current].priority
    guard isLent else { return rotate() }
    objects[cpu].slice = TimeSlice(withTurnAt: objects[current].priority)
    objects[cpu].needsSchedule = true
  }

  /// Puts the current thread behind the others of its priority, with a whole slice to come.
  mutating func rotate() {
    let thread = current
    guard objects[thread].state == .running else { return }
    objects[cpu].slice = TimeSlice()
    objects[thread].state = .ready
    if !objects[thread].isSuspended {
      objects[cpu].ready.insert(thread, atHead: false, in: objects)
    }
    objects[cpu].needsSchedule = true
  }

  /// Another CPU asked this one to look at its run queue.
  public mutating func wokenUp() { objects[cpu].needsSchedule = true }
}
