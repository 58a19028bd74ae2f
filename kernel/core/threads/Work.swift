import KernelHAL
import MnosABI

/// Long calls in bounded steps: what a thread still has to do before its call completes.
///
///     call ── begin ──> first batch ── done ─────────────────────────────────> user mode
///                           │ steps are spent                          ^
///                           v                                          │ done
///                       interrupts, more urgent threads ──> next batch ┘
///
/// The work is data in the thread and is done while that thread is the current one, in its time
/// and at its priority. Two others do some of it: whoever makes capabilities helps with revokes,
/// and the reaper finishes what an ended thread must not leave half done; see `abandonWork`.
extension Kernel where P: ~Copyable {
  /// Steps between two looks at the interrupts: slots emptied, threads woken, pages mapped
  /// and unmapped, objects freed. A step that needs more than one is begun only while
  /// `stepReserve` are left.
  static var batchLength: Int { 64 }
  private static var stepReserve: Int { 12 }
  static var batchSteps: Int { batchLength - stepReserve }

  /// Gives the current thread work, and does the first batch of it within the call itself.
  ///
  /// The call is answered when the work is done. Small work, like deleting a capability on which
  /// nothing depends, is done in this first batch.
  ///
  /// - Precondition: The thread has no work, and all that can fail at once was checked: from
  ///   here on the call's status is the work's.
  mutating func begin(_ work: Work) {
    let thread = current
    answer(value: 0)
    objects[thread].work = work
    if case .revoke = work { objects.shared.revokers.append(thread, in: objects) }
    var steps = Self.batchSteps
    continueWork(of: thread, steps: &steps)
  }

  /// As `begin`, for work on a mapping that no other thread works on.
  ///
  /// The mapping knows its worker until the work is done: calls by others refuse the mapping, and
  /// its end tells the worker.
  mutating func begin(_ work: Work, on mapping: MappingID) {
    objects[mapping].worker = current
    begin(work)
  }

  /// Goes on with a thread's work, as far as `steps` go.
  ///
  /// Also for a thread that ended: the reaper finishes what must not be left half done.
  mutating func continueWork(of thread: ThreadID, steps: inout Int) {
    while steps > 0, objects[thread].work != .none { workStep(of: thread, steps: &steps) }
  }

  /// Does a part of the work. Each case takes a step, completes the work or turns it into what
  /// undoes it, so that the loop above ends.
  private mutating func workStep(of thread: ThreadID, steps: inout Int) {
    switch objects[thread].work {
    case .none: return
    case .delete(let token):
      let slot = objects.redeem(token)
      // Somebody else may have finished it.
      if slot.isNone || deleteStep(slot, steps: &steps) {
        objects.completeWork(of: thread, .ok)
      }
    // One child at a time; other threads' calls may do some of it meanwhile.
    case .revoke(let token): revokeStep(of: thread, token, steps: &steps)
    case .fill(let slot): fillStep(slot, for: thread, steps: &steps)
    case .map(let mapping): mapWorkStep(mapping, for: thread, steps: &steps)
    case .unmap(let mapping, let status):
      // When the mapping goes it abandons our work, so the status is set after it.
      if unmapStep(mapping, steps: &steps) { objects.completeWork(of: thread, status) }
    case .protect(let mapping, let page):
      let next = protectStep(mapping, from: page, steps: &steps)
      if next >= objects[mapping].mappedCount {
        objects[mapping].worker = .none
        objects.completeWork(of: thread, .ok)
      } else {
        objects[thread].work = .protect(mapping, next)
      }
    case .access(let token): accessStep(token, for: thread, steps: &steps)
    }
  }

  /// Fills some pages of a mapping. If that cannot go on, the pages so far are emptied again in
  /// further batches, and the call completes with the reason after the last of them.
  private mutating func mapWorkStep(
    _ mapping: MappingID, for thread: ThreadID, steps: inout Int
  ) {
    // What is being ended is not filled any more: one would undo what the other does.
    guard objects[objects[mapping].slot].state != .ending,
      objects[objects[mapping].process].isAlive
    else {
      objects[thread].work = .unmap(mapping, .cancelled)
      return
    }
    guard let isDone = try? mapStep(mapping, steps: &steps) else {
      objects[thread].work = .unmap(mapping, .noMemory)
      return
    }
    if isDone {
      objects[mapping].worker = .none
      objects.completeWork(of: thread, .ok)
    }
  }
}
