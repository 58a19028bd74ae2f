extension ReceiveEndpoint {
  /// What the holder of a send end may do with it.
  public static var senderRights: Rights {
    Rights.write.union(.call).union(.grant).union(.copy).union(.transfer)
  }

  /// A send end, whose messages arrive with `badge` (0: none).
  public func makeSender(
    badge: UInt64 = 0, rights: Rights = senderRights
  ) throws(SyscallStatus) -> SendEndpoint {
    SendEndpoint(adopting: try copyHandle(rights: rights, badge: badge))
  }

  /// Ends the endpoint for everyone; whoever waits gets `peerGone`.
  public func destroy() throws(SyscallStatus) { try SystemCall.invoke(.destroy, argument) }

  /// Waits for a message, or for the notification bound to this thread.
  ///
  /// - Parameter capabilityCount: How many capabilities to accept, 0 to 4.
  /// - Throws: `timedOut`, `wouldBlock`, `peerGone`, `cancelled`.
  public func receive(
    accepting capabilityCount: Int = 0, deadline: UInt64 = Deadline.never
  ) throws(SyscallStatus) -> Delivery {
    var registers = CallRegisters(
      CallWord(.receive, hasTransfers: capabilityCount > 0), argument, deadline)
    let record = TransferRecord(accepts: acceptedSlots(capabilityCount))
    let result = performCall(&registers, record, isUsed: capabilityCount > 0)
    guard result.statusCode == 0 else { throw result.status }
    return Delivery(registers)
  }

  /// Sends a reply and waits for the next message, in one call.
  ///
  /// - Throws: as `receive`, then the reply was sent; or why it was not.
  func replyAndReceive(
    _ message: Message, to reply: Handle, attaching record: TransferRecord,
    accepting capabilityCount: Int, deadline: UInt64
  ) throws(SyscallStatus) -> Delivery {
    let hasTransfers = capabilityCount > 0 || record.count > 0
    var registers = CallRegisters(
      CallWord(
        .replyAndReceive, wordCount: UInt64(message.count), hasTransfers: hasTransfers,
        reply: reply), argument, deadline, words: message.words)
    var record = record
    record.accepts = acceptedSlots(capabilityCount)
    let result = performCall(&registers, record, isUsed: hasTransfers)
    guard result.statusCode == 0 else { throw result.status }
    return Delivery(registers)
  }

}

extension SendEndpoint {
  /// Sends a message without asking for a reply; returns once it was received.
  ///
  /// - Returns: how many capabilities the receiver took.
  @discardableResult
  public func send(
    _ message: Message, attaching attachments: borrowing Attachments = Attachments(),
    deadline: UInt64 = Deadline.never
  ) throws(SyscallStatus) -> Int {
    let isUsed = attachments.count > 0
    var registers = CallRegisters(
      CallWord(.send, wordCount: UInt64(message.count), hasTransfers: isUsed), argument,
      deadline, words: message.words)
    let result = performCall(&registers, attachments.record, isUsed: isUsed)
    guard result.statusCode == 0 else { throw result.status }
    return Int(registers.argument0)
  }

  /// Sends a message and waits for its reply.
  ///
  /// - Throws: `peerGone` if the server ended or dropped the call; `timedOut`; `noRight`.
  public func call(
    _ message: Message, attaching attachments: borrowing Attachments = Attachments(),
    accepting capabilityCount: Int = 0, deadline: UInt64 = Deadline.never
  ) throws(SyscallStatus) -> Delivery {
    var record = attachments.record
    record.accepts = acceptedSlots(capabilityCount)
    return try call(
      message, lending: Loans(), record, isUsed: attachments.count > 0 || capabilityCount > 0,
      deadline: deadline)
  }

  /// - Parameter isUsed: Whether the record says anything.
  func call(
    _ message: Message, lending loans: Loans, _ record: TransferRecord, isUsed: Bool,
    deadline: UInt64
  ) throws(SyscallStatus) -> Delivery {
    var registers = CallRegisters(
      CallWord(
        .call, wordCount: UInt64(message.count), hasTransfers: isUsed, leases: loans.leases),
      argument, deadline, words: loans.words(beside: message))
    let result = performCall(&registers, record, isUsed: isUsed)
    guard result.statusCode == 0 else { throw result.status }
    return Delivery(registers)
  }
}

/// What a receive or a call brought.
public struct Delivery: ~Copyable {
  public let kind: DeliveryKind
  public let message: Message
  /// The sender's badge; for a notification its word.
  public let badge: UInt64
  public var capabilities: ReceivedCapabilities
  /// What the sender of a call lends until it is answered.
  public let leases: ReceivedLeases
  /// The right to answer; without a handle if the sender waits for nothing.
  public var reply: ReplyRight

  init(_ registers: borrowing CallRegisters) {
    let result = registers.result
    kind = result.kind
    message = Message(words: registers.words, count: Int(result.wordCount))
    badge = registers.argument0
    capabilities = ReceivedCapabilities(registers)
    leases = ReceivedLeases(registers)
    reply = ReplyRight(adopting: result.reply)
  }

  /// The capabilities alone; a right to reply is dropped.
  consuming func takeCapabilities() -> ReceivedCapabilities { capabilities }
}

/// The one-shot right to answer a caller. Dropping it tells the caller `peerGone`.
///
/// A message from `send` comes without one: its right has no handle, and takes any answer.
@frozen public struct ReplyRight: ~Copyable {
  public let handle: Handle

  public init(adopting handle: Handle) { self.handle = handle }

  public consuming func relinquish() -> Handle {
    let handle = self.handle
    discard self
    return handle
  }

  /// Answers.
  ///
  /// - Throws: `badCapability` if the caller no longer waits. The right is spent either way.
  public consuming func answer(
    _ message: Message, attaching attachments: borrowing Attachments = Attachments()
  ) throws(SyscallStatus) {
    let handle = relinquish()
    guard handle != .none else { return }
    let isUsed = attachments.count > 0
    var registers = CallRegisters(
      CallWord(
        .reply, wordCount: UInt64(message.count), hasTransfers: isUsed, reply: handle),
      words: message.words)
    let result = performCall(&registers, attachments.record, isUsed: isUsed)
    guard result.statusCode == 0 else {
      handle.delete()
      throw result.status
    }
  }

  deinit {
    if handle != .none { _ = try? SystemCall.invoke(.delete, UInt64(handle.rawValue)) }
  }
}

/// `TransferRecord.accepts` for the first `count` capabilities, each into any free slot.
func acceptedSlots(_ count: Int) -> UInt64 {
  count >= 4 ? TransferRecord.acceptsAny : (1 << (16 * UInt64(max(0, count)))) - 1
}
