import KernelHAL
import MnosABI

/// Calls on threads and time.
extension Kernel where P: ~Copyable {
  private mutating func threadArgument() throws(Failure) -> ThreadID {
    let slot = try lookUp(argument(0), .thread, needing: .manage)
    return ThreadID(granule: objects[slot].object)
  }

  /// a0 thread, a1 entry, a2 stack pointer; w0 argument.
  mutating func startCall() throws(Failure) {
    let thread = try threadArgument()
    guard isUserCode(argument(1)) else { throw .badArgument(1) }
    guard argument(2) <= format.userAddressLimit else { throw .badArgument(2) }
    guard objects[thread].state == .new else { throw .badState }
    let process = objects[thread].process
    guard objects[process].state == .new || objects[process].state == .running else {
      throw .badState
    }
    objects[thread].registers = P.Registers(
      entry: VirtualAddress(argument(1)), stack: VirtualAddress(argument(2)),
      argument: argument(3))
    objects[process].state = .running
    answer(value: 0)
    makeReady(thread)
  }

  /// Whether a thread may be sent to run at an address: one that the CPU can return to and
  /// that user code can have mapped.
  private mutating func isUserCode(_ address: UInt64) -> Bool {
    P.Registers.isValidEntry(address) && address < format.userAddressLimit
  }

  mutating func suspendCall() throws(Failure) {
    let thread = try threadArgument()
    let state = objects[thread].state
    guard state != .new, state != .ended, !objects[thread].isSuspended else { throw .badState }
    answer(value: 0)
    objects[thread].isSuspended = true
    if objects[thread].isQueued {
      objects[cpus[Int(objects[thread].cpu)]].ready.remove(thread, in: objects)
    }
    if thread == current {
      objects[thread].state = .ready
      objects[cpu].needsSchedule = true
    }
  }

  mutating func resumeCall() throws(Failure) {
    let thread = try threadArgument()
    guard objects[thread].isSuspended else { throw .badState }
    objects[thread].isSuspended = false
    answer(value: 0)
    if objects[thread].state == .ready { makeReady(thread) }
  }

  /// a0 thread, a1 priority, at most the caller's own.
  mutating func setPriorityCall() throws(Failure) {
    let thread = try threadArgument()
    guard argument(1) <= UInt64(objects[current].priority) else { throw .badArgument(1) }
    guard objects[thread].state != .ended else { throw .badState }
    let priority = UInt8(argument(1))
    answer(value: 0)
    guard objects[thread].isQueued else {
      objects[thread].priority = priority
      if thread == current { objects[cpu].needsSchedule = true }
      return
    }
    objects[cpus[Int(objects[thread].cpu)]].ready.remove(thread, in: objects)
    objects[thread].priority = priority
    makeReady(thread)
  }

  /// a0 thread, a1 address, a2 bytes: the register record of a stopped thread.
  mutating func readRegistersCall() throws(Failure) {
    let (thread, address, count) = try recordArguments()
    let process = objects[current].process
    try checkWords(at: address, count: UInt64(count), needing: .write, in: process)
    for index in 0..<count {
      try writeWord(
        objects[thread].registers.recordWord(at: index), at: address + UInt64(index) * 8,
        in: process)
    }
    answer(value: UInt64(count) * 8)
  }

  mutating func writeRegistersCall() throws(Failure) {
    let (thread, address, count) = try recordArguments()
    let process = objects[current].process
    try checkWords(at: address, count: UInt64(count), needing: .read, in: process)
    if count > 0 {
      let entry = try readWord(at: address, in: process)
      guard isUserCode(entry) else { throw .badArgument(1) }
    }
    for index in 0..<count {
      objects[thread].registers.setRecordWord(
        at: index, to: try readWord(at: address + UInt64(index) * 8, in: process))
    }
    answer(value: UInt64(count) * 8)
  }

  /// Checks a thread that stands still and the record's address and length in words.
  private mutating func recordArguments() throws(Failure) -> (ThreadID, UInt64, Int) {
    let thread = try threadArgument()
    let bytes = argument(2)
    guard bytes & 7 == 0, bytes <= UInt64(P.Registers.recordWordCount) * 8 else {
      throw .badArgument(2)
    }
    let state = objects[thread].state
    let isStill =
      objects[thread].isSuspended || state == .new || state == .faulted
      || objects[thread].message.isFault
    guard isStill, thread != current, state != .ended else { throw .badState }
    return (thread, argument(1), Int(bytes / 8))
  }

  /// a0 exit value of the calling thread; bits 62 and 63 are the kernel's.
  mutating func exitCall() {
    end(current, value: argument(0) & ~(ExitValue.killed | ExitValue.faulted))
  }

  mutating func yieldCall() {
    answer(value: 0)
    rotate()
  }

  /// Lets an interrupt line deliver again.
  mutating func acknowledgeCall() throws(Failure) {
    let slot = try lookUp(argument(0), .interrupt, needing: .write)
    let interrupt = InterruptID(granule: objects[slot].object)
    guard objects[interrupt].isPending else { throw .badState }
    objects[interrupt].isPending = false
    if !objects[interrupt].target.isNone {
      platform.setLine(objects[interrupt].line, isEnabled: true)
    }
    answer(value: 0)
  }
}
