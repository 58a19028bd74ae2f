import KernelHAL
import MnosABI

/// How threads stop and end, and how a process gives back what it held.
extension Kernel where P: ~Copyable {
  // MARK: Faults

  /// The current thread cannot go on: tells its handler, or stops its process.
  public mutating func faulted(_ fault: Fault) {
    let thread = current
    objects[thread].fault = FaultRecord(
      kind: UInt64(fault.kind.rawValue), address: fault.address, code: fault.code)
    let slot = objects[thread].faultHandler
    guard !slot.isNone else { return stop(thread) }
    let endpoint = EndpointID(granule: objects[slot].object)
    guard !objects[endpoint].isDeserted else { return stop(thread) }
    objects[thread].message = PendingMessage()
    objects[thread].message.isFault = true
    objects[thread].message.isCall = true
    objects[thread].message.wordCount = UInt8(FaultMessage.wordCount)
    objects[thread].message.badge = objects[slot].badge
    while objects[endpoint].waiters == .receivers {
      let receiver = objects[endpoint].queue.head
      guard (try? deliver(from: thread, to: receiver)) != nil else {
        wake(receiver, status: .noSlot)
        continue
      }
      leaveEndpoint(receiver)
      stopTimer(receiver)
      blockCurrent(.awaitingReply)
      makeReady(receiver)
      return
    }
    enqueue(thread, on: endpoint, through: slot, as: .senders, deadline: Deadline.never)
    blockCurrent(.sending)
  }

  /// A fault that nobody handles: the thread stands still and its process with it.
  mutating func stop(_ thread: ThreadID) {
    let process = objects[thread].process
    if thread == current { objects[cpu].needsSchedule = true }
    objects[thread].state = .faulted
    guard objects[process].state == .running else { return }
    objects[process].faultAddress = objects[thread].fault.address
    objects[process].faultPC = objects[thread].registers.programCounter
    objects[process].exitValue = ExitValue.faulted | objects[thread].fault.kind
    guard !objects[process].supervisor.isNone else {
      beginEnding(process, value: objects[process].exitValue)
      return
    }
    objects[process].state = .stopped
    objects[cpu].needsSchedule = true
    signalBound(objects[process].supervisor)
  }

  // MARK: Threads

  /// Ends a thread; the last one of a process ends the process.
  mutating func end(_ thread: ThreadID, value: UInt64) {
    guard objects[thread].state != .ended else { return }
    let process = objects[thread].process
    detach(thread, value: value)
    if objects[process].threadCount == 0, objects[process].isAlive {
      beginEnding(process, value: value)
    }
    endIfUnused(thread: thread)
  }

  /// Takes a thread out of every queue and binding and marks it ended.
  private mutating func detach(_ thread: ThreadID, value: UInt64) {
    endWait(thread)
    if thread == current { objects[cpu].needsSchedule = true }
    objects[thread].state = .ended
    objects[thread].exitValue = value
    objects[thread].work = .none
    if !objects[thread].boundSlot.isNone { emptyBound(objects[thread].boundSlot) }
    if !objects[thread].faultHandler.isNone { emptyBound(objects[thread].faultHandler) }
    let watcher = objects[thread].endWatcher
    if !watcher.isNone {
      signalBound(watcher)
      emptyBound(watcher)
    }
    let process = objects[thread].process
    objects[process].endedTime &+= objects[thread].cpuTime
    objects[process].threadCount -= 1
    let next = objects[thread].nextOfProcess
    let previous = objects[thread].previousOfProcess
    if !next.isNone { objects[next].previousOfProcess = previous }
    if previous.isNone {
      objects[process].firstThread = next
    } else {
      objects[previous].nextOfProcess = next
    }
  }

  /// Frees an ended or never started thread that no capability names.
  mutating func endIfUnused(thread: ThreadID) {
    guard objects[thread].capabilityCount == 0 else { return }
    if objects[thread].state == .new { return end(thread, value: 0) }
    guard objects[thread].state == .ended else { return }
    // The entry's end may still look at the current thread; see `forget`.
    forget(thread)
    let budget = objects[thread].budget
    pools.threads.free(thread.granule, in: objects, frames: &frames)
    uncharge(budget, bytes: pools.threads.chargedByteCount, objects: 1)
  }

  /// Makes sure that no CPU refers to a thread that is going away.
  private mutating func forget(_ thread: ThreadID) {
    for index in 0..<min(platform.cpuCount, 64) {
      let state = cpus[index]
      if objects[state].extendedOwner == thread { objects[state].extendedOwner = .none }
      if objects[state].current == thread {
        objects[state].current = .none
        objects[state].needsSchedule = true
      }
    }
  }

  // MARK: Processes

  /// Puts a process into the queue of those that are ending.
  mutating func beginEnding(_ process: ProcessID, value: UInt64) {
    guard objects[process].isAlive else { return }
    objects[process].state = .ending
    objects[process].exitValue = value
    objects[cpu].needsSchedule = true
    if endingTail.isNone { endingHead = process } else { objects[endingTail].nextEnding = process }
    endingTail = process
    let priority = current.isNone ? 0 : Int(objects[current].priority)
    reapPriority = max(reapPriority, priority)
  }

  /// Ends a process that no capability names and that never ran; frees one that ended.
  mutating func endIfUnused(process: ProcessID) {
    guard objects[process].capabilityCount == 0 else { return }
    switch objects[process].state {
    case .new, .stopped: beginEnding(process, value: ExitValue.killed)
    case .ended: free(process)
    case .running, .ending: break
    }
  }

  private mutating func free(_ process: ProcessID) {
    let budget = objects[process].budget
    pools.processes.free(process.granule, in: objects, frames: &frames)
    uncharge(budget, bytes: pools.processes.chargedByteCount, objects: 1)
  }

  /// Does a part of ending the first process of the queue.
  mutating func reapStep(steps: inout Int) {
    let process = endingHead
    switch objects[process].endStage {
    case .threads: endThreadsStep(of: process, steps: &steps)
    case .capabilities: endCapabilitiesStep(of: process, steps: &steps)
    case .ports:
      emptyPorts(of: process)
      objects[process].endStage = .mappings
      steps -= 1
    case .mappings:
      let mapping = objects[process].firstMapping
      if mapping.isNone {
        objects[process].endStage = .memory
      } else {
        _ = unmapStep(mapping, steps: &steps)
      }
    case .memory: endMemory(of: process, steps: &steps)
    }
  }

  private mutating func endThreadsStep(of process: ProcessID, steps: inout Int) {
    steps -= 1
    let thread = objects[process].firstThread
    guard !thread.isNone else {
      objects[process].endStage = .capabilities
      return
    }
    if finishWork(of: thread, steps: &steps) {
      detach(thread, value: objects[process].exitValue)
      endIfUnused(thread: thread)
    }
  }

  private mutating func endCapabilitiesStep(of process: ProcessID, steps: inout Int) {
    let last = SlotChoice.any
    var index = objects[process].endCursor
    while index < last, steps > 0 {
      steps -= 1
      let slot = objects[process].table.slot(at: index, in: window)
      if slot.isNone {
        index = min(index, last - 64) + 64
      } else {
        guard deleteStep(slot, steps: &steps) else { break }
        index += 1
      }
    }
    objects[process].endCursor = index
    if index >= last {
      objects[process].endStage = .ports
      objects[process].endCursor = 0
    }
  }

  private mutating func endMemory(of process: ProcessID, steps: inout Int) {
    steps -= 1
    let budget = objects[process].budget
    if objects[process].table.chunkCount > 0 {
      let chunk = objects[process].endCursor
      objects[process].endCursor = chunk + 1
      let frame = chunkFrame(chunk, of: process)
      guard frame != 0 else { return }
      freeFrame(frame, chargedTo: budget)
      objects[process].table.chunkCount -= 1
      return
    }
    freeFrame(objects[process].table.directory, chargedTo: budget)
    endSpace(of: process)
    objects[process].state = .ended
    if process == firstProcess {
      firstProcessEnd = ProcessEnd(
        exitValue: objects[process].exitValue, faultAddress: objects[process].faultAddress,
        faultPC: objects[process].faultPC)
    }
    endingHead = objects[process].nextEnding
    if endingHead.isNone {
      endingTail = .none
      reapPriority = -1
    }
    // The supervisor hears of it when nothing is left to give back.
    let supervisor = objects[process].supervisor
    if !supervisor.isNone {
      signalBound(supervisor)
      emptyBound(supervisor)
    }
    if objects[process].capabilityCount == 0 { free(process) }
  }
}
