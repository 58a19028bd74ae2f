import KernelHAL
import MnosABI

/// When objects begin and end: references from capabilities, and what their end does.
extension Kernel where P: ~Copyable {
  /// Counts a capability that now names an object.
  mutating func retain(_ slot: SlotID) {
    let object = objects[slot].object
    switch objects[slot].type {
    case .endpoint:
      let endpoint = EndpointID(granule: object)
      objects[endpoint].capabilityCount += 1
      if objects[slot].rights.includes(.read) { objects[endpoint].readerCount += 1 }
    case .notification: objects[NotificationID(granule: object)].capabilityCount += 1
    case .memory: objects[MemoryID(granule: object)].referenceCount += 1
    case .process: objects[ProcessID(granule: object)].capabilityCount += 1
    case .thread: objects[ThreadID(granule: object)].capabilityCount += 1
    case .interrupt: objects[InterruptID(granule: object)].capabilityCount += 1
    case .budget: objects[BudgetID(granule: object)].capabilityCount += 1
    case .reply, .portRange, .machine, .none: break
    }
  }

  /// Uncounts the capability of `slot`; ends its object if it was the last.
  mutating func release(_ slot: SlotID) {
    let object = objects[slot].object
    switch objects[slot].type {
    case .endpoint:
      releaseEndpoint(
        EndpointID(granule: object), wasReader: objects[slot].rights.includes(.read))
    case .notification: releaseNotification(NotificationID(granule: object))
    case .memory: releaseMemory(MemoryID(granule: object))
    case .process:
      objects[ProcessID(granule: object)].capabilityCount -= 1
      endIfUnused(process: ProcessID(granule: object))
    case .thread:
      objects[ThreadID(granule: object)].capabilityCount -= 1
      endIfUnused(thread: ThreadID(granule: object))
    case .interrupt: releaseInterrupt(InterruptID(granule: object))
    case .budget:
      objects[BudgetID(granule: object)].capabilityCount -= 1
      endIfUnused(BudgetID(granule: object))
    case .reply: dropReply(to: ThreadID(granule: object))
    case .portRange, .machine, .none: break
    }
  }

  private mutating func releaseEndpoint(_ endpoint: EndpointID, wasReader: Bool) {
    objects[endpoint].capabilityCount -= 1
    if wasReader { objects[endpoint].readerCount -= 1 }
    if objects[endpoint].isDeserted { wakeAll(onEndpoint: endpoint, status: .peerGone) }
    guard objects[endpoint].capabilityCount == 0 else { return }
    let budget = objects[endpoint].budget
    pools.endpoints.free(endpoint.granule, in: objects, frames: &frames)
    uncharge(budget, bytes: pools.endpoints.chargedByteCount, objects: 1)
  }

  private mutating func releaseNotification(_ notification: NotificationID) {
    objects[notification].capabilityCount -= 1
    guard objects[notification].capabilityCount == 0 else { return }
    wakeAll(onNotification: notification, status: .peerGone)
    let budget = objects[notification].budget
    pools.notifications.free(notification.granule, in: objects, frames: &frames)
    uncharge(budget, bytes: pools.notifications.chargedByteCount, objects: 1)
  }

  /// Uncounts a reference to memory; gives back its frames after the last.
  mutating func releaseMemory(_ memory: MemoryID) {
    var memory = memory
    while !memory.isNone {
      objects[memory].referenceCount -= 1
      guard objects[memory].referenceCount == 0 else { return }
      let ended = objects[memory]
      var bytes = pools.memories.chargedByteCount
      if ended.kind == .owned {
        frames.free(
          FrameNumber(ended.base >> 12), count: ended.byteCount / Limits.pageByteCount)
        bytes += ended.byteCount
      }
      pools.memories.free(memory.granule, in: objects, frames: &frames)
      uncharge(ended.budget, bytes: bytes, objects: 1)
      memory = ended.parent
    }
  }

  private mutating func releaseInterrupt(_ interrupt: InterruptID) {
    objects[interrupt].capabilityCount -= 1
    guard objects[interrupt].capabilityCount == 0 else { return }
    let ended = objects[interrupt]
    platform.setLine(ended.line, isEnabled: false)
    if !ended.target.isNone { emptyBound(ended.target) }
    unchain(interrupt)
    pools.interrupts.free(interrupt.granule, in: objects, frames: &frames)
    uncharge(ended.budget, bytes: pools.interrupts.chargedByteCount, objects: 1)
  }

  private mutating func unchain(_ interrupt: InterruptID) {
    let chain = Int(objects[interrupt].line & 63)
    if interrupts[chain] == interrupt {
      interrupts[chain] = objects[interrupt].nextInChain
      return
    }
    var previous = interrupts[chain]
    while objects[previous].nextInChain != interrupt { previous = objects[previous].nextInChain }
    objects[previous].nextInChain = objects[interrupt].nextInChain
  }

  /// The claimed interrupt of a line, or none.
  mutating func interrupt(ofLine line: UInt32) -> InterruptID {
    var found = interrupts[Int(line & 63)]
    while !found.isNone, objects[found].line != line { found = objects[found].nextInChain }
    return found
  }

  // MARK: Deleting capabilities

  /// Ends a capability, or a part of what depends on it.
  ///
  /// - Parameter steps: What is left of this batch; 1 is taken for each dependent or page.
  /// - Returns: Whether the slot is free now; if not, call again.
  mutating func deleteStep(_ slot: SlotID, steps: inout Int) -> Bool {
    switch objects[slot].state {
    case .free: return true
    case .inTransit: cancelSend(ofTransit: slot)
    case .bound:
      emptyBound(slot)
      steps -= 1
      return true
    case .held, .ending, .reserved: break
    }
    // Cancelling may have emptied a transit copy.
    if objects[slot].state == .free { return true }
    objects[slot].state = .ending
    guard endDependents(of: slot, steps: &steps) else { return false }
    steps -= 1
    empty(slot)
    return true
  }

  /// Empties a slot on which nothing depends.
  mutating func empty(_ slot: SlotID) {
    DerivationTree.remove(slot, in: objects)
    release(slot)
    releaseSlot(slot)
  }

  /// Ends waits and mappings made through a capability, as far as `steps` go.
  ///
  /// - Returns: Whether none is left.
  private mutating func endDependents(of slot: SlotID, steps: inout Int) -> Bool {
    if objects[slot].type == .memory {
      while objects[slot].dependents != 0 {
        let mapping = MappingID(granule: objects[slot].dependents)
        guard unmapStep(mapping, steps: &steps) else { return false }
        if steps <= 0 { break }
      }
      return objects[slot].dependents == 0
    }
    while objects[slot].dependents != 0 {
      wake(ThreadID(granule: objects[slot].dependents), status: .cancelled)
      steps -= 1
      if steps <= 0 { break }
    }
    return objects[slot].dependents == 0
  }
}
