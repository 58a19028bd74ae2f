import KernelHAL
import MnosABI

/// Calls on threads and interrupts.
///
/// A call on another thread changes what that thread is, never what it waits for: suspension,
/// priority and registers leave it in its queue, and its wait ends as if nothing had been done.
extension Kernel where P: ~Copyable {
  /// The thread that a handle names.
  ///
  /// - Throws: `badCapability`, `wrongType`; `noRight` without `manage`.
  private mutating func manageable(_ handle: UInt64) throws(Failure) -> ThreadID {
    try lookUp(handle, as: ThreadTag.self, needing: .manage).object
  }

  /// `start`: runs a thread that was created, for the first time.
  ///
  /// Its process runs from its first start on. All registers are 0 but three, so that nothing of
  /// the kernel's or of another thread's shows.
  ///
  /// - Parameter arguments: The thread; entry address; stack pointer, which may be the very end
  ///   of the user half; a word for the thread's first argument register.
  /// - Throws: What `manageable` throws; `badArgument(1)` for an entry that user code cannot run
  ///   from; `badArgument(2)` for a stack beyond the user half; `badState` if the thread was
  ///   started before or its process is stopped, ending or ended. In this order.
  mutating func startCall(_ arguments: StartArguments) throws(Failure) {
    let thread = try manageable(arguments.thread)
    guard isUserCode(arguments.entry) else { throw .badArgument(1) }
    guard arguments.stack <= format.userAddressLimit else { throw .badArgument(2) }
    guard objects[thread].state == .new else { throw .badState }
    let process = objects[thread].process
    guard objects[process].state == .new || objects[process].state == .running else {
      throw .badState
    }

    objects[thread].registers = P.Registers(
      entry: VirtualAddress(arguments.entry), stack: VirtualAddress(arguments.stack),
      argument: arguments.argument)
    objects[process].state = .running
    answer(value: 0)
    // A thread of higher priority runs when this entry ends: the caller was answered before.
    objects.makeReady(thread)
  }

  /// Whether a thread may be sent to run at an address: one that the CPU can return to and
  /// that user code can have mapped.
  private mutating func isUserCode(_ address: UInt64) -> Bool {
    P.Registers.isValidEntry(address) && address < format.userAddressLimit
  }

  /// `suspend`: keeps a thread from running until it is resumed.
  ///
  /// A wait goes on underneath: the thread keeps its place in the queue and its deadline, and if
  /// the wait ends it is ready but not queued. It may be the caller itself, which is answered
  /// first and sees the outcome when somebody resumes it.
  ///
  /// - Throws: What `manageable` throws; `badState` if it is new, ended or suspended already.
  mutating func suspendCall(thread handle: UInt64) throws(Failure) {
    let thread = try manageable(handle)
    let state = objects[thread].state
    guard state != .new, state != .ended, !objects[thread].isSuspended else { throw .badState }
    answer(value: 0)
    objects[thread].isSuspended = true
    objects.leaveRunQueue(thread)
    // A running thread becomes ready: `resume` queues a thread in that state only.
    if thread == current {
      objects[thread].state = .ready
      objects[cpu].needsSchedule = true
    }
  }

  /// `resume`: lets a suspended thread run on, or wait on if its wait has not ended.
  ///
  /// - Throws: What `manageable` throws; `badState` if it is not suspended, or ended.
  mutating func resumeCall(thread handle: UInt64) throws(Failure) {
    let thread = try manageable(handle)
    guard objects[thread].isSuspended, objects[thread].state != .ended else { throw .badState }
    objects[thread].isSuspended = false
    answer(value: 0)
    if objects[thread].state == .ready { objects.makeReady(thread) }
  }

  /// `setPriority`: takes effect at once, but a thread that waits keeps its place: queues are in
  /// order of arrival, whatever the priorities.
  ///
  /// - Parameter arguments: The thread; the priority, at most the caller's own. So a thread that
  ///   lowers itself cannot rise again by its own doing.
  /// - Throws: What `manageable` throws; `badArgument(1)` for a higher priority; `badState` if
  ///   the thread ended. In this order.
  mutating func setPriorityCall(_ arguments: PriorityArguments) throws(Failure) {
    let thread = try manageable(arguments.thread)
    guard arguments.priority <= UInt64(objects[current].ownPriority) else { throw .badArgument(1) }
    guard objects[thread].state != .ended else { throw .badState }
    let priority = UInt8(arguments.priority)

    answer(value: 0)
    // The run queue finds a thread by its priority, so one that is in it must leave before the
    // priority changes. Any other is only relabelled.
    guard objects[thread].isQueued, !objects[thread].isThrottled else {
      objects[thread].ownPriority = priority
      // Throttled, it stays at 0 until it returns.
      if !objects[thread].isThrottled { objects[thread].priority = priority }
      if thread == current { objects[cpu].needsSchedule = true }
      return
    }
    objects.leaveRunQueue(thread)
    objects[thread].ownPriority = priority
    objects[thread].priority = priority
    objects.makeReady(thread)
  }

  /// `readRegisters`: registers of a thread that stands still, into a record in the caller's
  /// memory. As many words as the length has room for; argument 0 says how many bytes.
  ///
  /// - Parameter arguments: The thread; address and length of the record.
  /// - Throws: What `stillThread` throws; `badPointer` if not all of it can be written, and then
  ///   nothing was. Cost: linear in the words, with a walk of the page tables for each.
  mutating func readRegistersCall(_ arguments: RegisterArguments) throws(Failure) {
    let (thread, count) = try stillThread(arguments)
    let process = objects[current].process
    try checkWords(at: arguments.address, count: count, needing: .write, in: process)
    // All pages were checked, and nothing is unmapped within an entry: no write can fail halfway.
    for index in 0..<count {
      try writeWord(
        objects[thread].registers.recordWord(at: Int(index)), at: arguments.address + index * 8,
        in: process)
    }
    answer(value: count * 8)
  }

  /// `writeRegisters`: sets registers of a thread that stands still from a record. Words beyond
  /// the length keep their values, and bits that user code must not choose stay safe.
  ///
  /// - Parameter arguments: The thread; address and length of the record.
  /// - Throws: What `stillThread` throws; `badPointer` if not all of it can be read;
  ///   `badArgument(1)` for a program counter that user code cannot run from. Nothing was changed
  ///   then. Cost: as for `readRegistersCall`.
  mutating func writeRegistersCall(_ arguments: RegisterArguments) throws(Failure) {
    let (thread, count) = try stillThread(arguments)
    let process = objects[current].process
    try checkWords(at: arguments.address, count: count, needing: .read, in: process)
    // Read once, then checked, then written: the memory may be shared with others.
    var record: [40 of UInt64] = .init(repeating: 0)
    for index in 0..<count {
      record[Int(index)] = try readWord(at: arguments.address + index * 8, in: process)
    }
    if count > 0 {
      // A return to an address that the CPU refuses would fault in kernel mode on some machines.
      guard isUserCode(record[0]) else { throw .badArgument(1) }
    }

    for index in 0..<Int(count) {
      objects[thread].registers.setRecordWord(at: index, to: record[index])
    }
    answer(value: count * 8)
  }

  /// Checks a thread that stands still, and the record's length.
  ///
  /// It stands still if it is suspended, was not started, or has a fault that nobody has answered.
  /// One that only waits does not: its wait may end, and the outcome goes into its registers.
  ///
  /// - Returns: The thread, and the record's length in words, at most 40.
  /// - Throws: What `manageable` throws; `badArgument(2)` for a length that is no multiple of 8
  ///   or longer than the machine's record; `badState` if the thread is the caller, ended or does
  ///   not stand still. In this order.
  private mutating func stillThread(
    _ arguments: RegisterArguments
  ) throws(Failure) -> (ThreadID, count: UInt64) {
    let thread = try manageable(arguments.thread)
    let byteCount = arguments.byteCount
    let limit = min(UInt64(P.Registers.recordWordCount), Limits.registerWords)
    guard byteCount & 7 == 0, byteCount <= limit * 8 else { throw .badArgument(2) }
    let state = objects[thread].state
    let isStill =
      objects[thread].isSuspended || state == .new || state == .faulted
      || objects[thread].message.isFault
    guard isStill, thread != current, state != .ended else { throw .badState }
    return (thread, byteCount / 8)
  }

  /// `exit`: ends the calling thread, and its process if it is the last one of it.
  ///
  /// Bits 62 and 63 of an exit value are the kernel's, which tells by them how a thread or process
  /// ended: they are cleared, so that no program can claim to have been killed.
  mutating func exitCall(_ value: UInt64) {
    objects.end(current, value: value & ~(ExitValue.killed | ExitValue.faulted))
  }

  /// `yield`: puts the caller behind the ready threads of its priority, and ends its turn against
  /// the reaper. Those of lower priority get nothing by it.
  mutating func yieldCall() {
    answer(value: 0)
    rotate()
  }

  /// `acknowledge`: lets an interrupt line deliver again.
  ///
  /// A line that nothing is bound to stays masked: its next delivery could reach nobody, and `bind`
  /// unmasks it.
  ///
  /// - Parameter handle: Argument 0.
  /// - Throws: `badCapability`; `wrongType`; `noRight` without `write`; `badState` if the line has
  ///   not fired since the last acknowledgement. In this order.
  mutating func acknowledgeCall(interrupt handle: UInt64) throws(Failure) {
    let interrupt = try lookUp(handle, as: Interrupt.self, needing: .write).object
    guard objects[interrupt].isPending else { throw .badState }
    objects[interrupt].isPending = false
    if !objects[interrupt].target.isNone {
      platform.setLine(objects[interrupt].line, isEnabled: true)
    }
    answer(value: 0)
  }
}
