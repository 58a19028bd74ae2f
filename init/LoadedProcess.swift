import Libmnos

/// A process that init started, with all that is held for it.
///
/// The memory capabilities stay here, because a mapping ends with the capability that it was
/// made through. The end of this object ends the process.
final class LoadedProcess {
  let number: UInt32
  /// The process that asked for it: init's number, 1, for a service.
  let owner: UInt32
  let name: ShortName
  let priority: UInt8
  let startTime: UInt64
  /// Where its program lies, for reports of faults.
  let imageBase: UInt64
  /// Whether its end is news to whoever reads the log: a service's, unless it was asked for.
  var isReported = false
  let process: Process
  let thread: Thread
  let budget: Budget
  private var memories: [Handle] = []

  init(
    number: UInt32, owner: UInt32, name: ShortName, priority: UInt8, imageBase: UInt64,
    process: consuming Process, thread: consuming Thread, budget: consuming Budget
  ) {
    self.number = number
    self.owner = owner
    self.name = name
    self.priority = priority
    self.imageBase = imageBase
    self.process = process
    self.thread = thread
    self.budget = budget
    startTime = Clock.now()
  }

  func keep(_ memory: consuming Memory) { memories.append(memory.relinquish()) }

  /// Ends it because somebody asked for that.
  func kill() {
    isReported = false
    try? process.destroy()
  }

  func info() -> ProcessInfo {
    ProcessInfo(
      number, name, priority: priority, status: try? process.status(),
      memoryByteCount: (try? budget.usage().memoryUsed) ?? 0)
  }

  deinit {
    try? process.destroy()
    for memory in memories { memory.delete() }
  }
}

extension ProcessInfo {
  /// - Parameter status: nil for a process that can no longer be asked.
  init(
    _ number: UInt32, _ name: ShortName, priority: UInt8, status: ProcessStatus?,
    memoryByteCount: UInt64
  ) {
    self.init(
      number: number, state: status?.state ?? .ended, priority: priority,
      threadCount: UInt16(truncatingIfNeeded: status?.threadCount ?? 0),
      memoryKibibytes: UInt32(truncatingIfNeeded: memoryByteCount >> 10),
      processorMilliseconds: UInt32(
        truncatingIfNeeded: (status?.processorNanoseconds ?? 0) / 1_000_000), name: name)
  }
}
