import Libmnos

/// A process that init started, with all that is held for it.
///
/// The memory capabilities stay here, because a mapping ends with the capability that it was
/// made through. The end of this object ends the process.
final class LoadedProcess {
  let number: UInt32
  let name: ShortName
  let priority: UInt8
  let startTime: UInt64
  /// Where its program lies, for reports of faults.
  let imageBase: UInt64
  let process: Process
  let thread: Thread
  let budget: Budget
  private var memories: [Handle] = []

  init(
    number: UInt32, name: ShortName, priority: UInt8, imageBase: UInt64,
    process: consuming Process,
    thread: consuming Thread, budget: consuming Budget
  ) {
    self.number = number
    self.name = name
    self.priority = priority
    self.imageBase = imageBase
    self.process = process
    self.thread = thread
    self.budget = budget
    startTime = Clock.now()
  }

  func keep(_ memory: consuming Memory) { memories.append(memory.release()) }

  func kill() { try? process.destroy() }

  func info() -> ProcessInfo {
    let status = try? process.status()
    let memory = (try? budget.usage().memoryUsed) ?? 0
    return ProcessInfo(
      number: number, state: status?.state ?? .ended, priority: priority,
      threadCount: UInt16(truncatingIfNeeded: status?.threadCount ?? 0),
      memoryKibibytes: UInt32(truncatingIfNeeded: memory >> 10),
      processorMilliseconds: UInt32(
        truncatingIfNeeded: (status?.processorNanoseconds ?? 0) / 1_000_000), name: name)
  }

  deinit {
    try? process.destroy()
    for memory in memories { _ = Memory(adopting: memory) }
  }
}
