import KernelHAL
import MnosABI

/// `query` and `control`.
extension Kernel where P: ~Copyable {
  /// The words are those of `QueryWords` for the capability's type.
  mutating func queryCall(capability handle: UInt64) throws(Failure) {
    let slot = try lookUp(handle)
    guard objects[slot].rights.includes(.read) else { throw .noRight }
    let object = objects[slot].object
    var words: [8 of UInt64] = .init(repeating: 0)
    switch objects[slot].type {
    case .process: query(objects.cast(object, to: Process.self), into: &words)
    case .thread: query(objects.cast(object, to: ThreadTag.self), into: &words)
    case .memory:
      let memory = objects[objects.cast(object, to: MemoryObject.self)]
      words[0] = memory.byteCount
      words[1] = memory.isDevice ? 1 : 0
      words[2] = objects[slot].rights.includes(.manage) ? memory.base : 0
    case .budget:
      let budget = objects[objects.cast(object, to: Budget.self)]
      words[0] = budget.memoryLimit
      words[1] = budget.memoryUsed
      words[2] = budget.objectLimit
      words[3] = budget.objectsUsed
      words[4] = budget.independentCount
    case .interrupt:
      let interrupt = objects[objects.cast(object, to: Interrupt.self)]
      words[0] = UInt64(interrupt.line)
      words[1] = interrupt.deliveries
      words[2] = interrupt.isPending ? 1 : 0
    case .notification: words[0] = objects[objects.cast(object, to: Notification.self)].word
    case .endpoint: query(objects.cast(object, to: Endpoint.self), into: &words)
    case .portRange:
      words[0] = UInt64(objects[slot].portRange.first)
      words[1] = UInt64(objects[slot].portRange.count)
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
    var thread = objects[process].threads.first
    while !thread.isNone {
      time &+= objects[thread].cpuTime
      thread = List<ThreadsOfProcess>.next(after: thread, in: objects)
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

  /// Threads that wait at an endpoint are counted up to this.
  static var countedWaiters: UInt64 { 64 }

  private mutating func query(_ endpoint: EndpointID, into words: inout [8 of UInt64]) {
    var count: UInt64 = 0
    var thread = objects[endpoint].queue.first
    while !thread.isNone, count < Self.countedWaiters {
      count += 1
      thread = List<WaitingThreads>.next(after: thread, in: objects)
    }
    words[0] = objects[endpoint].waiters == .senders ? count : 0
    words[1] = objects[endpoint].waiters == .receivers ? count : 0
  }

  private mutating func queryMachine(into words: inout [8 of UInt64]) {
    words[0] = frames.totalCount
    words[1] = frames.freeCount
    words[2] = objects.shared.count(of: .process)
    words[3] = objects.shared.count(of: .thread)
    words[4] = objects.shared.capabilityCount
    // The others, mappings among them.
    words[5] = objects.shared.objectCounts.sum - words[2] - words[3]
    words[6] = kernelFrames
    words[7] = UInt64(platform.cpuCount)
  }

  mutating func controlCall(_ arguments: ControlArguments) throws(Failure) {
    _ = try lookUpMachine(arguments.machine)
    guard let operation = MachineOperation(rawValue: arguments.operation) else {
      throw .badArgument(1)
    }
    switch operation {
    case .powerOff:
      platform.powerOff()
      throw Failure(.failed)
    case .reboot:
      platform.reboot()
      throw Failure(.failed)
    case .log:
      let count = arguments.byteCount
      guard count <= 64 else { throw .badArgument(2) }
      for index in 0..<count {
        let word = arguments.text[Int(index >> 3)]
        platform.writeDebug(byte: UInt8(truncatingIfNeeded: word >> ((index & 7) * 8)))
      }
      answer(value: count)
    }
  }
}

extension [11 of UInt64] {
  fileprivate var sum: UInt64 {
    var total: UInt64 = 0
    for index in indices { total += self[index] }
    return total
  }
}
