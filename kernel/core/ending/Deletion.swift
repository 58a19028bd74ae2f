import KernelHAL
import MnosABI

/// Deleting capabilities and their descendants, in counted steps.
extension Kernel where P: ~Copyable {
  /// Ends a capability, or a part of what depends on it.
  ///
  /// - Parameter steps: What is left of this batch; 1 is taken for each thread woken, page
  ///   unmapped and slot emptied.
  /// - Returns: Whether the slot holds this capability no more; if not, call again.
  mutating func deleteStep(_ slot: SlotID, steps: inout Int) -> Bool {
    switch objects[slot].state {
    // A spare goes with its thread.
    case .free, .spare: return true
    case .inTransit:
      // The message that carries it fails, and its sender has what it attached.
      wake(objects.cast(objects[slot].holder, to: ThreadTag.self), .cancelled, steps: &steps)
      // A copy that was made for the message is gone with it.
      if objects[slot].state == .free { return true }
    case .bound:
      emptyBound(slot)
      steps -= 2
      return true
    case .reserved:
      // There is no more need to fill its memory.
      let worker = objects.cast(objects[slot].holder, to: ThreadTag.self)
      objects.completeWork(of: worker, .cancelled)
      objects[slot].holder = .none
    case .held, .ending: break
    }
    // From here no handle names it, so no new wait or mapping can be made through it, and the
    // number of those that there are only falls, however many batches it takes.
    objects[slot].state = .ending
    guard endDependents(of: slot, steps: &steps) else { return false }
    steps -= 1
    objects.empty(slot)
    return true
  }

  /// Ends waits and mappings made through a capability, as far as `steps` go.
  ///
  /// - Returns: Whether none is left.
  private mutating func endDependents(of slot: SlotID, steps: inout Int) -> Bool {
    while steps > 0, !objects[slot].mappings.isEmpty {
      _ = unmapStep(objects[slot].mappings.first, steps: &steps)
    }
    while steps > 0, !objects[slot].waiters.isEmpty {
      wake(objects[slot].waiters.first, .cancelled, steps: &steps)
    }
    return !objects[slot].hasDependents
  }

  /// What it takes to end a thread's wait: itself and the capabilities it attached, and the same
  /// of the sender whose message carries the right to answer it. At most 6.
  mutating func waitSteps(of thread: ThreadID) -> Int {
    let own = 1 + Int(objects[thread].message.transferCount)
    let right = objects[thread].replySlot
    guard !right.isNone, objects[right].state == .inTransit else { return own }
    let sender = objects.cast(objects[right].holder, to: ThreadTag.self)
    return own + 1 + Int(objects[sender].message.transferCount)
  }

  /// Wakes a thread, and counts what that takes.
  mutating func wake(_ thread: ThreadID, _ status: SyscallStatus, steps: inout Int) {
    steps -= waitSteps(of: thread)
    objects.wake(thread, status)
  }

  // MARK: Revoke

  /// Goes on with a thread's revoke: deletes a child of its slot, or completes the call.
  ///
  /// The call answers `ok` only when the slot still holds the capability and nothing is
  /// derived from it; if the capability was taken away meanwhile, `cancelled`.
  mutating func revokeStep(of thread: ThreadID, _ token: SlotToken, steps: inout Int) {
    let slot = objects.redeem(token)
    guard !slot.isNone, objects[slot].state != .ending else {
      steps -= 1
      return objects.completeWork(of: thread, .cancelled)
    }
    let child = objects[slot].firstChild
    guard !child.isNone else {
      steps -= 1
      return objects.completeWork(of: thread, .ok)
    }
    _ = deleteStep(child, steps: &steps)
  }

  /// Does a part of the longest revoke under way, before a call that makes capabilities or
  /// mappings.
  ///
  /// Threads that copy inside a tree could keep its revoke from ever ending. So whoever
  /// makes something deletes more than that first: each revoke ends after a number of steps
  /// that depends only on the size that its tree had.
  mutating func helpRevokes(steps count: Int) {
    var steps = count
    while steps > 0 {
      let thread = objects.shared.revokers.first
      guard !thread.isNone, case .revoke(let token) = objects[thread].work else { return }
      revokeStep(of: thread, token, steps: &steps)
      // What that ends is the revoker's doing, not the helper's.
      if objects.shared.reaper.hasIncoming { adoptDoomed(by: thread) }
    }
  }
}
