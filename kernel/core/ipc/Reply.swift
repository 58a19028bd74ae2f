import KernelHAL
import MnosABI

/// `reply` and `replyAndReceive`: answering a caller, once.
///
/// A reply never waits: its caller waits already, and has room for the words. Capabilities that
/// the caller does not take stay with the server; the words arrive all the same.
extension Kernel where P: ~Copyable {
  /// `reply`: answers the caller that a reply right stands for. Argument 0 of the outcome says how
  /// many capabilities the caller took.
  ///
  /// - Throws: What `checkReply` throws; the reply is not sent then, and the right is kept.
  mutating func reply(_ arguments: MessageArguments) throws(Failure) {
    let (right, attached) = try checkReply(arguments)
    let count = reply(through: right, attached, wordCount: Int(arguments.wordCount))
    answer(value: UInt64(count))
    // Its caller pays no more.
    changesService()
  }

  /// Replies if the call names a reply right, then receives.
  ///
  /// - Throws: For an error in either half found before the reply, which is then not sent;
  ///   or the outcome of the receive.
  mutating func replyAndReceive(_ arguments: MessageArguments) throws(Failure) {
    guard arguments.reply != .none else { return try receive(arguments) }
    // Only to see that the receive can begin: the server must not learn after the reply that its
    // handle was wrong from the start.
    _ = try lookUp(arguments.endpoint, as: Endpoint.self, needing: .read)
    let (right, attached) = try checkReply(arguments)
    let caller = right.object.caller
    // The caller goes on with what it paid for, not with time of the server's own.
    let isSponsored =
      right.slot == objects[current].spare
      && objects[caller].message.marks.leavesTimeToCaller
    _ = reply(through: right, attached, wordCount: Int(arguments.wordCount))
    // The reply may have carried the capability away or put another in its place: what the
    // handle names now is what counts.
    do throws(Failure) {
      let source = try lookUp(arguments.endpoint, as: Endpoint.self, needing: .read)
      try receive(through: source, accepts: attached.accepts, deadline: arguments.deadline)
    } catch {
      // It goes on, and its caller pays no more.
      changesService()
      throw error
    }
    if objects[current].state == .receiving {
      handOver(to: caller, isSponsored: isSponsored)
    }
  }

  /// All that can be wrong with a reply.
  ///
  /// - Returns: The reply right and what is to be attached to the answer.
  /// - Throws: `badArgument(11)` for more than 8 words; `badCapability` or `wrongType` for the
  ///   right, which needs none of the rights of others; what `readAttachments` throws;
  ///   `badArgument(2)` if the right itself is attached. In this order.
  private mutating func checkReply(
    _ arguments: MessageArguments
  ) throws(Failure) -> (Capability<ReplyTag>, Attachments) {
    guard arguments.wordCount <= Limits.messageWords else { throw .badArgument(11) }
    let right = try lookUp(
      UInt64(arguments.reply.rawValue), as: ReplyTag.self, needing: .none)
    let attached = try readAttachments(at: arguments.record)
    // A reply cannot carry away the right that it spends.
    for index in 0..<attached.count where attached.slots[index] == right.slot {
      throw .badArgument(2)
    }
    return (right, attached)
  }

  /// Answers a caller with the current thread's message; the right is spent.
  ///
  /// Both may be of one process: the slots for the caller were found among the free ones before
  /// that of the right becomes free, so the two are never the same.
  ///
  /// - Returns: How many capabilities the caller got.
  private mutating func reply(
    through right: Capability<ReplyTag>, _ attached: Attachments, wordCount: Int
  ) -> Int {
    let caller = right.object.caller
    let isFault = objects[caller].message.isFault
    var found = Destinations()
    if attached.count > 0, !isFault, objects[right.slot].rights.includes(.grant) {
      found =
        findDestinations(
          for: attached.count, in: objects[caller].process,
          accepts: objects[caller].message.accepts, leaving: 0) ?? found
    }

    objects.spendReply(right.slot)
    objects.stopTimer(caller)
    guard !isFault else {
      answerFault(of: caller, wordCount: wordCount)
      return 0
    }
    objects.transfer(attached, to: found, for: caller)
    objects.copyWords(wordCount, from: current, to: caller)
    objects.complete(
      caller,
      ResultWord(
        delivered: .message, wordCount: UInt64(wordCount),
        capabilityCount: UInt64(found.count)),
      value: 0)
    return found.count
  }

  /// A fault handler answered: runs the thread on, or ends it.
  ///
  /// The thread's registers are those of the fault, or what `writeRegisters` made of them since:
  /// no outcome is written, for it made no call. Without a word, or with one that is no
  /// `FaultAnswer`, it ends.
  private mutating func answerFault(of thread: ThreadID, wordCount: Int) {
    objects[thread].message.marks.remove(.fault)
    let answer = FaultAnswer(rawValue: objects[current].registers[word: 0])
    if wordCount > 0, answer == .resume {
      objects.makeReady(thread)
    } else {
      // It waits for nothing any more, so that its end undoes nothing.
      objects[thread].state = .faulted
      objects.end(thread, value: ExitValue.faulted | objects[thread].fault.kind)
    }
  }
}
