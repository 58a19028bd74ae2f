/// Why a typed call brought no reply.
public enum CallFailure<Failure: Error>: Error {
  /// The server's own answer.
  case refused(Failure)
  /// The call did not get through, or nobody is left to answer it.
  case kernel(SyscallStatus)
  /// One end could not read what the other sent.
  case malformed

  /// Whether the same call to a new instance of the server may succeed.
  public var isServerGone: Bool {
    switch self {
    case .kernel(.peerGone), .kernel(.badCapability), .kernel(.cancelled): true
    default: false
    }
  }
}

/// The asking end of an interface.
public struct Client<API: Interface>: ~Copyable {
  public let endpoint: SendEndpoint

  public init(_ endpoint: consuming SendEndpoint) { self.endpoint = endpoint }

  /// Asks and waits for the answer.
  public func call(
    _ request: API.Request, deadline: UInt64 = Deadline.never
  ) throws(CallFailure<API.Failure>) -> API.Reply {
    try call(request, attaching: Attachments(), accepting: 0, deadline: deadline).reply
  }

  /// Asks with capabilities, or for some.
  public func call(
    _ request: API.Request, attaching attachments: borrowing Attachments, accepting count: Int = 0,
    deadline: UInt64 = Deadline.never
  ) throws(CallFailure<API.Failure>) -> Answer<API.Reply> {
    let delivery = try deliver(encoded(request), attachments, count, deadline)
    let reply = try decodeReply(delivery.message, of: API.self)
    return Answer(reply: reply, capabilities: delivery.takeCapabilities())
  }

  /// Asks and lends bytes for the server to read until it answers.
  ///
  /// - Precondition: the request takes at most four words.
  public func call(
    _ request: API.Request, lending bytes: Span<UInt8>, deadline: UInt64 = Deadline.never
  ) throws(CallFailure<API.Failure>) -> API.Reply {
    try ask(request) { (message) throws(SyscallStatus) in
      try endpoint.call(message, lending: bytes, deadline: deadline).message
    }
  }

  /// The same, for an answer that brings capabilities.
  ///
  /// - Precondition: the request takes at most four words.
  public func call(
    _ request: API.Request, lending bytes: Span<UInt8>, accepting count: Int,
    deadline: UInt64 = Deadline.never
  ) throws(CallFailure<API.Failure>) -> Answer<API.Reply> {
    let delivery: Delivery
    do throws(SyscallStatus) {
      delivery = try endpoint.call(
        encoded(request), lending: bytes, accepting: count, deadline: deadline)
    } catch {
      throw .kernel(error)
    }
    let reply = try decodeReply(delivery.message, of: API.self)
    return Answer(reply: reply, capabilities: delivery.takeCapabilities())
  }

  /// Asks and lends two ranges for the server to read until it answers.
  ///
  /// - Precondition: the request takes at most four words.
  public func call(
    _ request: API.Request, lending bytes: Span<UInt8>, and more: Span<UInt8>,
    deadline: UInt64 = Deadline.never
  ) throws(CallFailure<API.Failure>) -> API.Reply {
    try ask(request) { (message) throws(SyscallStatus) in
      try endpoint.call(message, lending: bytes, and: more, deadline: deadline).message
    }
  }

  /// Asks and lends a place for the server to write until it answers. What it has written before
  /// an error stays.
  ///
  /// - Precondition: the request takes at most four words.
  public func call(
    _ request: API.Request, filling bytes: inout MutableSpan<UInt8>,
    deadline: UInt64 = Deadline.never
  ) throws(CallFailure<API.Failure>) -> API.Reply {
    try ask(request) { (message) throws(SyscallStatus) in
      try endpoint.call(message, filling: &bytes, deadline: deadline).message
    }
  }

  /// Gives up the endpoint to another owner.
  consuming func takeEndpoint() -> SendEndpoint { endpoint }

  private func ask(
    _ request: API.Request, by call: (Message) throws(SyscallStatus) -> Message
  ) throws(CallFailure<API.Failure>) -> API.Reply {
    let answer: Message
    do throws(SyscallStatus) {
      answer = try call(encoded(request))
    } catch {
      throw .kernel(error)
    }
    return try decodeReply(answer, of: API.self)
  }

  private func encoded(_ request: API.Request) -> Message {
    var message = Message()
    request.encode(into: &message)
    return message
  }

  private func deliver(
    _ message: Message, _ attachments: borrowing Attachments, _ count: Int, _ deadline: UInt64
  ) throws(CallFailure<API.Failure>) -> Delivery {
    do throws(SyscallStatus) {
      return try endpoint.call(
        message, attaching: attachments, accepting: count, deadline: deadline)
    } catch {
      throw .kernel(error)
    }
  }
}

/// A reply and the capabilities that came with it.
public struct Answer<Reply>: ~Copyable {
  public let reply: Reply
  public var capabilities: ReceivedCapabilities
}

/// Reads a reply's words. Pure, so that tests can read what a server answered.
public func decodeReply<API: Interface>(
  _ message: Message, of api: API.Type
) throws(CallFailure<API.Failure>) -> API.Reply {
  let code = message.count > 0 ? message.words[0] : ReplyCode.malformed
  if code != ReplyCode.success {
    guard code < ReplyCode.malformed, let failure = API.Failure(rawValue: code) else {
      throw .malformed
    }
    throw .refused(failure)
  }
  var reader = MessageReader(message, skipping: 1)
  do throws(MalformedMessage) {
    let reply = try API.Reply(from: &reader)
    try reader.finish()
    return reply
  } catch {
    throw .malformed
  }
}
