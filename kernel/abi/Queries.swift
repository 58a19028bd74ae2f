/// States that `query` answers for a process, in word 0.
public enum ProcessState: UInt8, BitwiseCopyable, Sendable {
  /// No thread was started yet.
  case new = 0
  case running = 1
  /// A thread faulted and nobody handles it: all threads stand still.
  case stopped = 2
  /// Ending: its objects are being given back.
  case ending = 3
  /// Ended; word 1 of the query is the exit value.
  case ended = 4
}

/// States that `query` answers for a thread, in word 0.
public enum ThreadState: UInt8, BitwiseCopyable, Sendable {
  case new = 0
  case ready = 1
  case running = 2
  case sending = 3
  case receiving = 4
  case awaitingReply = 5
  case waiting = 6
  case faulted = 7
  case ended = 8
}

/// What `query` is to tell about: the object itself, or one of several things that it has.
///
/// Those are listed by asking again and again, each time from behind the last: word 0 of an answer
/// says which one it is. Where there is none, word 0 says where to go on, and `endOfList` that
/// there is no more. What is there all the time is listed once, whatever comes and goes.
public enum QuerySubject: UInt64, BitwiseCopyable, Sendable {
  case object = 0
  /// Of a process: its capabilities, by slot. At most 64 empty slots are looked at in one call.
  case capabilities = 1
  /// Of a process: its threads, by number; one that ended until what it had begun is finished.
  case threads = 2
  /// Of the machine: its processes that have not ended, by number.
  case processes = 3

  /// Word 0 where nothing is listed and nothing follows.
  @inlinable public static var endOfList: UInt64 { .max }
}

/// What a slot of a capability table is used for: word 5 of a capability in a list.
public enum SlotState: UInt8, BitwiseCopyable, Sendable {
  /// Empty: in the table's free list.
  case free = 0
  /// A capability that user code can name.
  case held = 1
  /// Attached to a message that its holder, a blocked thread, waits to send.
  case inTransit = 2
  /// Kept by the kernel for a binding of its holder; see `BindingRole`.
  case bound = 3
  /// Filled, but not yet to be named: its memory is still being cleared.
  case reserved = 4
  /// A thread's, its holder, for the right to answer the next who calls it; no handle names it.
  case spare = 5
  /// Being deleted: no handle names it any more, its dependents are being ended.
  case ending = 6
}

/// What a bound slot is for, and so what its holder is: word 6 of a capability in a list.
public enum BindingRole: UInt8, BitwiseCopyable, Sendable {
  case none = 0
  /// A notification bound to a thread (holder: thread).
  case threadNotification = 1
  /// Where a thread's faults go (holder: thread).
  case faultHandler = 2
  /// What is signalled when a thread ends (holder: thread).
  case threadEnd = 3
  /// What is signalled when a process ends or stops (holder: process).
  case supervisor = 4
  /// What an interrupt signals (holder: interrupt).
  case interruptTarget = 5
  /// A port range that a process may use (holder: process).
  case ports = 6
}

/// The words that `query` answers about an object, by the type of the capability.
///
/// - process: state, exit value, threads, memory bytes charged for its address space,
///   CPU nanoseconds, capabilities held, fault address, fault pc.
/// - thread: state, exit value, priority, CPU nanoseconds, is suspended.
/// - memory: bytes, caching, physical address (0 unless the capability has `manage`).
/// - budget: memory limit, memory used, object limit, objects used (bytes and counts),
///   processes and budgets charged to it; of its share of the CPU's time, microseconds that are
///   not given to others, in a period of so many, and nanoseconds used in this one.
/// - interrupt: line, deliveries, is waiting for acknowledgement.
/// - notification: the word, without clearing it.
/// - endpoint: queued senders, queued receivers.
/// - portRange: first port, count.
/// - machine: total frames, free frames, processes, threads, capabilities, kernel objects,
///   frames used by the kernel, online CPUs.
///
/// And about what lists have:
///
/// - capabilities: slot, type, rights, badge (of a port range: first port, count << 32),
///   generation of its handle, `SlotState`, `BindingRole`.
/// - threads: number, state, priority, CPU nanoseconds, is suspended, is throttled (its share is
///   spent).
/// - processes: number, state, threads, memory bytes charged for its address space, CPU
///   nanoseconds, capabilities held, number of the process that made it.
public enum QueryWords {
  @inlinable public static var maximum: Int { 8 }
}

/// What `control` can ask of the machine; the capability needs `manage`.
public enum MachineOperation: UInt64, Sendable {
  case powerOff = 0
  case reboot = 1
  /// Writes argument 2's low 8 bytes' worth of words as text to the kernel's log:
  /// argument 2 is a byte count up to 64, the message words hold the bytes.
  case log = 2
}
