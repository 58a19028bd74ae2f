import KernelHAL
import MnosABI

/// Work in bounded steps: what a thread's call still has to do, and ending processes.
extension Kernel where P: ~Copyable {
  /// Tree nodes, page-table entries or frames between two looks at the interrupts.
  static var batchLength: Int { 64 }

  /// Whether kernel work comes before running `current` in user mode.
  public var hasWork: Bool {
    @inline(__always) mutating get {
      let thread = current
      if thread.isNone { return !endingHead.isNone }
      if objects[thread].work != .none { return true }
      return !endingHead.isNone && reapPriority >= Int(objects[thread].priority)
    }
  }

  /// Does one batch of work; afterwards look for interrupts, then call `leave`.
  ///
  /// - Precondition: `hasWork`.
  public mutating func runBatch() {
    var steps = Self.batchLength
    let thread = current
    let priority = thread.isNone ? -1 : Int(objects[thread].priority)
    if !endingHead.isNone, reapPriority >= priority {
      while steps > 0, !endingHead.isNone { reapStep(steps: &steps) }
      return
    }
    if !thread.isNone { _ = finishWork(of: thread, steps: &steps) }
  }

  /// Goes on with a thread's work and completes its call when it is done.
  ///
  /// - Returns: Whether the thread has no work left.
  mutating func finishWork(of thread: ThreadID, steps: inout Int) -> Bool {
    while steps > 0, objects[thread].work != .none { workStep(of: thread, steps: &steps) }
    return objects[thread].work == .none
  }

  private mutating func workStep(of thread: ThreadID, steps: inout Int) {
    switch objects[thread].work {
    case .none: return
    case .delete(let slot, let generation):
      let isGone = objects[slot].generation != generation
      if isGone || deleteStep(slot, steps: &steps) { complete(thread, .ok) }
    case .revoke(let slot, let generation):
      revokeStep(slot, generation, for: thread, steps: &steps)
    case .clear(let memory, let slot, let offset):
      clearStep(memory, slot, offset, for: thread, steps: &steps)
    case .map(let mapping):
      guard let isDone = try? mapStep(mapping, steps: &steps) else {
        objects[thread].work = .unmap(mapping, .noMemory)
        return
      }
      if isDone {
        objects[mapping].worker = .none
        complete(thread, .ok)
      }
    case .unmap(let mapping, let status):
      // When the mapping goes it abandons our work, so the status is set after it.
      if unmapStep(mapping, steps: &steps) { complete(thread, status) }
    case .protect(let mapping, let page):
      let next = protectStep(mapping, from: page, steps: &steps)
      if next >= objects[mapping].mappedCount {
        objects[mapping].worker = .none
        complete(thread, .ok)
      } else {
        objects[thread].work = .protect(mapping, next)
      }
    case .destroyThread(let target): destroyStep(target, for: thread, steps: &steps)
    }
  }

  private mutating func complete(_ thread: ThreadID, _ status: SyscallStatus, value: UInt64 = 0) {
    objects[thread].work = .none
    objects[thread].registers.callWord = ResultWord(status).rawValue
    objects[thread].registers.argument0 = value
  }

  private mutating func revokeStep(
    _ slot: SlotID, _ generation: UInt16, for thread: ThreadID, steps: inout Int
  ) {
    guard objects[slot].generation == generation, !objects[slot].firstChild.isNone else {
      return complete(thread, .ok)
    }
    let child = objects[slot].firstChild
    _ = deleteStep(child, steps: &steps)
  }

  private mutating func clearStep(
    _ memory: MemoryID, _ slot: SlotID, _ offset: UInt64, for thread: ThreadID, steps: inout Int
  ) {
    let object = objects[memory]
    window.clear(object.base + offset, byteCount: Limits.pageByteCount)
    steps -= 4
    let next = offset + Limits.pageByteCount
    guard next >= object.byteCount else {
      objects[thread].work = .clear(memory, slot, next)
      return
    }
    complete(thread, .ok, value: UInt64(objects[slot].handle.rawValue))
    objects[slot].state = .held
  }

  /// A thread that carries work is ended after it; work that ends others is dropped.
  private mutating func destroyStep(
    _ target: ThreadID, for thread: ThreadID, steps: inout Int
  ) {
    if case .destroyThread(let other) = objects[target].work {
      objects[target].work = .none
      dropReference(to: other)
    }
    guard finishWork(of: target, steps: &steps) else { return }
    complete(thread, .ok)
    end(target, value: ExitValue.killed)
    dropReference(to: target)
  }

  /// Gives back the reference that `destroyThread` work holds.
  private mutating func dropReference(to thread: ThreadID) {
    objects[thread].capabilityCount -= 1
    endIfUnused(thread: thread)
  }

  /// The mapping that a thread works on is gone by other means.
  mutating func abandonWork(of thread: ThreadID) { complete(thread, .cancelled) }
}
