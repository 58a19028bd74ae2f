import KernelHAL
import MnosABI

/// `send` and `call`: the sending half of a rendezvous.
///
///     a receiver waits?  ── yes ──> give: words and capabilities, a reply right for a call
///          │ no                       send: complete      call: wait for the answer
///          v
///     may it wait?  ── no ──> wouldBlock, timedOut
///          │ yes
///          v
///     park: what is attached is set aside, and the sender joins the endpoint's queue
extension Kernel where P: ~Copyable {
  /// `send` and `call`: sends the current thread's message; a call then awaits the reply.
  ///
  /// - Parameter arguments: The endpoint; the deadline, for a call that of sending and answer
  ///   together; the record with what is attached, and for a call what is accepted with the
  ///   answer.
  /// - Throws: `badCapability`, `wrongType`; `noRight` without `write`, and for a call `call`;
  ///   `badArgument(11)` for more than 8 words or a reply handle; what `readLeases` and then
  ///   `readAttachments` throw;
  ///   with capabilities attached `noRight` without `grant`, and `badArgument(2)` if the endpoint
  ///   capability itself is to be moved; `peerGone` if nobody can ever receive; what
  ///   `checkDeadline` throws if nobody waits; `noSlot` or `noMemory` if the sender's table has
  ///   no room for the copies. In this order. A wait ends with `peerGone`, `timedOut`, or
  ///   `cancelled` when the endpoint's capability or an attached one is taken away.
  mutating func send(_ arguments: MessageArguments, isCall: Bool) throws(Failure) {
    let sender = current
    let target = try lookUp(
      arguments.endpoint, as: Endpoint.self, needing: isCall ? .write.union(.call) : .write)
    guard arguments.wordCount <= Limits.messageWords, arguments.reply == .none else {
      throw .badArgument(11)
    }
    let leased = try readLeases(arguments)
    let attached = try readAttachments(at: arguments.record)
    if attached.count > 0 {
      guard objects[target.slot].rights.includes(.grant) else { throw .noRight }
      // A message cannot carry away the capability that it is sent through.
      guard !attached.moves(target.slot) else { throw .badArgument(2) }
    }
    guard !objects[target.object].isDeserted else { throw Failure(.peerGone) }
    var message = PendingMessage()
    message.badge = objects[target.slot].badge
    // Without `grant` nothing comes the other way either.
    message.accepts = objects[target.slot].rights.includes(.grant) ? attached.accepts : 0
    message.wordCount = UInt8(truncatingIfNeeded: arguments.wordCount)
    if isCall { message.callBits = PendingMessage.plainCall | arguments.leases.bits }
    if objects[target.object].waiters == .receivers {
      objects[sender].message = message
      objects[sender].leased = leased
      give(attached, to: objects[target.object].queue.first, deadline: arguments.deadline)
      return
    }
    try checkDeadline(arguments.deadline)
    // In the sender's own table: copies are made when the message is sent, as children of their
    // sources, so that revoking a source reaches them while they are under way. What is moved stays
    // in its slot.
    try ensureFreeSlots(attached.copyCount, in: objects[sender].process)

    // No answer is written: whoever ends the wait writes it.
    objects[sender].message = message
    objects[sender].leased = leased
    objects.park(attached, for: sender)
    objects.enqueue(sender, on: target.object, through: target.slot, as: .senders)
    startTimer(sender, deadline: arguments.deadline)
    objects.block(sender, .sending)
  }

  /// Hands the current thread's message to a receiver that waits for one.
  ///
  /// The outcomes: all attached capabilities arrive, or the receiver does not take them and
  /// they stay; a call waits for the answer until `deadline`, a send has succeeded.
  ///
  /// - Precondition: The current thread's `message` is set, and it is in no queue.
  private mutating func give(
    _ attached: Attachments, to receiver: ThreadID, deadline: UInt64
  ) {
    let sender = current
    let isCall = objects[sender].message.isCall
    let process = objects[receiver].process
    var found = Destinations()
    if attached.count > 0, objects[receiver].message.mayGrant {
      found =
        findDestinations(
          for: attached.count, in: process, accepts: objects[receiver].message.accepts, leaving: 0)
        ?? found
    }

    objects.leaveEndpoint(receiver)
    objects.stopTimer(receiver)
    objects.transfer(attached, to: found, for: receiver)
    let reply =
      isCall
      ? objects.makeReply(
        to: sender, for: receiver, mayGrant: objects[receiver].message.mayGrant) : .none
    objects.deliver(from: sender, to: receiver, capabilities: found.count, reply: reply)
    if isCall {
      startTimer(sender, deadline: deadline)
      objects.block(sender, .awaitingReply)
    } else {
      answer(value: UInt64(found.count))
    }
    objects.makeReady(receiver)
    if isCall { handOver(to: receiver, isSponsored: true) }
  }

  // MARK: Faults

  /// The current thread cannot go on: tells its handler, or leaves it to the reaper to stop
  /// its process.
  ///
  /// A fault is delivered as a call that the thread did not make: the handler gets a reply right,
  /// and the answer lets the thread run on or ends it. It has no deadline and carries nothing.
  ///
  /// - Precondition: A thread runs on this CPU, and its registers are saved.
  public mutating func faulted(_ fault: Fault) {
    let thread = current
    objects[thread].fault = FaultRecord(
      kind: UInt64(fault.kind.rawValue), address: fault.address, code: fault.code)
    objects.block(thread, .faulted)
    let slot = objects[thread].faultHandler
    guard !slot.isNone else { return objects.leaveUnhandled(thread) }
    let endpoint = objects.cast(objects[slot].object, to: Endpoint.self)
    guard !objects[endpoint].isDeserted else { return objects.leaveUnhandled(thread) }
    var message = PendingMessage()
    message.marks.insert(.fault)
    message.callBits = PendingMessage.plainCall
    message.wordCount = UInt8(FaultMessage.wordCount)
    message.badge = objects[slot].badge
    objects[thread].message = message
    guard objects[endpoint].waiters == .receivers else {
      objects.enqueue(thread, on: endpoint, through: slot, as: .senders)
      // `block` has set the state that it keeps if nobody is to handle the fault.
      objects[thread].state = .sending
      return
    }
    give(Attachments(), to: objects[endpoint].queue.first, deadline: Deadline.never)
  }

  // MARK: Outcomes

  /// Whether a call may block until `deadline`.
  ///
  /// Asked only when there is something to wait for: what is there already is taken whatever the
  /// deadline says.
  ///
  /// - Throws: `wouldBlock` for the poll form, `timedOut` if the deadline has passed.
  mutating func checkDeadline(_ deadline: UInt64) throws(Failure) {
    if deadline == Deadline.poll { throw Failure(.wouldBlock) }
    if deadline != Deadline.never, deadline <= platform.now() { throw Failure(.timedOut) }
  }

  /// Completes the current thread's call successfully.
  ///
  /// - Parameter value: Argument 0 of the outcome; the status is `ok`, and no message came.
  @inline(__always)
  mutating func answer(value: UInt64) {
    objects[current].registers.callWord = 0
    objects[current].registers.argument0 = value
  }
}
