import KernelHAL
import MnosABI

/// Blocking and waking: what a thread waits for, and how a wait ends.
extension Kernel where P: ~Copyable {
  /// Whether a call may block until `deadline`.
  ///
  /// - Throws: `wouldBlock` for the poll form, `timedOut` if the deadline has passed.
  mutating func checkDeadline(_ deadline: UInt64) throws(Failure) {
    if deadline == Deadline.poll { throw Failure(.wouldBlock) }
    if deadline != Deadline.never, deadline <= platform.now() { throw Failure(.timedOut) }
  }

  /// Notes that a thread waits through a capability.
  @inline(__always)
  mutating func addDependent(_ thread: ThreadID, to slot: SlotID) {
    let head = ThreadID(granule: objects[slot].dependents)
    objects[thread].waitSlot = slot
    objects[thread].nextOfSlot = head
    objects[thread].previousOfSlot = .none
    if !head.isNone { objects[head].previousOfSlot = thread }
    objects[slot].dependents = thread.granule
  }

  @inline(__always)
  mutating func removeDependent(_ thread: ThreadID) {
    let slot = objects[thread].waitSlot
    guard !slot.isNone else { return }
    let next = objects[thread].nextOfSlot
    let previous = objects[thread].previousOfSlot
    if !next.isNone { objects[next].previousOfSlot = previous }
    if previous.isNone {
      objects[slot].dependents = next.granule
    } else {
      objects[previous].nextOfSlot = next
    }
    objects[thread].waitSlot = .none
  }

  /// Takes a sender or receiver out of its endpoint's queue; its timer keeps running.
  @inline(__always)
  mutating func leaveEndpoint(_ thread: ThreadID) {
    let endpoint = EndpointID(granule: objects[objects[thread].waitSlot].object)
    objects[endpoint].queue.remove(thread, in: objects)
    if objects[endpoint].queue.isEmpty { objects[endpoint].waiters = .none }
    removeDependent(thread)
  }

  /// Takes a thread out of whatever it waits for, undoing what it had prepared.
  mutating func endWait(_ thread: ThreadID) {
    switch objects[thread].state {
    case .sending:
      leaveEndpoint(thread)
      unpark(thread)
    case .receiving: leaveEndpoint(thread)
    case .waiting:
      let notification = NotificationID(granule: objects[objects[thread].waitSlot].object)
      objects[notification].queue.remove(thread, in: objects)
      removeDependent(thread)
    case .awaitingReply:
      let slot = objects[thread].replySlot
      // A message that was to carry the right to answer us cannot do so any more.
      if objects[slot].state == .inTransit { cancelSend(ofTransit: slot) }
      objects[thread].replySlot = .none
      DerivationTree.remove(slot, in: objects)
      releaseSlot(slot)
    case .ready:
      if objects[thread].isQueued {
        objects[cpus[Int(objects[thread].cpu)]].ready.remove(thread, in: objects)
      }
    case .new, .running, .faulted, .ended: break
    }
    stopTimer(thread)
  }

  /// Ends a thread's wait with a status.
  mutating func wake(_ thread: ThreadID, status: SyscallStatus) {
    let isFault = objects[thread].message.isFault
    endWait(thread)
    if isFault {
      // Its handler is gone: the fault is nobody's to handle.
      objects[thread].message.isFault = false
      stop(thread)
      return
    }
    finish(thread, ResultWord(status), value: 0)
  }

  /// Gives a thread the outcome of its call and makes it ready.
  @inline(__always)
  mutating func finish(_ thread: ThreadID, _ result: ResultWord, value: UInt64) {
    objects[thread].registers.callWord = result.rawValue
    objects[thread].registers.argument0 = value
    makeReady(thread)
  }

  /// Wakes whoever waits on an endpoint.
  mutating func wakeAll(onEndpoint endpoint: EndpointID, status: SyscallStatus) {
    while !objects[endpoint].queue.isEmpty { wake(objects[endpoint].queue.head, status: status) }
  }

  mutating func wakeAll(onNotification notification: NotificationID, status: SyscallStatus) {
    while !objects[notification].queue.isEmpty {
      wake(objects[notification].queue.head, status: status)
    }
  }

  /// A reply right ended unused: its caller learns that the server is gone.
  mutating func dropReply(to caller: ThreadID) {
    guard !caller.isNone, !objects[caller].replySlot.isNone else { return }
    // The slot itself is being emptied by our caller.
    objects[caller].replySlot = .none
    stopTimer(caller)
    if objects[caller].message.isFault {
      objects[caller].message.isFault = false
      stop(caller)
    } else {
      finish(caller, ResultWord(.peerGone), value: 0)
    }
  }
}
