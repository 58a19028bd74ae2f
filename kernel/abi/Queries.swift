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

/// The words that `query` answers, by the type of the capability.
///
/// - process: state, exit value, threads, memory bytes charged for its address space,
///   CPU nanoseconds, capabilities held, fault address, fault pc.
/// - thread: state, exit value, priority, CPU nanoseconds, is suspended.
/// - memory: bytes, is device, physical address (0 unless the capability has `manage`).
/// - budget: memory limit, memory used, object limit, objects used (bytes and counts),
///   processes and budgets charged to it.
/// - interrupt: line, deliveries, is waiting for acknowledgement.
/// - notification: the word, without clearing it.
/// - endpoint: queued senders, queued receivers.
/// - portRange: first port, count.
/// - machine: total frames, free frames, processes, threads, capabilities, kernel objects,
///   frames used by the kernel, online CPUs.
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
