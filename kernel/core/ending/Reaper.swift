import KernelHAL
import MnosABI

/// Carries out what operations left to be ended: wakes those who wait in vain, takes objects
/// apart, gives back their memory.
///
/// An object in the queue is looked at as it is then, not as it was when it was put there,
/// so being there once too often does no harm. Each look does a bounded part; what is not done
/// goes to the end of the queue, so that nobody's end waits for another's.
extension Kernel where P: ~Copyable {
  /// Does a batch of steps for the most urgent objects.
  mutating func reapBatch() {
    var steps = Self.batchSteps
    while steps > 0, objects.shared.reaper.priority >= 0 {
      let priority = objects.shared.reaper.priority
      let object = objects.shared.reaper.takeFirst(in: objects)
      steps -= 1
      let isDone = reap(object, steps: &steps)
      if !isDone, !objects[object].isDoomed {
        objects.shared.reaper.put(object, atPriority: UInt8(priority), in: objects)
      }
      // What this doomed is as urgent as what caused it.
      objects.shared.reaper.adopt(atPriority: UInt8(priority), in: objects)
    }
    let running = objects[cpu].current
    let rival = running.isNone ? 0 : Int(objects[running].priority)
    if objects.shared.reaper.priority < rival {
      objects[cpu].isThreadsTurn = false
      objects[cpu].isReapersSlice = false
    }
  }

  /// - Returns: Whether nothing is left to be done for now. The object may be gone then.
  private mutating func reap(_ object: AnyObjectID, steps: inout Int) -> Bool {
    switch objects[object].type {
    case .endpoint: reap(objects.cast(object, to: Endpoint.self), steps: &steps)
    case .notification: reap(objects.cast(object, to: Notification.self), steps: &steps)
    case .memory: reap(objects.cast(object, to: MemoryObject.self), steps: &steps)
    case .interrupt: reap(objects.cast(object, to: Interrupt.self), steps: &steps)
    case .thread: reap(objects.cast(object, to: ThreadTag.self), steps: &steps)
    case .process: reap(objects.cast(object, to: Process.self), steps: &steps)
    case .budget: reap(objects.cast(object, to: Budget.self), steps: &steps)
    case .none, .reply, .portRange, .machine: kernelBug("no object that ends")
    }
  }

  /// Deletes the capabilities to an object that is condemned.
  ///
  /// - Returns: Whether no capability names the object.
  private mutating func endNames(of object: AnyObjectID, steps: inout Int) -> Bool {
    while steps > 0, objects[object].isCondemned, !objects[object].names.isEmpty {
      _ = deleteStep(objects[object].names.first, steps: &steps)
    }
    return objects[object].names.isEmpty
  }

  /// Whether a condemned object still has names to be deleted, once `steps` are there again.
  private mutating func isUnfinished(_ object: AnyObjectID) -> Bool {
    objects[object].isCondemned && !objects[object].names.isEmpty
  }

  /// Frees an object without names; the reaper must not look at it again.
  private mutating func finish(_ object: AnyObjectID, steps: inout Int) -> Bool {
    // Losing its last name put it into the queue once more: it is freed at that turn.
    guard !objects[object].isDoomed else { return false }
    free(object)
    steps -= 1
    return true
  }

  // MARK: Messages and signals

  private mutating func reap(_ endpoint: EndpointID, steps: inout Int) -> Bool {
    if objects[endpoint].header.isCondemned { objects[endpoint].isDestroyed = true }
    if objects[endpoint].isDeserted {
      guard wakeAll(in: { $0[endpoint].queue.first }, steps: &steps) else { return false }
    }
    guard endNames(of: endpoint.header, steps: &steps) else {
      return !isUnfinished(endpoint.header)
    }
    return finish(endpoint.header, steps: &steps)
  }

  private mutating func reap(_ notification: NotificationID, steps: inout Int) -> Bool {
    if objects[notification].header.isCondemned { objects[notification].isDestroyed = true }
    if objects[notification].isDestroyed {
      guard wakeAll(in: { $0[notification].queue.first }, steps: &steps) else { return false }
      let bound = objects[notification].boundThread
      if !bound.isNone { emptyBound(objects[bound].boundSlot) }
    }
    guard endNames(of: notification.header, steps: &steps) else {
      return !isUnfinished(notification.header)
    }
    return finish(notification.header, steps: &steps)
  }

  /// Wakes the threads of a queue: their peer is gone.
  ///
  /// - Returns: Whether the queue is empty.
  private mutating func wakeAll(
    in queue: (ObjectStore<P>) -> ThreadID, steps: inout Int
  ) -> Bool {
    while steps > 0 {
      let thread = queue(objects)
      guard !thread.isNone else { return true }
      wake(thread, .peerGone, steps: &steps)
    }
    return queue(objects).isNone
  }

  private mutating func reap(_ interrupt: InterruptID, steps: inout Int) -> Bool {
    guard endNames(of: interrupt.header, steps: &steps) else {
      return !isUnfinished(interrupt.header)
    }
    guard !objects[interrupt].header.isDoomed else { return false }
    platform.setLine(objects[interrupt].line, isEnabled: false)
    if !objects[interrupt].target.isNone { emptyBound(objects[interrupt].target) }
    objects.unchain(interrupt)
    return finish(interrupt.header, steps: &steps)
  }

  // MARK: Memory

  private mutating func reap(_ memory: MemoryID, steps: inout Int) -> Bool {
    guard objects[memory].parts.isEmpty else {
      // The parts keep it alive, unless it is condemned; the last one calls us again.
      if objects[memory].header.isCondemned {
        objects.condemn(objects[memory].parts.first.header)
      }
      return true
    }
    guard endNames(of: memory.header, steps: &steps) else {
      return !isUnfinished(memory.header)
    }
    guard !objects[memory].header.isDoomed else { return false }
    let ended = objects[memory]
    if ended.kind == .owned {
      frames.free(FrameNumber(ended.base >> 12), count: ended.byteCount / Limits.pageByteCount)
      uncharge(ended.header.budget, bytes: ended.byteCount, objects: 0)
      steps -= 4
    }
    if !ended.whole.isNone { removePart(memory, of: ended.whole) }
    return finish(memory.header, steps: &steps)
  }

  private mutating func removePart(_ part: MemoryID, of whole: MemoryID) {
    objects[whole].parts.remove(part, in: objects)
    let isUnneeded = objects[whole].header.names.isEmpty && objects[whole].parts.isEmpty
    if isUnneeded || objects[whole].header.isCondemned { objects.doom(whole.header) }
  }

  private mutating func reap(_ budget: BudgetID, steps: inout Int) -> Bool {
    if objects[budget].header.isCondemned {
      let charged = objects[budget].objects.first
      // One after the other: each that goes calls us again. Also if it was condemned before:
      // it becomes as urgent as its budget is now.
      if !charged.isNone {
        objects.condemn(charged)
        return true
      }
      guard objects[budget].isUnused else { return true }
    }
    guard endNames(of: budget.header, steps: &steps) else {
      return !isUnfinished(budget.header)
    }
    guard objects[budget].isUnused, !objects[budget].header.budget.isNone else { return true }
    guard !objects[budget].header.isDoomed else { return false }
    let ended = objects[budget]
    uncharge(
      ended.header.budget, bytes: ended.memoryLimit, objects: ended.objectLimit)
    return finish(budget.header, steps: &steps)
  }

  // MARK: Threads

  private mutating func reap(_ thread: ThreadID, steps: inout Int) -> Bool {
    if objects[thread].isUnhandled, !objects[thread].isDetached {
      objects[thread].isUnhandled = false
      objects.stopProcess(of: thread)
    }
    if objects[thread].state == .awaitingReply, objects[thread].replySlot.isNone {
      wake(thread, .peerGone, steps: &steps)
    }
    let isUnnamed = objects[thread].header.names.isEmpty
    if objects[thread].header.isCondemned || (objects[thread].state == .new && isUnnamed) {
      objects.end(thread, value: ExitValue.killed)
    }
    guard objects[thread].state == .ended else { return true }
    if !objects[thread].isDetached {
      guard detach(thread, steps: &steps) else { return false }
    }
    guard endNames(of: thread.header, steps: &steps) else {
      return !isUnfinished(thread.header)
    }
    guard !objects[thread].header.isDoomed else { return false }
    forget(thread)
    return finish(thread.header, steps: &steps)
  }

  /// Finishes what an ended thread had begun and takes it out of its process.
  ///
  /// - Returns: Whether that is done.
  private mutating func detach(_ thread: ThreadID, steps: inout Int) -> Bool {
    continueWork(of: thread, steps: &steps)
    guard objects[thread].work == .none, steps > 0 else { return false }
    if !objects[thread].boundSlot.isNone { emptyBound(objects[thread].boundSlot) }
    objects.signalBound(objects[thread].endWatcher)
    endThreadBindings(of: thread)
    steps -= 4
    let process = objects[thread].process
    objects[process].endedTime &+= objects[thread].cpuTime
    objects[process].threads.remove(thread, in: objects)
    objects[process].threadCount -= 1
    objects[thread].isDetached = true
    // A process runs as long as it has threads; one that never ran waits for its first.
    if objects[process].threadCount == 0, objects[process].state != .new {
      objects.beginEnding(process, value: objects[thread].exitValue)
    }
    return true
  }

  /// Makes sure that no CPU refers to a thread that is going away.
  private mutating func forget(_ thread: ThreadID) {
    for index in 0..<objects.shared.cpuCount {
      let state = objects.shared.cpus[index]
      if objects[state].extendedOwner == thread { objects[state].extendedOwner = .none }
      if objects[state].current == thread {
        objects[state].current = .none
        objects[state].needsSchedule = true
      }
    }
  }

  // MARK: Processes

  private mutating func reap(_ process: ProcessID, steps: inout Int) -> Bool {
    let isOutOfReach =
      objects[process].header.names.isEmpty
      || (objects[process].state == .stopped && objects[process].foreignNameCount == 0)
    if objects[process].header.isCondemned || isOutOfReach {
      objects.beginEnding(process, value: ExitValue.killed)
    }
    if objects[process].state == .ending {
      while steps > 0, objects[process].endStage != .done { endStep(of: process, steps: &steps) }
      guard objects[process].endStage == .done else { return false }
      finishEnding(of: process)
    }
    guard objects[process].state == .ended else { return true }
    guard endNames(of: process.header, steps: &steps) else {
      return !isUnfinished(process.header)
    }
    return finish(process.header, steps: &steps)
  }

  private mutating func endStep(of process: ProcessID, steps: inout Int) {
    switch objects[process].endStage {
    case .threads:
      steps -= 1
      let thread = objects[process].threads.first
      guard !thread.isNone else { return proceed(process, to: .capabilities) }
      objects.end(thread, value: objects[process].exitValue)
      _ = detach(thread, steps: &steps)
    case .capabilities: endCapabilities(of: process, steps: &steps)
    case .ports:
      emptyPorts(of: process)
      steps -= 4
      proceed(process, to: .mappings)
    case .mappings:
      let mapping = objects[process].mappings.first
      guard !mapping.isNone else { return proceed(process, to: .chunks) }
      _ = unmapStep(mapping, steps: &steps)
    case .chunks: endChunk(of: process, steps: &steps)
    case .spaces:
      steps -= 2
      freeFrame(
        objects[process].table.directory, chargedTo: objects[process].header.budget)
      endSpace(of: process)
      proceed(process, to: .done)
    case .done: return
    }
  }

  private mutating func proceed(_ process: ProcessID, to stage: EndStage) {
    objects[process].endStage = stage
    objects[process].endCursor = 0
  }

  private mutating func endCapabilities(of process: ProcessID, steps: inout Int) {
    steps -= 1
    let index = objects[process].endCursor
    guard index < SlotChoice.any, objects[process].table.usedCount > 0 else {
      return proceed(process, to: .ports)
    }
    let slot = objects[process].table.slot(at: index, in: window)
    if slot.isNone {
      objects[process].endCursor = min(index, SlotChoice.any - 64) + 64
    } else if objects[slot].state == .free || deleteStep(slot, steps: &steps) {
      objects[process].endCursor = index + 1
    }
  }

  private mutating func endChunk(of process: ProcessID, steps: inout Int) {
    steps -= 1
    let table = objects[process].table
    guard table.chunkCount > 0 else { return proceed(process, to: .spaces) }
    let chunk = objects[process].endCursor
    objects[process].endCursor = chunk + 1
    let frame = table.chunkFrame(chunk, in: window)
    guard frame != 0 else { return }
    objects[process].table.chunkCount -= 1
    freeFrame(frame, chargedTo: objects[process].header.budget)
  }

  /// Everything was given back: the process has ended, and its supervisor hears of it.
  private mutating func finishEnding(of process: ProcessID) {
    objects[process].state = .ended
    if process == objects.shared.firstProcess {
      objects.shared.firstProcessEnd = ProcessEnd(
        exitValue: objects[process].exitValue, faultAddress: objects[process].faultAddress,
        faultPC: objects[process].faultPC)
    }
    let supervisor = objects[process].supervisor
    guard !supervisor.isNone else { return }
    objects.signalBound(supervisor)
    emptyBound(supervisor)
  }
}
