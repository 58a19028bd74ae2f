import KernelHAL
import MnosABI

/// Calls on threads and interrupts.
extension Kernel where P: ~Copyable {
  private mutating func manageable(_ handle: UInt64) throws(Failure) -> ThreadID {
    try lookUp(handle, as: ThreadTag.self, needing: .manage).object
  }

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
    objects.makeReady(thread)
  }

  /// Whether a thread may be sent to run at an address: one that the CPU can return to and
  /// that user code can have mapped.
  private mutating func isUserCode(_ address: UInt64) -> Bool {
    P.Registers.isValidEntry(address) && address < format.userAddressLimit
  }

  mutating func suspendCall(thread handle: UInt64) throws(Failure) {
    let thread = try manageable(handle)
    let state = objects[thread].state
    guard state != .new, state != .ended, !objects[thread].isSuspended else { throw .badState }
    answer(value: 0)
    objects[thread].isSuspended = true
    objects.leaveRunQueue(thread)
    if thread == current {
      objects[thread].state = .ready
      objects[cpu].needsSchedule = true
    }
  }

  mutating func resumeCall(thread handle: UInt64) throws(Failure) {
    let thread = try manageable(handle)
    guard objects[thread].isSuspended else { throw .badState }
    objects[thread].isSuspended = false
    answer(value: 0)
    if objects[thread].state == .ready { objects.makeReady(thread) }
  }

  /// The new priority is at most the caller's own.
  mutating func setPriorityCall(_ arguments: PriorityArguments) throws(Failure) {
    let thread = try manageable(arguments.thread)
    guard arguments.priority <= UInt64(objects[current].priority) else { throw .badArgument(1) }
    guard objects[thread].state != .ended else { throw .badState }
    let priority = UInt8(arguments.priority)

    answer(value: 0)
    guard objects[thread].isQueued else {
      objects[thread].priority = priority
      if thread == current { objects[cpu].needsSchedule = true }
      return
    }
    objects.leaveRunQueue(thread)
    objects[thread].priority = priority
    objects.makeReady(thread)
  }

  /// Registers of a thread that stands still, into a record in the caller's memory.
  mutating func readRegistersCall(_ arguments: RegisterArguments) throws(Failure) {
    let (thread, count) = try stillThread(arguments)
    let process = objects[current].process
    try checkWords(at: arguments.address, count: count, needing: .write, in: process)
    for index in 0..<count {
      try writeWord(
        objects[thread].registers.recordWord(at: Int(index)), at: arguments.address + index * 8,
        in: process)
    }
    answer(value: count * 8)
  }

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
      guard isUserCode(record[0]) else { throw .badArgument(1) }
    }

    for index in 0..<Int(count) {
      objects[thread].registers.setRecordWord(at: index, to: record[index])
    }
    answer(value: count * 8)
  }

  /// Checks a thread that stands still, and the record's length.
  ///
  /// - Returns: The thread, and the record's length in words, at most 40.
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

  /// Ends the calling thread; bits 62 and 63 of an exit value are the kernel's.
  mutating func exitCall(_ value: UInt64) {
    objects.end(current, value: value & ~(ExitValue.killed | ExitValue.faulted))
  }

  mutating func yieldCall() {
    answer(value: 0)
    rotate()
  }

  /// Lets an interrupt line deliver again.
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
