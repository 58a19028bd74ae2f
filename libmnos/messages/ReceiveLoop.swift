extension ReceiveEndpoint {
  /// Serves until the endpoint ends or a receive fails.
  ///
  /// Each reply travels with the receive of the next request.
  public func serve<S: Server & ~Copyable>(_ server: inout S) throws(SyscallStatus) {
    var answered = Answered()
    while true {
      do throws(SyscallStatus) {
        let delivery = try next(
          after: answered, accepting: S.acceptedCapabilityCount,
          deadline: server.nextDeadline)
        answered = dispatch(delivery, to: &server)
      } catch {
        guard error == .timedOut || error == .wouldBlock else { throw error }
        answered = Answered()
        server.handleDeadline()
      }
    }
  }

  /// Sends what is owed, then receives.
  private func next(
    after answered: consuming Answered, accepting count: Int, deadline: UInt64
  ) throws(SyscallStatus) -> Delivery {
    let attachments = answered.attachments
    let reply = answered.right.relinquish()
    guard let message = answered.message, reply != .none else {
      return try receive(accepting: count, deadline: deadline)
    }
    do throws(SyscallStatus) {
      return try replyAndReceive(
        message, to: reply, attaching: attachments.record, accepting: count, deadline: deadline)
    } catch {
      guard error != .timedOut, error != .wouldBlock else { throw error }
      // The client is gone, or the reply cannot be sent as it is: drop the right to it.
      reply.delete()
      return try receive(accepting: count, deadline: deadline)
    }
  }

  private func dispatch<S: Server & ~Copyable>(
    _ delivery: consuming Delivery, to server: inout S
  ) -> Answered {
    switch delivery.kind {
    case .notification:
      server.handleSignals(delivery.badge)
      return Answered()
    case .fault:
      return Answered()
    case .message:
      // It came by `send`: nobody waits, and a server must not keep what it cannot answer.
      guard delivery.reply.handle != .none else { return Answered() }
      return answer(delivery, with: &server)
    }
  }

  private func answer<S: Server & ~Copyable>(
    _ delivery: consuming Delivery, with server: inout S
  ) -> Answered {
    let (message, badge) = (delivery.message, delivery.badge)
    let leases = delivery.leases
    let reply = PendingReply<S.API>(delivery.reply, leases: leases)
    var capabilities = delivery.capabilities
    var reader = MessageReader(message)
    do throws(MalformedMessage) {
      let request = try S.API.Request(from: &reader)
      try reader.finish()
      return server.handle(request, from: badge, with: &capabilities, reply: reply)
    } catch {
      return reply.refuseMalformed()
    }
  }
}
