import KernelHAL
import MnosABI

/// Carries out what operations left to be ended: wakes those who wait in vain, takes objects
/// apart, gives back their memory.
///
/// An object in the queue is looked at as it is then, not as it was when it was put there,
/// so being there once too often does no harm. Each look does a bounded part; what is not done
/// goes to the end of the queue, so that nobody's end waits for another's.
///
/// Each kind of object has a `reap` of much the same shape, which says whether it is done:
///
///     it has a reason to end?  ── no ──> done: its next doom brings it back
///          v yes
///     what hangs on it is ended: waiters, parts, bindings, work
///          v
///     condemned? its names are deleted ── some are left ──> not done: behind the others
///          v
///     no name is left? ── no ──> done: the last one to go dooms it again
///          v yes
///     doomed in the meantime? ── yes ──> not done: the look that this brings frees it
///          v no
///     freed, and the budget uncharged, which may doom the budget in turn
///
/// Nothing here calls itself through an object: what an end causes is doomed, not ended.
extension Kernel where P: ~Copyable {
  /// Does a batch of steps for the most urgent objects, but for none less urgent than the
  /// running thread: that one's own ends must not cost it those of everybody.
  ///
  /// - Precondition: It has the turn, and nothing is incoming: `leave` was called before.
  mutating func reapBatch() {
    var steps = Self.batchSteps
    let before = objects.shared.reaper.priority
    let running = objects[cpu].current
    let least = running.isNone ? 0 : Int(objects[running].priority)
    while steps > 0, objects.shared.reaper.priority >= least {
      let priority = objects.shared.reaper.priority
      let object = objects.shared.reaper.takeFirst(in: objects)
      steps -= 1
      let isDone = reap(object, steps: &steps)
      // If it was doomed by its own look, `adopt` puts it back; done, it may be freed memory.
      if !isDone, !objects[object].isDoomed {
        objects.shared.reaper.put(object, atPriority: UInt8(priority), in: objects)
      }
      // What this doomed is as urgent as what caused it.
      objects.shared.reaper.adopt(atPriority: UInt8(priority), isFirst: false, in: objects)
    }
    objects[cpu].owesBatch = false
    // It may be the running thread's rival now, or be so no more: slices begin or end with that.
    if objects.shared.reaper.priority != before { objects[cpu].needsSchedule = true }
    // With nothing left at the running thread's priority the turns begin anew: the next end of
    // that priority comes before the thread again, if it is still there.
    guard objects[cpu].current == running, !running.isNone,
      objects.shared.reaper.priority < Int(objects[running].priority)
    else { return }
    let slice = objects[cpu].slice
    // Not its own: it runs in the slice of who called it.
    guard slice.priority == objects[running].priority else { return }
    objects[cpu].slice = TimeSlice()
    if slice.isLent {
      // It used none of it: its own begins now.
      objects[cpu].sliceEnd = .max
    } else {
      objects[cpu].slice.left = slice.left
      objects[cpu].slice.priority = slice.priority
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
    case .dmaSpace: reap(objects.cast(object, to: DMASpace.self), steps: &steps)
    case .none, .reply, .portRange, .machine: kernelBug("no object that ends")
    }
  }

  /// Deletes the capabilities to an object that is condemned.
  ///
  /// They are found from the object, in whatever table, message or binding they are; nobody's
  /// table is searched. An object that is not condemned keeps its names.
  ///
  /// - Returns: Whether no capability names the object.
  mutating func endNames(of object: AnyObjectID, steps: inout Int) -> Bool {
    while steps > 0, objects[object].isCondemned, !objects[object].names.isEmpty {
      _ = deleteStep(objects[object].names.first, steps: &steps)
    }
    return objects[object].names.isEmpty
  }

  /// Whether a condemned object still has names to be deleted, once `steps` are there again.
  mutating func isUnfinished(_ object: AnyObjectID) -> Bool {
    objects[object].isCondemned && !objects[object].names.isEmpty
  }

  /// Frees an object without names, unless the reaper has to look at it again; returns whether.
  mutating func finish(_ object: AnyObjectID, steps: inout Int) -> Bool {
    // Losing its last name put it into the queue once more: it is freed at that turn.
    guard !objects[object].isDoomed else { return false }
    free(object)
    steps -= 1
    return true
  }

  // MARK: Messages and signals

  /// An endpoint: its waiters learn when nobody can receive from it any more, which may be long
  /// before its last name goes and it is freed.
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

  /// A notification: once destroyed its waiters learn so, and a thread bound to it is let go.
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
  /// - Parameter queue: The first thread of the queue, read anew after each wake.
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

  /// An interrupt: its line is masked before the object goes, and can be claimed again after it.
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

  /// Memory: the frames go back when the whole has neither names nor parts. No mapping can be
  /// left then, because each ends with the capability it was made through.
  private mutating func reap(_ memory: MemoryID, steps: inout Int) -> Bool {
    guard objects[memory].parts.isEmpty else {
      // The parts keep it alive, unless it is condemned; each that goes calls us again.
      let part = objects[memory].parts.first.header
      if objects[memory].header.isCondemned {
        objects.condemn(part)
      } else if objects[memory].header.names.isEmpty, objects[part].names.isEmpty {
        // It ends already, and must do so as urgently as its whole.
        objects.doom(part)
      }
      return true
    }
    guard endNames(of: memory.header, steps: &steps) else {
      return !isUnfinished(memory.header)
    }
    guard !objects[memory].header.isDoomed else { return false }
    // What a device may reach stays, whoever named it, until the device is known to be stopped.
    if !objects[memory].dmaMappings.isEmpty {
      guard objects[memory].header.isCondemned else { return true }
      guard endMappings(of: memory, steps: &steps) else { return false }
      // The last of them doomed it once more: it goes at that turn.
      return false
    }
    // Charged apart from the object, so given back apart.
    guard releaseFrames(of: memory, steps: &steps) else { return false }
    let whole = objects[memory].whole
    if !whole.isNone { removePart(memory, of: whole) }
    return finish(memory.header, steps: &steps)
  }

  /// A DMA space: destroyed or condemned, it ends what its device may reach. Without names it stays as
  /// long as anything is mapped in it.
  private mutating func reap(_ space: DMASpaceID, steps: inout Int) -> Bool {
    if objects[space].header.isCondemned { objects[space].isDestroyed = true }
    if objects[space].isDestroyed {
      guard endMappings(of: space, steps: &steps) else { return false }
    }
    guard endNames(of: space.header, steps: &steps) else {
      return !isUnfinished(space.header)
    }
    guard objects[space].mappings.isEmpty else { return true }
    return finish(space.header, steps: &steps)
  }

  /// Takes a part out of its whole, which may have lived for its sake alone.
  private mutating func removePart(_ part: MemoryID, of whole: MemoryID) {
    objects[whole].parts.remove(part, in: objects)
    if objects[whole].header.names.isEmpty || objects[whole].header.isCondemned {
      objects.doom(whole.header)
    }
  }

  /// A budget: condemned, it ends what is charged to it, one object after the other; a child
  /// budget among it does the same in its turn, so the depth of the tree costs no stack.
  private mutating func reap(_ budget: BudgetID, steps: inout Int) -> Bool {
    if objects[budget].header.isCondemned {
      let charged = objects[budget].objects.first
      // One after the other: each that goes calls us again. Also if it was condemned before:
      // it becomes as urgent as its budget is now.
      if !charged.isNone {
        objects.condemn(charged)
        return true
      }
      // Should anything still be charged, whoever gives it back dooms the budget again.
      guard objects[budget].isUnused else { return true }
    }
    guard endNames(of: budget.header, steps: &steps) else {
      return !isUnfinished(budget.header)
    }
    guard !objects[budget].header.budget.isNone else { return true }
    // Its memory may be in use for long, by those it was given to.
    if objects[budget].isIdle { takeShareBack(from: budget) }
    guard objects[budget].isUnused else { return true }
    guard !objects[budget].header.isDoomed else { return false }
    let ended = objects[budget]
    // The parent gets back what it set aside, on top of the charge for the object itself.
    uncharge(
      ended.header.budget, bytes: ended.memoryLimit, objects: ended.objectLimit)
    return finish(budget.header, steps: &steps)
  }

  // MARK: Threads

  /// A thread: also looked at for what happened to it while it lives. In this order:
  ///
  ///     its fault has no handler            its process stops, or ends
  ///     its reply right was dropped         it is woken with `peerGone`
  ///     condemned; or never started and     it ends
  ///       without a name
  ///     ended                               it is detached, and freed without names
  ///
  /// A thread that was started needs no name: it runs on as long as its process.
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
      steps -= waitSteps(of: thread)
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
  /// The work goes first, in as many batches as it takes: a mapping that is half made names the
  /// thread as its worker. Whoever watches hears after that, and the process last, because the
  /// loss of its last thread ends it.
  ///
  /// - Returns: Whether that is done.
  mutating func detach(_ thread: ThreadID, steps: inout Int) -> Bool {
    continueWork(of: thread, steps: &steps)
    guard objects[thread].work == .none, steps > 0 else { return false }
    if !objects[thread].boundSlot.isNone { emptyBound(objects[thread].boundSlot) }
    objects.dropSpare(of: thread)
    objects.signalBound(objects[thread].endWatcher)
    endThreadBindings(of: thread)
    steps -= 5
    let process = objects[thread].process
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
  ///
  /// Its extended registers may still be in a CPU: without an owner the next switch drops them
  /// instead of saving them into memory that is somebody else's by then.
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
}
