import KernelHAL
import MnosABI

/// `query` and `control`: asking about an object, and asking something of the machine.
///
/// Neither changes an object. `control` needs `manage` on the machine, `query` only `read`, so
/// a program can be allowed to watch the machine without being able to turn it off.
extension Kernel where P: ~Copyable {
  /// `query`: eight words about the object that a capability names, or about one of the things
  /// that it has.
  ///
  /// The words are those of `QueryWords` for the capability's type or for the subject; those that
  /// it does not have are 0. All eight are written, so what the registers held does not show
  /// through.
  ///
  /// - Parameter arguments: The capability; a `QuerySubject`; for a list, where it is to go on.
  /// - Throws: `badCapability`; `wrongType` for a reply right; `noRight` without `read`; what
  ///   `list` throws. Cost: O(1), but for a process linear in the CPUs, and for an endpoint at
  ///   most `countedWaiters` steps; for a list of capabilities `listedSlots` steps, for the others
  ///   O(log n) of their length, and for processes linear in the CPUs.
  mutating func queryCall(_ arguments: QueryArguments) throws(Failure) {
    let slot = try lookUp(arguments.capability)
    guard objects[slot].type != .reply else { throw .wrongType }
    guard objects[slot].rights.includes(.read) else { throw .noRight }
    var words: [8 of UInt64] = .init(repeating: 0)
    var isFound = false
    if arguments.subject == QuerySubject.object.rawValue {
      try describeObject(of: slot, into: &words)
    } else {
      isFound = try list(
        arguments, of: objects[slot].object, objects[slot].type, into: &words)
    }
    // Written at the end, when nothing can fail: on an error the registers are as they were.
    let thread = current
    for index in 0..<8 { objects[thread].registers[word: index] = words[index] }
    answer(value: isFound ? 1 : 0)
  }

  /// The words about a capability's object.
  private mutating func describeObject(
    of slot: SlotID, into words: inout [8 of UInt64]
  ) throws(Failure) {
    let object = objects[slot].object
    switch objects[slot].type {
    case .process: query(objects.cast(object, to: Process.self), into: &words)
    case .thread: query(objects.cast(object, to: ThreadTag.self), into: &words)
    case .memory:
      let memory = objects[objects.cast(object, to: MemoryObject.self)]
      words[0] = memory.byteCount
      words[1] = UInt64(memory.caching.rawValue)
      // A physical address is of use to those who program devices, and tells others how memory is
      // laid out: `read` alone does not show it. What lies in one run by chance does not tell, or
      // programs would rely on it.
      let tells = memory.isContiguous && objects[slot].rights.includes(.manage)
      words[2] = tells ? memory.frames.base : 0
    case .budget:
      let budget = objects[objects.cast(object, to: Budget.self)]
      words[0] = budget.memoryLimit
      words[1] = budget.memoryUsed
      words[2] = budget.objectLimit
      words[3] = budget.objectsUsed
      words[4] = UInt64(budget.independentCount)
      queryShare(of: objects.cast(object, to: Budget.self), into: &words)
    case .interrupt:
      let interrupt = objects[objects.cast(object, to: Interrupt.self)]
      words[0] = UInt64(interrupt.line)
      words[1] = interrupt.deliveries
      words[2] = interrupt.isPending ? 1 : 0
    // The word stays: only `wait` and a bound receive take it.
    case .notification: words[0] = objects[objects.cast(object, to: Notification.self)].word
    case .dmaSpace:
      let space = objects[objects.cast(object, to: DMASpace.self)]
      words[0] = space.limit == .max ? 0 : space.limit
      words[1] = space.mappedPages * Limits.pageByteCount
      words[2] = UInt64(space.mappingCount)
    case .endpoint: query(objects.cast(object, to: Endpoint.self), into: &words)
    case .portRange:
      words[0] = UInt64(objects[slot].portRange.first)
      words[1] = UInt64(objects[slot].portRange.count)
    case .machine: queryMachine(into: &words)
    case .reply, .none: throw .wrongType
    }
  }

  /// Timestamp ticks that a process's threads ran.
  func timeUsed(by process: ProcessID) -> UInt64 {
    var time = objects[process].cpuTime
    // Another CPU's timestamp is taken to be this one's.
    for index in 0..<objects.shared.cpuCount
    where objects[objects.shared.cpus[index]].activeProcess == process {
      time &+= platform.timestamp()
    }
    return time
  }

  /// Timestamp ticks that a thread ran.
  func timeUsed(by thread: ThreadID) -> UInt64 {
    let isRunning = objects[objects[thread].home].current == thread
    return objects[thread].cpuTime &+ (isRunning ? platform.timestamp() : 0)
  }

  /// Page tables, the directory of its capabilities, and its chunks: the memory that a process
  /// itself was charged. What it maps is charged to whoever made it.
  func bytesCharged(to process: ProcessID) -> UInt64 {
    let frameCount =
      objects[process].tableFrames + 1 + UInt32(objects[process].table.chunkCount)
    return UInt64(frameCount) * Limits.pageByteCount
  }

  /// The words about a process.
  private func query(_ process: ProcessID, into words: inout [8 of UInt64]) {
    words[0] = UInt64(objects[process].state.rawValue)
    words[1] = objects[process].exitValue
    words[2] = UInt64(objects[process].threadCount)
    words[3] = bytesCharged(to: process)
    words[4] = platform.nanoseconds(ticks: timeUsed(by: process))
    words[5] = UInt64(objects[process].table.usedCount)
    words[6] = objects[process].faultAddress
    words[7] = objects[process].faultPC
  }

  /// The words about a thread.
  private func query(_ thread: ThreadID, into words: inout [8 of UInt64]) {
    words[0] = UInt64(objects[thread].state.rawValue)
    words[1] = objects[thread].exitValue
    words[2] = UInt64(objects[thread].ownPriority)
    words[3] = platform.nanoseconds(ticks: timeUsed(by: thread))
    words[4] = objects[thread].isSuspended ? 1 : 0
  }

  /// The words about a budget's share: microseconds that it has in a period, those of the period,
  /// and nanoseconds used in this one.
  private mutating func queryShare(of budget: BudgetID, into words: inout [8 of UInt64]) {
    guard objects[budget].payer == budget else { return }
    let now = platform.now()
    chargePayer(at: now)
    objects[budget].share.refresh(at: now)
    words[5] = objects[budget].share.length / 1_000
    words[6] = objects[budget].share.period / 1_000
    words[7] = objects[budget].share.used
  }

  /// Threads that wait at an endpoint are counted up to this: the queue has no length of its
  /// own, and a walk along all of it would let whoever fills a queue delay the whole kernel.
  static var countedWaiters: UInt64 { 64 }

  /// The words about an endpoint: queued senders, queued receivers. One of them is always 0.
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

  /// The words about the machine: frames, and objects of all budgets.
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

  /// `control`: turns the machine off, starts it anew, or writes to the kernel's log.
  ///
  /// - Parameter arguments: The machine; a `MachineOperation`; for the log a count of bytes, at
  ///   most 64, and the bytes in the words, lowest first.
  /// - Throws: `badCapability`, `wrongType` or `noRight` for the machine; `badArgument(1)` for
  ///   an operation that does not exist; `badArgument(2)` for more bytes than the words hold;
  ///   `failed` if the machine cannot be turned off or started anew. In this order.
  mutating func controlCall(_ arguments: ControlArguments) throws(Failure) {
    _ = try lookUpMachine(arguments.machine)
    guard let operation = MachineOperation(rawValue: arguments.operation) else {
      throw .badArgument(1)
    }
    switch operation {
    case .powerOff:
      platform.powerOff()
      // The platform came back, so it could not.
      throw Failure(.failed)
    case .reboot:
      platform.reboot()
      throw Failure(.failed)
    case .log:
      let count = arguments.byteCount
      guard count <= 64 else { throw .badArgument(2) }
      // Bytes are written as they come: what they do to a terminal is the log's reader's concern.
      for index in 0..<count {
        let word = arguments.text[Int(index >> 3)]
        platform.writeDebug(byte: UInt8(truncatingIfNeeded: word >> ((index & 7) * 8)))
      }
      answer(value: count)
    }
  }
}

extension [12 of UInt64] {
  fileprivate var sum: UInt64 {
    var total: UInt64 = 0
    // No sum of counts of objects wraps: places have 32-bit numbers.
    for index in indices { total &+= self[index] }
    return total
  }
}
