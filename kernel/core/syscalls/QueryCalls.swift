import KernelHAL
import MnosABI

/// `query` and `control`.
extension Kernel where P: ~Copyable {
  /// a0 capability; the words are those of `QueryWords` for its type.
  mutating func queryCall() throws(Failure) {
    let slot = try lookUp(argument(0))
    guard objects[slot].rights.includes(.read) else { throw .noRight }
    let object = objects[slot].object
    var words: [8 of UInt64] = .init(repeating: 0)
    switch objects[slot].type {
    case .process: query(ProcessID(granule: object), into: &words)
    case .thread: query(ThreadID(granule: object), into: &words)
    case .memory:
      let memory = objects[MemoryID(granule: object)]
      words[0] = memory.byteCount
      words[1] = memory.isDevice ? 1 : 0
      words[2] = objects[slot].rights.includes(.manage) ? memory.base : 0
    case .budget:
      let budget = objects[BudgetID(granule: object)]
      words[0] = budget.memoryLimit
      words[1] = budget.memoryUsed
      words[2] = budget.objectLimit
      words[3] = budget.objectsUsed
    case .interrupt:
      let interrupt = objects[InterruptID(granule: object)]
      words[0] = UInt64(interrupt.line)
      words[1] = interrupt.deliveries
      words[2] = interrupt.isPending ? 1 : 0
    case .notification: words[0] = objects[NotificationID(granule: object)].word
    case .endpoint: query(EndpointID(granule: object), into: &words)
    case .portRange:
      words[0] = objects[slot].badge & 0xffff_ffff
      words[1] = objects[slot].badge >> 32
    case .machine: queryMachine(into: &words)
    case .reply, .none: throw .wrongType
    }
    let thread = current
    for index in 0..<8 { objects[thread].registers[word: index] = words[index] }
    answer(value: 0)
  }

  private mutating func query(_ process: ProcessID, into words: inout [8 of UInt64]) {
    if !current.isNone { account() }
    var time = objects[process].endedTime
    var thread = objects[process].firstThread
    while !thread.isNone {
      time &+= objects[thread].cpuTime
      thread = objects[thread].nextOfProcess
    }
    words[0] = UInt64(objects[process].state.rawValue)
    words[1] = objects[process].exitValue
    words[2] = UInt64(objects[process].threadCount)
    let frameCount =
      objects[process].tableFrames + 1 + UInt32(objects[process].table.chunkCount)
    words[3] = UInt64(frameCount) * Limits.pageByteCount
    words[4] = platform.nanoseconds(ticks: time)
    words[5] = UInt64(objects[process].table.usedCount)
    words[6] = objects[process].faultAddress
    words[7] = objects[process].faultPC
  }

  private mutating func query(_ thread: ThreadID, into words: inout [8 of UInt64]) {
    if thread == current { account() }
    words[0] = UInt64(objects[thread].state.rawValue)
    words[1] = objects[thread].exitValue
    words[2] = UInt64(objects[thread].priority)
    words[3] = platform.nanoseconds(ticks: objects[thread].cpuTime)
    words[4] = objects[thread].isSuspended ? 1 : 0
  }

  private mutating func query(_ endpoint: EndpointID, into words: inout [8 of UInt64]) {
    var count: UInt64 = 0
    var thread = objects[endpoint].queue.head
    while !thread.isNone {
      count += 1
      thread = objects[thread].nextInQueue
    }
    words[0] = objects[endpoint].waiters == .senders ? count : 0
    words[1] = objects[endpoint].waiters == .receivers ? count : 0
  }

  private mutating func queryMachine(into words: inout [8 of UInt64]) {
    words[0] = frames.totalCount
    words[1] = frames.freeCount
    words[2] = pools.processes.count
    words[3] = pools.threads.count
    words[4] = capabilityCount
    words[5] =
      pools.endpoints.count + pools.notifications.count + pools.memories.count
      + pools.mappings.count + pools.interrupts.count + pools.budgets.count
    words[6] = kernelFrames
    words[7] = UInt64(platform.cpuCount)
  }

  /// a0 machine, a1 `MachineOperation`; for log: a2 bytes, words the text.
  mutating func controlCall() throws(Failure) {
    _ = try lookUp(argument(0), .machine, needing: .manage)
    guard let operation = MachineOperation(rawValue: argument(1)) else { throw .badArgument(1) }
    switch operation {
    case .powerOff:
      platform.powerOff()
      throw Failure(.failed)
    case .reboot:
      platform.reboot()
      throw Failure(.failed)
    case .log:
      let count = argument(2)
      guard count <= 64 else { throw .badArgument(2) }
      for index in 0..<count {
        let word = argument(3 + Int(index >> 3))
        platform.writeDebug(byte: UInt8(truncatingIfNeeded: word >> ((index & 7) * 8)))
      }
      answer(value: count)
    }
  }
}
