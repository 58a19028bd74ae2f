/// The answering end of an interface: a state machine that the receive loop drives.
///
/// Nothing here enters the kernel, so a host test drives the same code with requests of its
/// own and looks at what is `Answered`.
public protocol Server: ~Copyable {
  associatedtype API: Interface

  /// How many capabilities a request may bring, 0 to 4.
  static var acceptedCapabilityCount: Int { get }

  /// Answers a request, or keeps its reply for later; nothing else makes an `Answered`.
  ///
  /// - Parameters:
  ///   - badge: Which capability the client used; set by whoever made that one.
  ///   - capabilities: What came along; the rest is deleted on return.
  ///   - reply: The duty to answer.
  mutating func handle(
    _ request: API.Request, from badge: UInt64, with capabilities: inout ReceivedCapabilities,
    reply: consuming PendingReply<API>
  ) -> Answered

  /// Bits of the notification bound to the serving thread.
  mutating func handleSignals(_ bits: UInt64)

  /// When `handleDeadline` is to be called, on `Clock`.
  var nextDeadline: UInt64 { get }
  mutating func handleDeadline()
}

extension Server where Self: ~Copyable {
  public static var acceptedCapabilityCount: Int { 0 }
  public mutating func handleSignals(_ bits: UInt64) {}
  public var nextDeadline: UInt64 { Deadline.never }
  public mutating func handleDeadline() {}
}

/// The duty to answer one request.
///
/// Every way out makes an `Answered`, which a handler must return: a handler that forgets
/// its client does not compile.
public struct PendingReply<API: Interface>: ~Copyable {
  private let right: ReplyRight
  /// What the client lends until it is answered.
  public let leases: ReceivedLeases

  public init(_ right: consuming ReplyRight, leases: ReceivedLeases = ReceivedLeases()) {
    self.right = right
    self.leases = leases
  }

  /// Copies what the client lends; see `ReplyRight.read`.
  public func read(
    _ lease: Int = 0, at offset: UInt64 = 0, into bytes: inout MutableSpan<UInt8>
  ) throws(SyscallStatus) {
    try right.read(lease, at: offset, into: &bytes)
  }

  /// Copies into what the client lends; see `ReplyRight.write`.
  public func write(
    _ bytes: Span<UInt8>, to lease: Int = 0, at offset: UInt64 = 0
  ) throws(SyscallStatus) {
    try right.write(bytes, to: lease, at: offset)
  }

  public consuming func succeed(_ reply: API.Reply) -> Answered {
    Answered(encodeReply(reply, of: API.self), to: right, attaching: Attachments())
  }

  public consuming func succeed(
    _ reply: API.Reply, attaching attachments: consuming Attachments
  ) -> Answered {
    Answered(encodeReply(reply, of: API.self), to: right, attaching: attachments)
  }

  public consuming func fail(_ failure: API.Failure) -> Answered {
    var message = Message()
    message.append(failure.rawValue)
    return Answered(message, to: right, attaching: Attachments())
  }

  /// Answers later: `keep` takes over the duty.
  public consuming func postpone(_ keep: (consuming HeldReply<API>) -> Void) -> Answered {
    keep(HeldReply(right, leases))
    return Answered()
  }

  /// The same duty towards a part of the interface whose replies have the same shape.
  public consuming func narrowed<Part: Interface>(to part: Part.Type) -> PendingReply<Part> {
    PendingReply<Part>(right, leases: leases)
  }

  /// Says that the request made no sense.
  consuming func refuseMalformed() -> Answered {
    var message = Message()
    message.append(ReplyCode.malformed)
    return Answered(message, to: right, attaching: Attachments())
  }
}

/// A reply that is owed; dropping it tells the client `peerGone`.
public struct HeldReply<API: Interface>: ~Copyable {
  private let right: ReplyRight
  /// What the client lends until it is answered.
  public let leases: ReceivedLeases

  init(_ right: consuming ReplyRight, _ leases: ReceivedLeases) {
    self.right = right
    self.leases = leases
  }

  /// Takes back what `relinquish` gave up.
  ///
  /// - Parameter leases: What the held reply said of them, if they are still to be used.
  public init(adopting handle: Handle, leases: ReceivedLeases = ReceivedLeases()) {
    right = ReplyRight(adopting: handle)
    self.leases = leases
  }

  /// Copies what the client lends; see `ReplyRight.read`.
  public func read(
    _ lease: Int = 0, at offset: UInt64 = 0, into bytes: inout MutableSpan<UInt8>
  ) throws(SyscallStatus) {
    try right.read(lease, at: offset, into: &bytes)
  }

  /// Copies into what the client lends; see `ReplyRight.write`.
  public func write(
    _ bytes: Span<UInt8>, to lease: Int = 0, at offset: UInt64 = 0
  ) throws(SyscallStatus) {
    try right.write(bytes, to: lease, at: offset)
  }

  /// Gives up ownership, to be kept where noncopyable values cannot be.
  public consuming func relinquish() -> Handle { right.relinquish() }

  /// Answers at once. A client that no longer waits is no error.
  public consuming func succeed(
    _ reply: API.Reply, attaching attachments: borrowing Attachments = Attachments()
  ) {
    try? right.answer(encodeReply(reply, of: API.self), attaching: attachments)
  }

  public consuming func fail(_ failure: API.Failure) {
    var message = Message()
    message.append(failure.rawValue)
    try? right.answer(message)
  }
}

/// Proof that a request was answered, or that its reply is kept.
public struct Answered: ~Copyable {
  /// What goes to the client; nil if the reply is kept.
  public let message: Message?
  public let attachments: Attachments
  let right: ReplyRight

  init(
    _ message: Message, to right: consuming ReplyRight,
    attaching attachments: consuming Attachments
  ) {
    self.message = message
    self.right = right
    self.attachments = attachments
  }

  init() {
    message = nil
    right = ReplyRight(adopting: .none)
    attachments = Attachments()
  }
}

func encodeReply<API: Interface>(_ reply: API.Reply, of api: API.Type) -> Message {
  var message = Message()
  message.append(ReplyCode.success)
  reply.encode(into: &message)
  return message
}
