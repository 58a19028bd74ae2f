import MnosABI

/// How words and capabilities get from one thread to another.
extension Change {
  /// A message goes to the thread that has waited longest, or its sender queues.
  mutating func post(_ message: Message, from sender: ObjectID) {
    if let receiver = world.endpoints[message.endpoint]?.receivers.first,
      case .receiving(let reception)? = world.threads[receiver]?.activity
    {
      return handOver(message, from: sender, to: receiver, reception)
    }
    var queued = message
    queued.attachments = message.attachments.map { park($0, from: sender) }
    world.threads[sender]?.activity = .sending(queued)
    world.endpoints[message.endpoint]?.senders.append(sender)
  }

  /// Delivers a message. Both threads are out of their waits before a capability moves: what
  /// happens to the capabilities through which they waited concerns them no more.
  mutating func handOver(
    _ message: Message, from sender: ObjectID, to receiver: ObjectID, _ reception: Reception
  ) {
    world.endpoints[message.endpoint]?.senders.removeAll { $0 == sender }
    world.endpoints[message.endpoint]?.receivers.removeAll { $0 == receiver }
    world.threads[sender]?.activity = .runnable
    world.threads[receiver]?.activity = .runnable
    let handles =
      reception.hasGrant
      ? pass(message.attachments, of: sender, to: receiver, reception.acceptance)
      : decline(message.attachments, of: sender)
    var reply: UInt32 = 0
    if message.kind == .send {
      complete(sender, Completion(value: UInt64(handles.count)))
    } else {
      reply = giveRight(toAnswer: sender, to: receiver, withGrant: reception.hasGrant)
      world.threads[sender]?.activity = .awaitingAnswer(message.kind, message.acceptance)
    }
    let result = ResultWord(
      delivered: message.kind == .fault ? .fault : .message,
      wordCount: UInt64(message.words.count), capabilityCount: UInt64(handles.count),
      leases: Leases(bits: message.leases), reply: Handle(rawValue: reply))
    complete(
      receiver,
      Completion(
        result: result.rawValue, value: message.badge,
        words: message.words + message.leaseLengths, handles: handles))
  }

  /// Puts a new reply right into the slot that the receiver keeps for it.
  private mutating func giveRight(
    toAnswer caller: ObjectID, to receiver: ObjectID, withGrant hasGrant: Bool
  ) -> UInt32 {
    guard let thread = world.threads[receiver] else { return 0 }
    var choice = SlotChoice.any
    if case .empty(let slot?) = thread.spare { choice = slot }
    world.threads[receiver]?.spare = nil
    let handle = takeSlot(
      choice, of: thread.process, observed: completionSeen(of: receiver).map(\.reply))
    let right = Capability(
      .reply, caller, rights: hasGrant ? .transfer.union(.grant) : .transfer,
      at: .slot(process: thread.process, handle: handle))
    let id = world.add(right)
    world.threads[receiver]?.spare = .holding(id)
    return handle
  }

  /// Answers a call, once.
  ///
  /// - Returns: How many capabilities the caller took.
  mutating func answer(
    _ right: CapabilityID, words: [UInt64], attachments: [Attachment], from server: ObjectID
  ) -> Int {
    guard let capability = world.capabilities[right],
      case .awaitingAnswer(let kind, let acceptance)? = world.threads[capability.object]?.activity
    else { return 0 }
    let caller = capability.object
    world.threads[caller]?.activity = .runnable
    guard kind == .call else {
      remove(right, keepingSpare: true)
      if words.first != FaultAnswer.resume.rawValue {
        endThread(caller, exitValue: world.threads[caller]?.fault?.exitValue ?? 0)
      }
      return 0
    }
    let handles =
      capability.rights.includes(.grant)
      ? pass(attachments, of: server, to: caller, acceptance) : []
    remove(right, keepingSpare: true)
    let result = ResultWord(
      delivered: .message, wordCount: UInt64(words.count),
      capabilityCount: UInt64(handles.count))
    complete(caller, Completion(result: result.rawValue, words: words, handles: handles))
    return handles.count
  }

  // MARK: Attached capabilities

  /// Gives a thread all attached capabilities, or leaves all with the sender.
  ///
  /// - Returns: The handles by which the thread has them.
  private mutating func pass(
    _ attachments: [Attachment], of sender: ObjectID, to receiver: ObjectID,
    _ acceptance: Acceptance
  ) -> [UInt32] {
    guard let process = world.threads[receiver]?.process, !attachments.isEmpty,
      takes(attachments.count, to: receiver, of: process, acceptance)
    else { return decline(attachments, of: sender) }
    let seen = completionSeen(of: receiver)?.handles
    // All slots are taken before a capability leaves its own: that one cannot be named.
    var handles: [UInt32] = []
    for index in attachments.indices {
      let seenHandle = seen.flatMap { index < $0.count ? $0[index] : nil }
      handles.append(
        takeSlot(
          acceptance.choices[index], of: process, besides: handles, observed: seenHandle))
    }
    for (attachment, handle) in zip(attachments, handles) {
      give(attachment, to: process, as: handle)
    }
    return handles
  }

  /// Whether each of so many capabilities has a usable slot. Where the kernel may have used a named
  /// one for itself, what it did decides.
  private func takes(
    _ count: Int, to receiver: ObjectID, of process: ObjectID, _ acceptance: Acceptance
  ) -> Bool {
    let choices = acceptance.choices.prefix(count)
    let named = choices.filter { $0 != SlotChoice.any }
    guard choices.count == count, !choices.contains(SlotChoice.none),
      Set(named).count == named.count,
      world.slotsInUse(of: process).isDisjoint(with: named)
    else { return false }
    let seen = completionSeen(of: receiver)
    if world.hiddenSlotCount(of: process) > 0, !named.isEmpty, let seen {
      return !seen.handles.isEmpty
    }
    return !world.isTableFull(of: process)
  }

  private mutating func give(_ attachment: Attachment, to process: ObjectID, as handle: UInt32) {
    // It was made when the message was sent: what it was made of may be gone.
    if let copy = attachment.copy { return put(copy, into: process, as: handle) }
    guard let source = world.capabilities[attachment.source] else { return }
    let rights = source.rights.intersection(attachment.rights)
    if attachment.isMove {
      cancelWaits(through: attachment.source)
      put(attachment.source, into: process, as: handle)
      world.capabilities[attachment.source]?.rights = rights
    } else {
      let place = Place.slot(process: process, handle: handle)
      world.add(source.copy(of: attachment.source, rights: rights, at: place))
    }
  }

  /// Takes an attached capability out of its table while the message waits.
  private mutating func park(_ attachment: Attachment, from sender: ObjectID) -> Attachment {
    guard let source = world.capabilities[attachment.source] else { return attachment }
    var parked = attachment
    if attachment.isMove {
      cancelWaits(through: attachment.source)
      releaseSpare(of: attachment.source, keeping: false)
      let home: UInt32? = if case .slot(_, let handle) = source.place { handle } else { nil }
      world.capabilities[attachment.source]?.place = .message(sender: sender, home: home)
    } else {
      let rights = source.rights.intersection(attachment.rights)
      parked.copy = world.add(
        source.copy(
          of: attachment.source, rights: rights, at: .message(sender: sender, home: nil)))
    }
    return parked
  }

  private mutating func decline(_ attachments: [Attachment], of sender: ObjectID) -> [UInt32] {
    takeBack(attachments, to: sender)
    return []
  }

  /// Undoes `park` for what is there still.
  mutating func takeBack(_ attachments: [Attachment], to sender: ObjectID) {
    guard let process = world.threads[sender]?.process else { return }
    for attachment in attachments {
      if let copy = attachment.copy { world.capabilities[copy] = nil }
      if case .message(_, let home?)? = world.capabilities[attachment.source]?.place,
        attachment.isMove
      {
        world.capabilities[attachment.source]?.place = .slot(process: process, handle: home)
      }
    }
  }

  /// The successful completion that was seen of a thread, from which free choices are taken.
  func completionSeen(of thread: ObjectID) -> Completion? {
    observed[thread].flatMap { $0.status == .ok ? $0 : nil }
  }
}

extension Capability {
  /// A child of this capability.
  func copy(
    of id: CapabilityID, rights: Rights, badge: UInt64? = nil, at place: Place
  ) -> Capability {
    Capability(type, object, rights: rights, badge: badge ?? self.badge, parent: id, at: place)
  }
}
