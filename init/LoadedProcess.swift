import Libmnos

/// A process that init started, with all that is held for it.
///
/// The memory capabilities stay here, because a mapping ends with the capability that it was
/// made through. The end of this object ends the process's budget, and with that everything
/// that it ever started.
final class LoadedProcess {
  let number: UInt32
  /// The kernel's number for it; 0 until somebody asks who may read the machine.
  private(set) var kernelNumber: UInt64 = 0
  /// The process that asked for it: init's number, 1, for a service.
  let owner: UInt32
  let name: ShortName
  let priority: UInt8
  let startTime: UInt64
  /// Where its program lies, for reports of faults.
  let imageBase: UInt64
  /// Whether its end is news to whoever reads the log: a service's, unless it was asked for.
  var isReported = false
  /// Whether somebody asked init to end it.
  var isEndAsked = false
  let process: Process
  let thread: Thread
  let budget: Budget
  private var memories: [Handle] = []
  private var isOver = false

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

  /// Learns the kernel's number for it.
  func identify(on machine: borrowing Machine) {
    kernelNumber = (try? process.inspect(with: machine))?.number ?? 0
  }

  func keep(_ memory: consuming Memory) { memories.append(memory.relinquish()) }

  /// How it is doing. One whose capability is gone has ended its own budget.
  func status() -> ProcessStatus? {
    do throws(SyscallStatus) {
      return try process.status()
    } catch {
      guard error == .badCapability else { return nil }
      return ProcessStatus(
        words: [UInt64(ProcessState.ended.rawValue), ExitValue.killed, 0, 0, 0, 0, 0, 0])
    }
  }

  /// Ends it because somebody asked for that.
  func kill() {
    isReported = false
    try? process.destroy()
  }

  func info() -> ProcessInfo {
    ProcessInfo(
      number, name, priority: priority, status: status(),
      memoryByteCount: (try? budget.usage().memoryUsed) ?? 0)
  }

  /// Takes back all that it has and ever started. Its status is gone then.
  func end() {
    guard !isOver else { return }
    isOver = true
    // The process alone would leave behind what it had made: processes of its own, with
    // capabilities to themselves, live on when nobody else names them.
    do throws(SyscallStatus) {
      try budget.destroy()
    } catch {
      // It is gone already, or the kernel does not end budgets.
      endAlone()
    }
  }

  /// Ends the process and gives back what is held for it.
  private func endAlone() {
    try? process.destroy()
    for memory in memories { memory.delete() }
  }

  deinit { end() }
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
