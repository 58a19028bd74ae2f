import MnosABI

/// send, receive, call, reply and replyAndReceive.
extension Attempt {
  private var sentWords: [UInt64] { Array(request.words.prefix(Int(request.call.wordCount))) }
  private var isPoll: Bool { argument(1) == Deadline.poll }

  mutating func send(isCall: Bool) {
    let needed: Rights = isCall ? .write.union(.call) : .write
    let through = lookUp(argument(0), as: [.endpoint], needing: needed)
    let isLending = isCall && request.call.leases.bits != 0
    let most = isLending ? Limits.wordsBesideLeases : Limits.messageWords
    refuse(.badArgument, value: 11, if: request.call.wordCount > most)
    if isLending { checkLeases() }
    let attachments = checkAttachments(through: through)
    guard let through, let capability = world.capabilities[through] else { return }
    refuse(.badArgument, value: 2, if: attachments.contains { $0.isMove && $0.source == through })
    let isAwaited = world.endpoints[capability.object]?.receivers.isEmpty == false
    refuse(.peerGone, if: !world.canBeReceived(from: capability.object))
    refuse(.wouldBlock, if: isPoll && !isAwaited)
    guard !isRefused else { return }

    if attachments.contains(where: { !$0.isMove }) && !isAwaited {
      scarcities.insert(.noMemory)
      if world.isTableFull(of: process) { scarcities.insert(.noSlot) }
    }
    var message = Message(
      kind: isCall ? .call : .send, endpoint: capability.object, through: through,
      badge: capability.badge, words: sentWords, attachments: attachments)
    if isLending {
      message.leases = request.call.leases.bits
      message.leaseLengths = (0..<2).map {
        request.call.leases[$0] == .none ? 0 : word(5 + 2 * $0)
      }
    }
    if isCall && capability.rights.includes(.grant) { message.acceptance = acceptance }
    change.post(message, from: caller)
    // A polled call was delivered, but its answer cannot come in time.
    if isCall && isPoll { change.endWait(of: caller, with: .timedOut) }
  }

  mutating func receive() {
    let through = lookUp(argument(0), as: [.endpoint], needing: .read)
    if request.call.hasTransfers {
      refuse(.badPointer, if: request.record == nil)
      refuse(.badArgument, value: 2, if: (request.record?.count ?? 0) != 0)
    }
    if let through { receive(through: through) }
  }

  mutating func reply() {
    let right = lookUp(UInt64(request.call.reply.rawValue), as: [.reply])
    refuse(.badArgument, value: 11, if: request.call.wordCount > Limits.messageWords)
    let attachments = checkAttachments(through: nil)
    refuse(.badArgument, value: 2, if: attachments.contains { $0.source == right })
    guard let right, !isRefused else { return }
    let count = change.answer(right, words: sentWords, attachments: attachments, from: caller)
    succeed(value: UInt64(count))
  }

  mutating func replyAndReceive() {
    let handle = UInt64(request.call.reply.rawValue)
    let endpoint = lookUp(argument(0), as: [.endpoint], needing: .read)
    let right = handle == 0 ? nil : lookUp(handle, as: [.reply])
    let attachments = checkAttachments(through: nil)
    let most = handle == 0 ? 0 : Limits.messageWords
    refuse(.badArgument, value: 11, if: request.call.wordCount > most)
    let attachesAny = request.call.hasTransfers && (request.record?.count ?? 0) != 0
    refuse(
      .badArgument, value: 2,
      if: attachments.contains { $0.source == right } || handle == 0 && attachesAny)
    guard let endpoint, !isRefused else { return }
    if let right {
      _ = change.answer(right, words: sentWords, attachments: attachments, from: caller)
      // From here on an error is that of the receive: the answer stays sent.
      before = change
    }
    // The answer may have carried the capability away.
    guard world.find(argument(0), in: process) == endpoint else { return refuse(.badCapability) }
    receive(through: endpoint)
  }

  /// Takes a word or a message that is there, or waits.
  private mutating func receive(through id: CapabilityID) {
    guard let capability = world.capabilities[id] else { return }
    let endpoint = capability.object
    let bound = world.boundNotification(of: caller)
    let hasWord = (bound.flatMap { world.notifications[$0]?.word } ?? 0) != 0
    refuse(.peerGone, if: world.endpoints[endpoint]?.isDestroyed == true && !hasWord)
    let sender = world.endpoints[endpoint]?.senders.first
    refuse(.wouldBlock, if: isPoll && !hasWord && sender == nil)
    // A plain message that is there needs no slot for a right.
    let isPlain = sender.flatMap { world.threads[$0]?.activity.isSendingPlainly } ?? false
    if !hasWord && !isPlain { takeSpare() }
    guard !isRefused else { return }

    let reception = Reception(
      endpoint: endpoint, through: id, hasGrant: capability.rights.includes(.grant),
      acceptance: acceptance)
    if let bound, hasWord {
      change.complete(caller, .word(change.takeWord(of: bound)))
    } else if let sender, case .sending(let message)? = world.threads[sender]?.activity {
      change.handOver(message, from: sender, to: caller, reception)
    } else {
      change.world.threads[caller]?.activity = .receiving(reception)
      change.world.endpoints[endpoint]?.receivers.append(caller)
    }
  }

  /// Makes sure of a slot for the right to answer. A right that is in it still is left there.
  private mutating func takeSpare() {
    if case .empty? = world.threads[caller]?.spare { return }
    refuse(.noSlot, if: world.isTableFull(of: process))
    scarcities.insert(.noMemory)
    change.world.threads[caller]?.spare = .empty(slot: nil)
  }

  private var acceptance: Acceptance {
    guard request.call.hasTransfers, let record = request.record else { return .nothing }
    return Acceptance(choices: (0..<4).map { SlotChoice.of($0, in: record.accepts) })
  }

  // MARK: Checks

  /// A range that is lent ends no later than user addresses do.
  private mutating func checkLeases() {
    for index in 0..<2 where request.call.leases[index] != .none {
      let (end, overflow) = word(4 + 2 * index).addingReportingOverflow(word(5 + 2 * index))
      refuse(
        .badPointer, value: UInt64(7 + 2 * index), if: overflow || end > world.userEnd)
    }
  }

  /// The capabilities that the record attaches, each checked.
  private mutating func checkAttachments(through endpoint: CapabilityID?) -> [Attachment] {
    guard request.call.hasTransfers else { return [] }
    guard let record = request.record else {
      refuse(.badPointer)
      return []
    }
    guard record.count <= Limits.messageCapabilities else {
      refuse(.badArgument, value: 2)
      return []
    }
    let transfers = record.transfers.prefix(Int(record.count)).map(CapabilityTransfer.init)
    let attachments = transfers.compactMap { checkAttachment($0) }
    let moved = attachments.filter(\.isMove).map(\.source)
    for source in moved {
      refuse(.badArgument, value: 2, if: attachments.count { $0.source == source } > 1)
    }
    refuse(.badState, if: world.isImmovable(Set(moved)))
    if let endpoint, !transfers.isEmpty {
      refuse(.noRight, if: world.capabilities[endpoint]?.rights.includes(.grant) == false)
    }
    return attachments
  }

  private mutating func checkAttachment(_ transfer: CapabilityTransfer) -> Attachment? {
    refuse(
      .badArgument, value: 2,
      if: transfer.hasUndefinedBits || !Rights.all.includes(transfer.rights))
    let needed: Rights = transfer.isMove ? .transfer : .transfer.union(.copy)
    guard let id = lookUp(UInt64(transfer.handle.rawValue), needing: needed),
      let capability = world.capabilities[id]
    else { return nil }
    let lost = capability.rights.subtracting(transfer.rights)
    refuse(.badState, if: transfer.isMove && lost != .none && !world.children(of: id).isEmpty)
    return Attachment(source: id, rights: transfer.rights, isMove: transfer.isMove)
  }
}
