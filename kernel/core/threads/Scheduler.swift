import KernelHAL
import MnosABI

/// Who runs: fixed priorities, round robin inside one, tickless.
extension Kernel where P: ~Copyable {
  /// Nanoseconds a thread runs before the next of its priority does.
  static var sliceLength: UInt64 { 5_000_000 }

  /// Ends an entry: afterwards `current` is the thread to run, or none to idle.
  @inline(__always)
  public mutating func leave() {
    if objects[cpu].needsSchedule { schedule() }
  }

  /// Lets a thread run again, behind those of its priority.
  mutating func makeReady(_ thread: ThreadID) {
    objects[thread].state = .ready
    guard !objects[thread].isSuspended else { return }
    let target = cpus[Int(objects[thread].cpu)]
    objects[target].ready.insert(thread, atHead: false, in: objects)
    noticeReady(thread, on: target)
  }

  private mutating func noticeReady(_ thread: ThreadID, on target: ObjectID<CPUState>) {
    // Whoever set it looks at the whole queue soon.
    guard !objects[target].needsSchedule else { return }
    let running = objects[target].current
    if running.isNone || objects[thread].priority > objects[running].priority {
      objects[target].needsSchedule = true
      if target != cpu { platform.wake(cpu: Int(objects[thread].cpu)) }
    } else if target == cpu, objects[thread].priority == objects[running].priority {
      keepSlice()
    }
  }

  /// Takes the current thread off the CPU; its new state says where it is.
  @inline(__always)
  mutating func blockCurrent(_ state: ThreadState) {
    objects[current].state = state
    objects[cpu].needsSchedule = true
  }

  /// Chooses the thread to run on this CPU.
  mutating func schedule() {
    objects[cpu].needsSchedule = false
    let running = objects[cpu].current
    if !running.isNone, objects[running].state == .running, !objects[running].isSuspended {
      guard objects[objects[running].process].state == .running else {
        objects[running].state = .ready
        return runNext()
      }
      if Int(objects[running].priority) >= objects[cpu].ready.highestPriority {
        keepSlice()
        return
      }
      objects[running].state = .ready
      objects[cpu].ready.insert(running, atHead: true, in: objects)
    }
    runNext()
  }

  private mutating func runNext() {
    let next = takeNext()
    if next.isNone { idle() } else { run(next) }
  }

  /// Takes the first ready thread out of the queue. Those of processes that stopped or are
  /// ending stay out of it: nothing of theirs runs again.
  private mutating func takeNext() -> ThreadID {
    while true {
      let priority = objects[cpu].ready.highestPriority
      guard priority >= 0 else { return .none }
      let thread = objects[cpu].ready.first(atPriority: priority)
      objects[cpu].ready.remove(thread, in: objects)
      if objects[objects[thread].process].state == .running { return thread }
    }
  }

  /// Makes `thread`, which is in no queue, the current one.
  mutating func run(_ thread: ThreadID) {
    account()
    objects[cpu].current = thread
    objects[thread].state = .running
    switchContext(to: thread)
    startSlice()
  }

  /// Makes a thread's address space and extended registers the CPU's.
  @inline(__always)
  mutating func switchContext(to thread: ThreadID) {
    let process = objects[thread].process
    if objects[cpu].activeProcess != process { activate(process) }
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

  private mutating func activate(_ process: ProcessID) {
    platform.activate(objects[process].space)
    objects[cpu].activeProcess = process
    if platform.hasPorts, objects[process].ports != objects[cpu].ports {
      objects[cpu].ports = objects[process].ports
      platform.activatePorts(objects[process].ports)
    }
  }

  private mutating func idle() {
    account()
    objects[cpu].current = .none
    objects[cpu].sliceEnd = .max
    // An idle CPU keeps no process's tables in use: they may go while it sleeps.
    if !objects[cpu].activeProcess.isNone { leaveSpace() }
    armTimer()
  }

  /// Charges the time since the last switch to the thread that ran.
  @inline(__always)
  mutating func account() {
    let now = platform.timestamp()
    let running = objects[cpu].current
    if !running.isNone { objects[running].cpuTime &+= now &- objects[cpu].runningSince }
    objects[cpu].runningSince = now
  }

  /// Starts a time slice if a thread of the same priority waits, else none.
  private mutating func startSlice() {
    let priority = Int(objects[objects[cpu].current].priority)
    if objects[cpu].ready.first(atPriority: priority).isNone {
      objects[cpu].sliceEnd = .max
    } else {
      objects[cpu].sliceEnd = platform.now() &+ Self.sliceLength
    }
    armTimer()
  }

  /// Starts a time slice for a thread that ran without one and now has a rival.
  private mutating func keepSlice() {
    let priority = Int(objects[objects[cpu].current].priority)
    guard objects[cpu].sliceEnd == .max,
      !objects[cpu].ready.first(atPriority: priority).isNone
    else { return }
    objects[cpu].sliceEnd = platform.now() &+ Self.sliceLength
    armTimer()
  }

  /// Puts the current thread behind the others of its priority.
  mutating func rotate() {
    let thread = current
    guard objects[thread].state == .running else { return }
    objects[thread].state = .ready
    if !objects[thread].isSuspended {
      objects[cpu].ready.insert(thread, atHead: false, in: objects)
    }
    objects[cpu].needsSchedule = true
  }

  // MARK: Time

  /// Arms the timer if something is due before it would fire.
  mutating func armTimer() {
    let due = min(objects[cpu].timers.deadline(in: objects), objects[cpu].sliceEnd)
    guard due < objects[cpu].armedDeadline else { return }
    objects[cpu].armedDeadline = due
    platform.armTimer(deadline: due)
  }

  /// Has a blocked thread woken at `deadline`, unless that is never.
  mutating func startTimer(_ thread: ThreadID, deadline: UInt64) {
    guard deadline != Deadline.never else { return }
    let target = cpus[Int(objects[thread].cpu)]
    objects[target].timers.insert(thread, deadline: deadline, in: objects)
    if target == cpu { armTimer() }
  }

  mutating func stopTimer(_ thread: ThreadID) {
    guard objects[thread].timer.isArmed else { return }
    objects[cpus[Int(objects[thread].cpu)]].timers.remove(thread, in: objects)
  }

  /// The timer fired: ends waits that are over, at most 64 a time, and time slices.
  public mutating func timerFired() {
    objects[cpu].armedDeadline = .max
    let now = platform.now()
    var steps = 64
    while steps > 0, objects[cpu].timers.deadline(in: objects) <= now {
      wake(objects[cpu].timers.earliest, status: .timedOut)
      steps -= 1
    }
    if now >= objects[cpu].sliceEnd {
      objects[cpu].sliceEnd = .max
      if !current.isNone { rotate() }
    }
    armTimer()
  }

  /// Another CPU asked this one to look at its run queue.
  public mutating func wokenUp() { objects[cpu].needsSchedule = true }
}
