import Libmnos

/// The name directory.
extension InitServer {
  mutating func answer(
    _ request: NameProtocol.Request, _ client: ClientBadge,
    _ capabilities: inout ReceivedCapabilities, _ reply: consuming PendingReply<NameProtocol>
  ) -> Answered {
    switch request {
    case .register(let name): return register(name, client, &capabilities, reply)
    case .lookUp(let name, let waits): return lookUp(name, waits, reply)
    }
  }

  private mutating func register(
    _ name: Name, _ client: ClientBadge, _ capabilities: inout ReceivedCapabilities,
    _ reply: consuming PendingReply<NameProtocol>
  ) -> Answered {
    let owner = services.firstIndex { $0.process?.number == client.process }
    guard let owner, directory.permits(name, by: owner) else { return reply.fail(.notPermitted) }
    if services[owner].queue != nil {
      // The name leads to the queue, and to nothing else.
      guard capabilities.count == 0 else { return reply.fail(.badCapability) }
      directory.serve(name)
      startServices()
      return reply.succeed(.done)
    }
    // Without a badge whoever looks the name up could give copies any badge he likes, that of
    // another client's file among them.
    guard let endpoint: SendEndpoint = try? capabilities.take(0),
      let found = try? endpoint.inspect(), found.badge != 0,
      found.rights.includes(ReceiveEndpoint.senderRights)
    else { return reply.fail(.badCapability) }
    let (replaced, waiters) = directory.register(name, endpoint.relinquish())
    if replaced != .none { replaced.delete() }
    for waiter in waiters { answerWaiter(waiter) }
    startServices()
    return reply.succeed(.done)
  }

  private mutating func lookUp(
    _ name: Name, _ waits: Bool, _ reply: consuming PendingReply<NameProtocol>
  ) -> Answered {
    // A service that ended a moment ago: its signal is on its way.
    if let owner = directory.owner(of: name), services[owner].hasEnded { checkServices() }
    switch directory.find(name) {
    case .unknown: return reply.fail(.unknownName)
    case .endpoint(let handle): return reply.succeed(.done, attaching: Self.attach(handle))
    case .queue(let handle):
      guard waits else { return reply.fail(.unavailable) }
      return reply.succeed(.done, attaching: Self.attach(handle))
    case .absent:
      guard waits, let owner = directory.owner(of: name), !services[owner].isGivenUp else {
        return reply.fail(.unavailable)
      }
      return keepWaiting(name, reply)
    }
  }

  private mutating func keepWaiting(
    _ name: Name, _ reply: consuming PendingReply<NameProtocol>
  ) -> Answered {
    guard directory.waiterCount < NameDirectory.waiterCapacity else {
      return reply.fail(.exhausted)
    }
    var held = Handle.none
    let answered = reply.postpone { held = $0.relinquish() }
    _ = directory.addWaiter(NameDirectory.Waiter(name: name, reply: held))
    return answered
  }

  func answerWaiter(_ waiter: NameDirectory.Waiter) {
    let reply = HeldReply<NameProtocol>(adopting: waiter.reply)
    switch directory.find(waiter.name) {
    case .endpoint(let handle), .queue(let handle):
      reply.succeed(.done, attaching: Self.attach(handle))
    case .absent, .unknown: reply.fail(.unavailable)
    }
  }

  /// A copy of a registered endpoint, as an attachment.
  private static func attach(_ handle: Handle) -> Attachments {
    var attachments = Attachments()
    SendEndpoint.withBorrowed(handle) {
      attachments.attachCopy(of: $0, rights: ReceiveEndpoint.senderRights)
    }
    return attachments
  }
}
