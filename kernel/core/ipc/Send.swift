import KernelHAL
import MnosABI

/// `send` and `call`: the sending half of a rendezvous.
extension Kernel where P: ~Copyable {
  /// Sends the current thread's message; a call then awaits the reply.
  mutating func send(_ word: CallWord, isCall: Bool) throws(Failure) {
    let sender = current
    let needed: Rights = isCall ? .write.union(.call) : .write
    let slot = try lookUp(objects[sender].registers.argument0, .endpoint, needing: needed)
    guard word.wordCount <= Limits.messageWords, word.reply == .none else {
      throw .badArgument(11)
    }
    try readTransfers(word)
    if objects[sender].message.transferCount > 0 { try checkTransfers(sender, through: slot) }
    let endpoint = EndpointID(granule: objects[slot].object)
    guard !objects[endpoint].isDeserted else { throw Failure(.peerGone) }
    objects[sender].message.wordCount = UInt8(truncatingIfNeeded: word.wordCount)
    objects[sender].message.isCall = isCall
    objects[sender].message.badge = objects[slot].badge
    let deadline = objects[sender].registers.argument1
    while objects[endpoint].waiters == .receivers {
      let receiver = objects[endpoint].queue.head
      guard let count = try? deliver(from: sender, to: receiver) else {
        wake(receiver, status: .noSlot)
        continue
      }
      leaveEndpoint(receiver)
      stopTimer(receiver)
      if isCall {
        startTimer(sender, deadline: deadline)
        blockCurrent(.awaitingReply)
      } else {
        answer(value: count)
      }
      makeReady(receiver)
      return
    }
    try checkDeadline(deadline)
    try park(sender)
    enqueue(sender, on: endpoint, through: slot, as: .senders, deadline: deadline)
    blockCurrent(.sending)
  }

  /// Checks what can only be said of transfers when the endpoint is known.
  private mutating func checkTransfers(_ sender: ThreadID, through slot: SlotID) throws(Failure) {
    guard objects[slot].rights.includes(.grant) else { throw .noRight }
    for index in 0..<Int(objects[sender].message.transferCount) {
      let isMove = objects[sender].message.moves & (1 << UInt8(index)) != 0
      // A message cannot carry away the capability that it is sent through.
      if isMove, objects[sender].message.slot(at: index) == slot { throw .badArgument(2) }
    }
  }

  /// Puts a thread into an endpoint's queue.
  mutating func enqueue(
    _ thread: ThreadID, on endpoint: EndpointID, through slot: SlotID,
    as role: Endpoint.Waiters, deadline: UInt64
  ) {
    objects[endpoint].waiters = role
    objects[endpoint].queue.append(thread, in: objects)
    addDependent(thread, to: slot)
    startTimer(thread, deadline: deadline)
  }

  /// Hands a sender's message to a receiver; neither is taken out of a queue.
  ///
  /// A caller gets its reply right made here.
  ///
  /// - Returns: How many capabilities were passed on.
  /// - Throws: `noSlot` or `noMemory` if the receiver's table cannot take the reply right;
  ///   nothing has changed then.
  mutating func deliver(from sender: ThreadID, to receiver: ThreadID) throws(Failure) -> UInt64 {
    let isCall = objects[sender].message.isCall
    if isCall { try ensureFreeSlots(1, in: objects[receiver].process) }
    let count = transferCapabilities(from: sender, to: receiver, leaving: isCall ? 1 : 0)
    let reply = isCall ? makeReply(to: sender, for: receiver) : .none
    let wordCount = Int(objects[sender].message.wordCount)
    var kind = DeliveryKind.message
    if objects[sender].message.isFault {
      kind = .fault
      copyFault(of: sender, to: receiver)
    } else {
      copyWords(wordCount, from: sender, to: receiver)
    }
    objects[receiver].registers.callWord =
      ResultWord(
        delivered: kind, wordCount: UInt64(wordCount), capabilityCount: count, reply: reply
      ).rawValue
    objects[receiver].registers.argument0 = objects[sender].message.badge
    return count
  }

  /// Makes the right to answer a caller, in the table of its receiver's process.
  ///
  /// - Precondition: The table has a free slot.
  private mutating func makeReply(to caller: ThreadID, for receiver: ThreadID) -> Handle {
    let slot = objects[objects[receiver].process].table.freeHead
    let mayGrant = objects[receiver].message.mayGrant
    fill(
      slot, type: .reply, object: caller.granule,
      rights: mayGrant ? .transfer.union(.grant) : .transfer, badge: 0, parent: .none)
    objects[caller].replySlot = slot
    return objects[slot].handle
  }

  private mutating func copyFault(of sender: ThreadID, to receiver: ThreadID) {
    let fault = objects[sender].fault
    objects[receiver].registers[word: 0] = fault.kind
    objects[receiver].registers[word: 1] = fault.address
    objects[receiver].registers[word: 2] = objects[sender].registers.programCounter
    objects[receiver].registers[word: 3] = fault.code
    objects[receiver].registers[word: 4] = objects[sender].registers.stackPointer
  }

  /// Copies the first message words, at most 8, from one thread's registers to another's.
  ///
  /// Spelled out, so that each is one load and one store.
  @inline(__always)
  mutating func copyWords(_ count: Int, from sender: ThreadID, to receiver: ThreadID) {
    guard count > 0 else { return }
    objects[receiver].registers[word: 0] = objects[sender].registers[word: 0]
    guard count > 1 else { return }
    objects[receiver].registers[word: 1] = objects[sender].registers[word: 1]
    guard count > 2 else { return }
    objects[receiver].registers[word: 2] = objects[sender].registers[word: 2]
    guard count > 3 else { return }
    objects[receiver].registers[word: 3] = objects[sender].registers[word: 3]
    guard count > 4 else { return }
    objects[receiver].registers[word: 4] = objects[sender].registers[word: 4]
    guard count > 5 else { return }
    objects[receiver].registers[word: 5] = objects[sender].registers[word: 5]
    guard count > 6 else { return }
    objects[receiver].registers[word: 6] = objects[sender].registers[word: 6]
    guard count > 7 else { return }
    objects[receiver].registers[word: 7] = objects[sender].registers[word: 7]
  }

  /// Completes the current thread's call successfully.
  @inline(__always)
  mutating func answer(value: UInt64) {
    objects[current].registers.callWord = 0
    objects[current].registers.argument0 = value
  }
}
