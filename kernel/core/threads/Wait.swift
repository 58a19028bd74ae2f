import KernelHAL
import MnosABI

/// What a thread waits for, and how a wait ends.
///
///                  endpoint queue, through a slot         reply right, in a slot
///      ┌─ send ──> sending ────────── received (call) ───────> awaitingReply ──┐
///      │             │  ^ fault, handled by an endpoint          │             │
///   running          │  └──────────────── running                │ dropped     │ answered
///      ├─ receive ─> receiving ──────── message, signal ──────┐  │ (reaper)    │
///      └─ wait ────> waiting ────────── signal ───────────────┤  │             │
///                    │ notification queue, through a slot     v  v             v
///                    └── slot deleted, moved; timer; peer gone ──────────────> ready
///
/// A blocked thread stands in one queue and in the list of the slot that it waits through, and
/// may stand in the timer queue. `leaveWait` takes it out of all of them, in O(1) but for the
/// timer. It frees nothing, and wakes nobody else but one: where the right to answer a caller is
/// itself in transit, the sender of the message that carries it. That one waits to send, so it
/// leads to no further wake.
extension ObjectStore where P: ~Copyable {
  // MARK: Ready

  /// Lets a thread run again, behind those of its priority, with a whole slice to come unless
  /// `handOver` follows.
  func makeReady(_ thread: ThreadID) {
    self[thread].state = .ready
    self[thread].slice = TimeSlice()
    // Whether its share is still spent is looked at when it is to run.
    if self[thread].isThrottled { endThrottle(thread) }
    guard !self[thread].isSuspended else { return }
    let home = self[thread].home
    self[home].ready.insert(thread, atHead: false, in: self)
    // Now somebody else wants the CPU: who runs at nobody's expense, called by who has no share or
    // has spent it, goes on at its own, or not.
    if self[home].isSpent || runsFree(on: home) { lookAtPayer(of: home) }
    guard !self[home].needsSchedule else { return }
    let running = self[home].current
    // A rival of the same priority matters too: it starts the running thread's time slice.
    if running.isNone || self[thread].priority >= self[running].priority {
      self[home].needsSchedule = true
      self[home].needsWakeUp = true
    }
  }

  /// Takes a thread out of its run queue, if it is in it.
  func leaveRunQueue(_ thread: ThreadID) {
    guard self[thread].isQueued else { return }
    self[self[thread].home].ready.remove(thread, in: self)
  }

  /// Gives a throttled thread its own priority again.
  ///
  /// - Precondition: It is throttled, and in no run queue.
  func endThrottle(_ thread: ThreadID) {
    stopTimer(thread)
    self[thread].isThrottled = false
    self[thread].priority = self[thread].ownPriority
  }

  /// Takes a running thread off its CPU; its new state says where it is.
  @inline(__always)
  func block(_ thread: ThreadID, _ state: ThreadState) {
    self[thread].state = state
    self[self[thread].home].needsSchedule = true
  }

  // MARK: Waiting

  /// Puts a thread into an endpoint's queue.
  ///
  /// - Precondition: The queue is empty or of the same kind. A receiver's spare slot is empty.
  @inline(__always)
  func enqueue(
    _ thread: ThreadID, on endpoint: EndpointID, through slot: SlotID, as role: Endpoint.Waiters
  ) {
    self[endpoint].waiters = role
    self[endpoint].queue.append(thread, in: self)
    addWaiter(thread, to: slot)
  }

  /// Notes that a thread waits through a capability.
  @inline(__always)
  func addWaiter(_ thread: ThreadID, to slot: SlotID) {
    self[thread].waitSlot = slot
    self[slot].waiters.append(thread, in: self)
  }

  /// Takes a sender or receiver out of its endpoint's queue; its timer keeps running.
  @inline(__always)
  func leaveEndpoint(_ thread: ThreadID) {
    let slot = self[thread].waitSlot
    let endpoint: EndpointID = self[slot].object.narrowed(to: Endpoint.self)
    self[endpoint].queue.remove(thread, in: self)
    if self[endpoint].queue.isEmpty { self[endpoint].waiters = .none }
    leaveSlot(thread)
  }

  @inline(__always)
  private func leaveSlot(_ thread: ThreadID) {
    self[self[thread].waitSlot].waiters.remove(thread, in: self)
    self[thread].waitSlot = .none
  }

  private func leaveNotification(_ thread: ThreadID) {
    let slot = self[thread].waitSlot
    let notification = cast(self[slot].object, to: Notification.self)
    self[notification].queue.remove(thread, in: self)
    leaveSlot(thread)
  }

  @inline(__always)
  func stopTimer(_ thread: ThreadID) {
    guard self[thread].timer.isArmed else { return }
    self[self[thread].home].timers.remove(thread, in: self)
  }

  /// Takes a thread out of whatever it waits for, undoing what it had prepared.
  ///
  /// A sender keeps what it had attached; copies made for the message go, at most four.
  func leaveWait(_ thread: ThreadID) {
    switch self[thread].state {
    case .sending:
      leaveEndpoint(thread)
      unpark(thread)
    case .receiving: leaveEndpoint(thread)
    case .waiting: leaveNotification(thread)
    case .awaitingReply:
      let slot = self[thread].replySlot
      if !slot.isNone { withdrawReply(slot) }
    case .ready: leaveRunQueue(thread)
    case .new, .running, .faulted, .ended: break
    }
    stopTimer(thread)
  }

  /// Takes back the right to answer a thread that waits for the answer no more.
  private func withdrawReply(_ slot: SlotID) {
    // A message that was to carry the right cannot do so any more.
    if self[slot].state == .inTransit {
      wake(cast(self[slot].holder, to: ThreadTag.self), .cancelled)
    }
    stopPaying(for: cast(self[slot].object, to: ThreadTag.self))
    spendReply(slot)
  }

  /// Undoes what a blocked sender had set aside: it has what it had.
  func unpark(_ thread: ThreadID) {
    let count = Int(self[thread].message.transferCount)
    self[thread].message.transferCount = 0
    for index in 0..<count {
      let slot = self[thread].message.parked[index]
      self[slot].holder = .none
      self[slot].state = .held
      if self[thread].message.moves & (1 << UInt8(index)) == 0 { empty(slot) }
    }
  }

  // MARK: Waking

  /// Ends a thread's wait with a status.
  func wake(_ thread: ThreadID, _ status: SyscallStatus) {
    let isFault = self[thread].message.isFault
    leaveWait(thread)
    guard !isFault else { return leaveUnhandled(thread) }
    complete(thread, ResultWord(status), value: 0)
  }

  /// The handler of a thread's fault is gone: the fault is nobody's to handle. What follows
  /// is left to the reaper.
  func leaveUnhandled(_ thread: ThreadID) {
    self[thread].message.marks.remove(.fault)
    self[thread].state = .faulted
    self[thread].isUnhandled = true
    doom(thread.header)
  }

  /// Gives a thread the outcome of its call and makes it ready.
  @inline(__always)
  func complete(_ thread: ThreadID, _ result: ResultWord, value: UInt64) {
    self[thread].registers.callWord = result.rawValue
    self[thread].registers.argument0 = value
    makeReady(thread)
  }

  /// Gives a thread that carries work the outcome of its call; it runs, or is ready.
  func completeWork(of thread: ThreadID, _ status: SyscallStatus, value: UInt64 = 0) {
    if case .revoke = self[thread].work { shared.revokers.remove(thread, in: self) }
    self[thread].work = .none
    self[thread].registers.callWord = ResultWord(status).rawValue
    self[thread].registers.argument0 = value
  }

  // MARK: Signals

  /// ORs bits into the word, or hands them to a thread that waits for them. Wakes at most one.
  func signal(_ notification: NotificationID, bits: UInt64) {
    let waiter = self[notification].queue.first
    if !waiter.isNone {
      leaveWait(waiter)
      complete(waiter, ResultWord(.ok), value: bits)
      return
    }
    let bound = self[notification].boundThread
    if !bound.isNone, self[bound].state == .receiving {
      leaveWait(bound)
      deliverSignal(bits, to: bound)
      makeReady(bound)
      return
    }
    self[notification].word |= bits
  }

  /// Writes a signalled word as the outcome of a receive.
  func deliverSignal(_ word: UInt64, to thread: ThreadID) {
    self[thread].registers.callWord =
      ResultWord(delivered: .notification, wordCount: 0).rawValue
    self[thread].registers.argument0 = word
  }

  /// Signals what a bound slot says, if there is one: its badge, or 1 if it has none.
  func signalBound(_ slot: SlotID) {
    guard !slot.isNone else { return }
    let notification = cast(self[slot].object, to: Notification.self)
    guard !self[notification].isDestroyed else { return }
    signal(notification, bits: self[slot].signalBits)
  }
}

extension CapabilitySlot {
  /// What a signal through a notification capability ORs in.
  var signalBits: UInt64 { badge == 0 ? 1 : badge }
}
