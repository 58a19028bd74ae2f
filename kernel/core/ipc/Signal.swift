import KernelHAL
import MnosABI

/// `signal` and `wait`: the word of a notification.
extension Kernel where P: ~Copyable {
  mutating func signalCall() throws(Failure) -> SlotID {
    try lookUp(objects[current].registers.argument0, .notification, needing: .write)
  }

  /// Signals through a capability: its badge, or 1 if it has none.
  ///
  /// - Throws: `peerGone` if the notification was destroyed.
  mutating func signal(through slot: SlotID) throws(Failure) {
    let notification = NotificationID(granule: objects[slot].object)
    guard !objects[notification].isDestroyed else { throw Failure(.peerGone) }
    let badge = objects[slot].badge
    signal(notification, bits: badge == 0 ? 1 : badge)
  }

  /// ORs bits into the word, or hands them to a thread that waits for them.
  mutating func signal(_ notification: NotificationID, bits: UInt64) {
    let waiter = objects[notification].queue.head
    if !waiter.isNone {
      endWait(waiter)
      finish(waiter, ResultWord(.ok), value: bits)
      return
    }
    let bound = objects[notification].boundThread
    if !bound.isNone, objects[bound].state == .receiving {
      leaveEndpoint(bound)
      stopTimer(bound)
      deliverSignal(bits, to: bound)
      makeReady(bound)
      return
    }
    objects[notification].word |= bits
  }

  /// Signals what a bound slot says, if there is one.
  mutating func signalBound(_ slot: SlotID) {
    guard !slot.isNone else { return }
    let notification = NotificationID(granule: objects[slot].object)
    guard !objects[notification].isDestroyed else { return }
    let badge = objects[slot].badge
    signal(notification, bits: badge == 0 ? 1 : badge)
  }

  mutating func wait() throws(Failure) {
    let slot = try lookUp(objects[current].registers.argument0, .notification, needing: .read)
    let notification = NotificationID(granule: objects[slot].object)
    guard !objects[notification].isDestroyed else { throw Failure(.peerGone) }
    let word = objects[notification].word
    if word != 0 {
      objects[notification].word = 0
      answer(value: word)
      return
    }
    let deadline = objects[current].registers.argument1
    try checkDeadline(deadline)
    let thread = current
    objects[thread].message = PendingMessage()
    objects[notification].queue.append(thread, in: objects)
    addDependent(thread, to: slot)
    startTimer(thread, deadline: deadline)
    blockCurrent(.waiting)
  }

  // MARK: Interrupts

  /// A line interrupted: masks it until it is acknowledged and signals its target.
  public mutating func interrupted(line: UInt32) {
    platform.acceptInterrupt(line: line)
    let interrupt = interrupt(ofLine: line)
    guard !interrupt.isNone else { return }
    objects[interrupt].isPending = true
    objects[interrupt].deliveries &+= 1
    signalBound(objects[interrupt].target)
  }
}
