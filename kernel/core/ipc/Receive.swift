import KernelHAL
import MnosABI

/// `receive` and `wait`: the receiving half of a rendezvous, and a notification's word.
///
/// What a receive delivers, in the order in which it is looked for:
///
///     bound notification's word, not 0 ──> the word           even if the endpoint is destroyed
///     a sender waits ────────────────────> its message        even past the deadline
///     none of these ─────────────────────> it waits: for either, the deadline, or an end
extension Kernel where P: ~Copyable {
  /// `receive`: the message of the sender that has waited longest, or of the next one to come.
  ///
  /// - Parameter arguments: The endpoint; the deadline; a record whose `accepts` names slots for
  ///   capabilities that may come, and which attaches none.
  /// - Throws: `badCapability`, `wrongType`; `noRight` without `read`; `badArgument(11)` for a
  ///   word count or a reply handle; what `readAttachments` throws, to which nothing may be
  ///   attached; then what the other `receive` throws. A wait ends with `peerGone`,
  ///   `timedOut`, or `cancelled` when its capability is deleted, revoked or moved.
  mutating func receive(_ arguments: MessageArguments) throws(Failure) {
    let source = try lookUp(arguments.endpoint, as: Endpoint.self, needing: .read)
    guard arguments.wordCount == 0, arguments.reply == .none else { throw .badArgument(11) }
    let attached = try readAttachments(at: arguments.record, atMost: 0)
    try receive(through: source, accepts: attached.accepts, deadline: arguments.deadline)
  }

  /// Receives for the current thread.
  ///
  /// - Parameter source: Looked up in this entry, after any reply that the same call sent.
  /// - Throws: `peerGone` for an endpoint that was destroyed; `noSlot` or `noMemory` if
  ///   there is no room for the right to answer; what `checkDeadline` throws.
  mutating func receive(
    through source: Capability<Endpoint>, accepts: UInt64, deadline: UInt64
  ) throws(Failure) {
    let receiver = current
    if takeBoundSignal(receiver) { return }
    guard !objects[source.object].isDestroyed else { throw Failure(.peerGone) }
    var message = PendingMessage()
    message.accepts = accepts
    message.mayGrant = objects[source.slot].rights.includes(.grant)
    if objects[source.object].waiters == .senders {
      return try take(from: objects[source.object].queue.first, message)
    }
    try checkDeadline(deadline)
    // No call to a thread that waits can fail for want of a slot for the right to answer.
    let needsSpare = !objects.hasEmptySpare(receiver)
    if needsSpare { try ensureSpare(in: objects[receiver].process, keepingOff: accepts) }

    if needsSpare { objects.takeSpare(for: receiver, keepingOff: accepts) }
    objects[receiver].message = message
    objects.enqueue(receiver, on: source.object, through: source.slot, as: .receivers)
    startTimer(receiver, deadline: deadline)
    objects.block(receiver, .receiving)
  }

  /// Takes the message of a sender that waits, for the current thread.
  ///
  /// A `send` completes by it. A caller goes on to wait for the answer, with the timer that it
  /// started when it began to send: its deadline is for both together.
  ///
  /// - Throws: `noSlot` or `noMemory` if there is no room for a reply right: the sender then
  ///   stays where it is, first in the queue.
  private mutating func take(
    from sender: ThreadID, _ accepted: PendingMessage
  ) throws(Failure) {
    let receiver = current
    let process = objects[receiver].process
    let isCall = objects[sender].message.isCall
    let count = Int(objects[sender].message.transferCount)
    let needsSpare = isCall && !objects.hasEmptySpare(receiver)
    if needsSpare { try ensureSpare(in: process, keepingOff: accepted.accepts) }
    var found = Destinations()
    if count > 0, accepted.mayGrant {
      found =
        findDestinations(
          for: count, in: process, accepts: accepted.accepts, leaving: needsSpare ? 1 : 0)
        ?? found
    }

    objects[receiver].message = accepted
    objects.leaveEndpoint(sender)
    if found.count > 0 {
      objects.transferParked(from: sender, to: found, for: receiver)
    } else {
      objects.unpark(sender)
    }
    // After what came along, whose places were found among the free slots before.
    if needsSpare { objects.takeSpare(for: receiver, keepingOff: accepted.accepts) }
    let reply =
      isCall ? objects.makeReply(to: sender, for: receiver, mayGrant: accepted.mayGrant) : .none
    objects.deliver(from: sender, to: receiver, capabilities: found.count, reply: reply)
    if isCall {
      objects[sender].state = .awaitingReply
    } else {
      objects.stopTimer(sender)
      objects.complete(sender, ResultWord(.ok), value: UInt64(found.count))
    }
    // Who calls pays from here on, if it can; and whoever was answered just now does no more.
    changesService()
  }

  /// Delivers the word of a thread's bound notification, if it is not 0.
  ///
  /// - Returns: Whether it did, and the receive is complete.
  private mutating func takeBoundSignal(_ thread: ThreadID) -> Bool {
    let notification = objects[thread].boundNotification
    guard !notification.isNone, objects[notification].word != 0 else { return false }
    objects.deliverSignal(objects[notification].word, to: thread)
    objects[notification].word = 0
    // Whoever was answered just now does not pay for this.
    changesService()
    return true
  }

  // MARK: Notifications

  /// `signal`: signals through a capability, with its badge, or 1 if it has none. Never waits.
  ///
  /// - Throws: `badCapability`, `wrongType`; `noRight` without `write`; `peerGone` if the
  ///   notification was destroyed. In this order.
  mutating func signalCall(_ arguments: SignalArguments) throws(Failure) {
    let target = try lookUp(arguments.notification, as: Notification.self, needing: .write)
    guard !objects[target.object].isDestroyed else { throw Failure(.peerGone) }
    answer(value: 0)
    objects.signal(target.object, bits: objects[target.slot].signalBits)
  }

  /// `wait`: takes a notification's word and clears it, or waits until it is not 0.
  ///
  /// - Parameter arguments: The notification; the deadline.
  /// - Throws: `badCapability`, `wrongType`; `noRight` without `read`; `peerGone` if the
  ///   notification was destroyed; what `checkDeadline` throws. In this order. A wait ends with
  ///   `peerGone`, `timedOut` or `cancelled`, like that of a receive.
  mutating func waitCall(_ arguments: WaitArguments) throws(Failure) {
    let source = try lookUp(arguments.notification, as: Notification.self, needing: .read)
    guard !objects[source.object].isDestroyed else { throw Failure(.peerGone) }
    let word = objects[source.object].word
    if word != 0 {
      objects[source.object].word = 0
      return answer(value: word)
    }
    try checkDeadline(arguments.deadline)

    let thread = current
    // Nothing of an earlier call may be left in it: whatever ends the wait looks there for a
    // fault and for attached capabilities.
    objects[thread].message = PendingMessage()
    objects[source.object].queue.append(thread, in: objects)
    objects.addWaiter(thread, to: source.slot)
    startTimer(thread, deadline: arguments.deadline)
    objects.block(thread, .waiting)
  }
}
