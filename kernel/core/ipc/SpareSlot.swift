import KernelHAL
import MnosABI

/// Where the right to answer a caller is: a slot that the thread which received the call keeps
/// for that, its spare.
///
///               takeSpare            call received
///     free ───────────────> spare ─────────────────> held, with its thread as holder
///      ^                      ^                        │        │
///      │                      └──── answered, ─────────┘        │ leaveSpare: to be moved, or
///      │                            withdrawn                   v unanswered at the next receive
///      └──────────────────────────────────────────────── held, like any other
///
/// Filling and emptying it in place touches no free list, no count and no tree. While it is
/// filled it is looked up as any slot is, by all threads of the process.
extension Kernel where P: ~Copyable {
  /// Makes sure that a thread can take a spare, beside the slots that it names for what may come.
  ///
  /// - Parameter accepts: See `TransferRecord.accepts`.
  /// - Throws: `noSlot`, `noMemory` if there is not even one of those.
  mutating func ensureSpare(
    in process: ProcessID, keepingOff accepts: UInt64
  ) throws(Failure) {
    try ensureFreeSlots(1, in: process)
    // Free slots that what comes may take: those named, and as many as may be any.
    var others = 0
    var isNamed = false
    for index in 0..<4 {
      let choice = SlotChoice.of(index, in: accepts)
      guard choice != SlotChoice.none else { continue }
      if choice == SlotChoice.any {
        others += 1
      } else if isFree(choice, in: process) {
        others += 1
        isNamed = true
      }
    }
    // Where that cannot be, a named one has to do: better than not to receive.
    if isNamed { try? ensureFreeSlots(1 + others, in: process) }
  }

  private mutating func isFree(_ index: UInt16, in process: ProcessID) -> Bool {
    let slot = objects[process].table.slot(at: index, in: objects)
    return !slot.isNone && objects[slot].state == .free
  }
}

extension ObjectStore where P: ~Copyable {
  /// Whether a call to the thread can be received: it has a slot for the right to answer.
  func hasEmptySpare(_ thread: ThreadID) -> Bool {
    let spare = self[thread].spare
    return !spare.isNone && self[spare].state == .spare
  }

  /// Takes a free slot as a thread's spare. What is in the one it had, a right that is still to be
  /// used, stays there as in any slot.
  ///
  /// One from the end of the free list, which is seldom one that somebody names by its number,
  /// and none that the thread itself names for what may come.
  ///
  /// - Parameter accepts: See `TransferRecord.accepts`.
  /// - Precondition: Its process's table has a free slot.
  func takeSpare(for thread: ThreadID, keepingOff accepts: UInt64) {
    let old = self[thread].spare
    if !old.isNone { leaveSpare(old) }
    let free = self[self[thread].process].table.free
    var slot = free.last(in: self)
    // At most four are named. They are all that is free if `ensureSpare` found no more.
    while slot != free.first, Self.names(self[slot].index, in: accepts) {
      slot = FreeSlots[slot, in: self].previous
    }
    takeFree(slot)
    // What is in a spare does not count as a capability that the process holds.
    self[self[slot].owner].table.usedCount -= 1
    shared.capabilityCount -= 1
    self[slot].state = .spare
    self[slot].typeCode = ObjectType.reply.rawValue
    self[slot].badge = 0
    self[slot].holder = thread.header
    DerivationTree.insert(slot, under: .none, in: self)
    self[thread].spare = slot
  }

  private static func names(_ index: UInt16, in accepts: UInt64) -> Bool {
    for place in 0..<4 where SlotChoice.of(place, in: accepts) == index { return true }
    return false
  }

  /// Makes the right to answer a caller, in the spare of the thread that received its call.
  ///
  /// - Precondition: The spare is empty.
  @inline(__always)
  func makeReply(to caller: ThreadID, for receiver: ThreadID, mayGrant: Bool) -> SlotID {
    let slot = self[receiver].spare
    self[slot].state = .held
    self[slot].object = caller.header
    self[slot].rightsBits =
      mayGrant ? Rights.transfer.union(.grant).slotBits : Rights.transfer.slotBits
    self[caller].replySlot = slot
    return slot
  }

  /// Empties a filled spare; its caller knows already.
  @inline(__always)
  func emptySpare(_ slot: SlotID) {
    self[slot].state = .spare
    self[slot].object = .none
    renew(slot)
  }

  /// Takes a right to answer out of its slot, wherever that is: it is used, or has nobody left
  /// who waits. The caller goes on, or ends, by whoever calls this.
  func spendReply(_ slot: SlotID) {
    self[cast(self[slot].object, to: ThreadTag.self)].replySlot = .none
    guard self[slot].holder.isNone else { return emptySpare(slot) }
    DerivationTree.remove(slot, in: self)
    releaseSlot(slot)
  }

  /// Gives back the spare of a thread that has ended. Whoever it has not answered learns so.
  func dropSpare(of thread: ThreadID) {
    let slot = self[thread].spare
    guard !slot.isNone else { return }
    guard self[slot].state == .spare else { return empty(slot) }
    leaveSpare(slot)
    DerivationTree.remove(slot, in: self)
    releaseSlot(slot)
  }
}
