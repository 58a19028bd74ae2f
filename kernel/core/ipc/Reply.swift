import KernelHAL
import MnosABI

/// `reply` and `replyAndReceive`: answering a caller, once.
extension Kernel where P: ~Copyable {
  mutating func reply(_ word: CallWord) throws(Failure) {
    guard word.wordCount <= Limits.messageWords else { throw .badArgument(11) }
    let slot = try lookUp(UInt64(word.reply.rawValue), .reply, needing: .none)
    try readTransfers(word)
    try checkReplyTransfers(slot)
    answer(value: reply(through: slot, wordCount: Int(word.wordCount)))
  }

  /// Replies if the call names a reply right, then receives.
  ///
  /// - Throws: For an error in either half found before the reply, which is then not sent;
  ///   or the outcome of the receive.
  mutating func replyAndReceive(_ word: CallWord) throws(Failure) {
    guard word.wordCount <= Limits.messageWords else { throw .badArgument(11) }
    let endpoint = try lookUp(objects[current].registers.argument0, .endpoint, needing: .read)
    guard word.reply != .none else {
      guard word.wordCount == 0 else { throw .badArgument(11) }
      try readTransfers(word)
      guard objects[current].message.transferCount == 0 else { throw .badArgument(2) }
      return try receive(through: endpoint)
    }
    let slot = try lookUp(UInt64(word.reply.rawValue), .reply, needing: .none)
    try readTransfers(word)
    try checkReplyTransfers(slot)
    _ = reply(through: slot, wordCount: Int(word.wordCount))
    // The reply may have carried the endpoint's capability away.
    guard objects[endpoint].state == .held else { throw .badCapability }
    try receive(through: endpoint)
  }

  /// A reply cannot carry away the right that it spends.
  private mutating func checkReplyTransfers(_ slot: SlotID) throws(Failure) {
    for index in 0..<Int(objects[current].message.transferCount)
    where objects[current].message.slot(at: index) == slot { throw .badArgument(2) }
  }

  /// Answers a caller with the current thread's message; the right is spent.
  ///
  /// - Returns: How many capabilities the caller got.
  private mutating func reply(through slot: SlotID, wordCount: Int) -> UInt64 {
    let caller = ThreadID(granule: objects[slot].object)
    let mayGrant = objects[slot].rights.includes(.grant)
    objects[caller].replySlot = .none
    DerivationTree.remove(slot, in: objects)
    releaseSlot(slot)
    stopTimer(caller)
    if objects[caller].message.isFault {
      answerFault(of: caller, wordCount: wordCount)
      return 0
    }
    if !mayGrant { objects[current].message.transferCount = 0 }
    let count = transferCapabilities(from: current, to: caller)
    copyWords(wordCount, from: current, to: caller)
    finish(
      caller,
      ResultWord(delivered: .message, wordCount: UInt64(wordCount), capabilityCount: count),
      value: 0)
    return count
  }

  /// A fault handler answered: runs the thread on, or ends it.
  private mutating func answerFault(of thread: ThreadID, wordCount: Int) {
    objects[thread].message.isFault = false
    let answer = FaultAnswer(rawValue: objects[current].registers[word: 0])
    if wordCount > 0, answer == .resume {
      makeReady(thread)
    } else {
      // It waits for nothing any more, so that its end undoes nothing.
      objects[thread].state = .faulted
      end(thread, value: ExitValue.faulted | objects[thread].fault.kind)
    }
  }
}
