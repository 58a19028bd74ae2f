import KernelHAL
import MnosABI

/// The two halves of a round trip when nothing is in the way: a caller meets a receiver
/// that waits, and a server answers its caller and waits again.
///
///     caller     running ── call ──> awaitingReply                     ┌─> running
///                               │                                      │
///                         words, reply right                         words
///                               v                                      │
///     server     receiving ──────> running ── replyAndReceive ─────────┴─> receiving
///
/// Each does exactly what the general path would, or declines before it changed anything.
/// What makes it fast is what it leaves out: no transfer record, so no table grows and no
/// capability changes hands but the reply right; no deadline, so no timer; no run queue, as the
/// thread that stops running gives the CPU to the one that it made runnable.
extension Kernel where P: ~Copyable {
  /// `call` without capabilities and deadline, to a receiver that waits and runs next.
  ///
  /// An endpoint on which somebody waits to receive has a reader, so only `isDestroyed` is left
  /// to be looked at of what makes it deserted.
  ///
  /// - Precondition: `word.isPlainCall`.
  /// - Returns: Whether it was done, and so nothing comes before user mode.
  @inline(__always)
  mutating func fastCall(_ word: CallWord) -> Bool {
    let caller = current
    guard objects[caller].registers.argument1 == Deadline.never,
      let slot = fastLookUp(
        objects[caller].registers.argument0, .endpoint, needing: .write.union(.call))
    else { return false }
    let endpoint = objects[slot].object.narrowed(to: Endpoint.self)
    guard objects[endpoint].waiters == .receivers, !objects[endpoint].isDestroyed else {
      return false
    }
    let receiver = objects[endpoint].queue.first
    guard canSwitch(to: receiver) else { return false }

    objects.leaveEndpoint(receiver)
    let reply = objects.makeReply(
      to: caller, for: receiver, mayGrant: objects[receiver].message.mayGrant)
    // What others look at while it waits: how many capabilities it attached, and what it accepts
    // with the answer. The words are handed on here, so their count is not kept.
    objects[caller].message.callBits = PendingMessage.plainCall
    objects[caller].message.marks = AnswerMarks()
    objects[caller].message.transferCount = 0
    objects[caller].message.accepts = 0
    objects[caller].state = .awaitingReply
    // The receiver's words beyond the count keep what they held, as on the general path.
    let count = word.wordCount
    objects.copyWords(Int(truncatingIfNeeded: count), from: caller, to: receiver)
    objects[receiver].registers.callWord =
      ResultWord(delivered: .message, wordCount: count, reply: objects[reply].handle).rawValue
    objects[receiver].registers.argument0 = objects[slot].badge
    switchDirectly(to: receiver)
    return true
  }

  /// `replyAndReceive` without capabilities and deadline, to a caller that runs next, with
  /// nothing to be received.
  ///
  /// - Precondition: `word.isPlainReply`.
  /// - Returns: As for `fastCall`.
  @inline(__always)
  mutating func fastReplyAndReceive(_ word: CallWord) -> Bool {
    let server = current
    guard objects[server].registers.argument1 == Deadline.never,
      let slot = fastLookUp(
        objects[server].registers.argument0, .endpoint, needing: .read)
    else { return false }
    // Its own right, where the call put it.
    let reply = objects[server].spare
    guard !reply.isNone, objects[reply].state == .held, objects[reply].handle == word.reply
    else { return false }
    let endpoint = objects[slot].object.narrowed(to: Endpoint.self)
    let caller = objects[reply].object.narrowed(to: ReplyTag.self).caller
    guard objects[endpoint].waiters != .senders, !objects[endpoint].isDestroyed,
      hasNoSignal(server), objects[caller].message.marks.isEmpty, canSwitch(to: caller)
    else { return false }

    objects[caller].replySlot = .none
    objects.emptySpare(reply)
    let count = word.wordCount
    objects.copyWords(Int(truncatingIfNeeded: count), from: server, to: caller)
    objects[caller].registers.callWord =
      ResultWord(delivered: .message, wordCount: count).rawValue
    objects[caller].registers.argument0 = 0
    objects[server].message.accepts = 0
    objects[server].message.callBits = 0
    objects[server].message.mayGrant = objects[slot].rights.includes(.grant)
    objects.enqueue(server, on: endpoint, through: slot, as: .receivers)
    objects[server].state = .receiving
    switchDirectly(to: caller)
    return true
  }

  /// As `lookUp`, but nil for any reason that the general path would report.
  ///
  /// The reason is not kept: the general path looks again and finds it, so there is one place
  /// that decides which status a bad handle gets.
  @inline(__always)
  private mutating func fastLookUp(
    _ handle: UInt64, _ type: ObjectType, needing rights: Rights
  ) -> SlotID? {
    guard handle <= UInt64(UInt32.max) else { return nil }
    let handle = Handle(rawValue: UInt32(truncatingIfNeeded: handle))
    let slot = objects[objects[current].process].table.slot(at: handle.slot, in: objects)
    guard !slot.isNone, objects[slot].state == .held,
      objects[slot].generation == handle.generation,
      objects[slot].typeCode == type.rawValue, objects[slot].rights.includes(rights)
    else { return nil }
    return slot
  }

  /// Whether a waiting thread can take over this CPU from the current one, and nothing the
  /// kernel has to do comes before it.
  ///
  /// Its priority is compared with what else is ready, not with the current thread's, which is
  /// about to wait.
  @inline(__always)
  private mutating func canSwitch(to thread: ThreadID) -> Bool {
    guard !objects[thread].isSuspended, !objects[thread].timer.isArmed,
      objects[thread].home == cpu, objects[objects[thread].process].state == .running
    else { return false }
    let priority = Int(objects[thread].priority)
    return (priority > objects[cpu].ready.highestPriority
      && priority > objects.shared.reaper.priority) || comesBeforeEquals(thread)
  }

  /// Whether a thread can take over before others of its priority that are ready: in the rest of
  /// the slice that runs. What has to be ended at its priority takes turns with it: that is left to
  /// the general path.
  @inline(never)
  private mutating func comesBeforeEquals(_ thread: ThreadID) -> Bool {
    let priority = Int(objects[thread].priority)
    return objects[cpu].sliceEnd != .max && objects[thread].priority >= objects[cpu].slice.priority
      && priority == objects[cpu].ready.highestPriority
      && priority > objects.shared.reaper.priority
  }

  /// Whether a receive of this thread would have to wait, as far as its bound notification goes.
  @inline(__always)
  private mutating func hasNoSignal(_ thread: ThreadID) -> Bool {
    let notification = objects[thread].boundNotification
    return notification.isNone || objects[notification].word == 0
  }

  /// Runs `thread` now; the current one's new state says where it is.
  ///
  /// `schedule` is not needed: no thread was queued, so what was the most urgent one still is.
  /// The slice, if one runs, goes on: it is that of whoever called first, and its end puts whoever
  /// runs then behind its equals.
  @inline(__always)
  private mutating func switchDirectly(to thread: ThreadID) {
    let now = platform.timestamp()
    objects[current].cpuTime &+= now
    objects[thread].cpuTime &-= now
    objects[cpu].current = thread
    objects[thread].state = .running
    switchContext(to: thread, at: now)
  }
}

extension CallWord {
  /// `call` with up to 8 words and nothing else.
  @inline(__always)
  var isPlainCall: Bool {
    rawValue & ~0xf00 == UInt64(SyscallNumber.call.rawValue) && rawValue <= 0x8ff
  }

  /// `replyAndReceive` with a reply right, up to 8 words and nothing else.
  @inline(__always)
  var isPlainReply: Bool {
    let low = rawValue & 0xffff_ffff
    return low & ~0xf00 == UInt64(SyscallNumber.replyAndReceive.rawValue) && low <= 0x8ff
      && rawValue >> 32 != 0
  }
}
