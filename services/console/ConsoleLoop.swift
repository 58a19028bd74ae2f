import Libmnos

/// The console's receive loop: messages and interrupts to `ConsoleServer`.
///
/// A port of which the machine's tables name no interrupt is looked at every millisecond.
struct ConsoleLoop<Driver: SerialDriver>: ~Copyable, Server {
  typealias API = ConsoleProtocol
  static var acceptedCapabilityCount: Int { 1 }

  private var server: ConsoleServer<Driver>
  private var clients = WaitingClients()
  private let interrupt: Interrupt?
  /// When the device is to be looked at, if it cannot say so itself.
  private var nextLook = Deadline.never
  /// When input that stands still is given up; see `ConsoleServer.isStuck`.
  private var nextLoss = Deadline.never
  var nextDeadline: UInt64 { min(nextLook, nextLoss) }

  /// Nanoseconds from one look to the next. A device's buffer of 16 bytes is full after 1.4 ms at
  /// 115,200 bits a second.
  static var pollInterval: UInt64 { 1_000_000 }
  /// Nanoseconds that a program may take from one read to the next, while more is typed than fits.
  static var patience: UInt64 { 1_000_000_000 }

  /// - Parameter interrupt: nil for a device that has none.
  init(driver: Driver, interrupt: consuming Interrupt?) {
    server = ConsoleServer(driver: driver)
    self.interrupt = interrupt
    server.start(&clients)
    // An earlier driver may have ended between an interrupt and its acknowledgement.
    try? self.interrupt?.acknowledge()
    if self.interrupt == nil { nextLook = Clock.now() + Self.pollInterval }
  }

  mutating func handleDeadline() {
    let now = Clock.now()
    if now >= nextLoss { server.giveUpInput(&clients) }
    if now >= nextLook {
      server.serviceDevice(&clients)
      nextLook = now + Self.pollInterval
    }
    watchInput()
  }

  private mutating func watchInput() {
    guard server.isStuck else { return nextLoss = Deadline.never }
    if nextLoss == Deadline.never { nextLoss = Clock.now() + Self.patience }
  }

  mutating func handle(
    _ request: ConsoleProtocol.Request, from badge: UInt64,
    with capabilities: inout ReceivedCapabilities, reply: consuming PendingReply<API>
  ) -> Answered {
    switch request {
    case .setInterrupt:
      guard let notification: Notification = try? capabilities.take(0) else {
        return reply.fail(.badCapability)
      }
      clients.interrupt = consume notification
    case .clearInterrupt: clients.interrupt = nil
    default: break
    }
    let lentByteCount = reply.leases.byteCount(for: .read)
    let room = reply.leases.lends(for: .write) ? reply.leases.byteCount(for: .write) : nil
    var token = ReplyToken(rawValue: 0)
    let answered = reply.postpone { token = ReplyToken(rawValue: $0.relinquish().rawValue) }
    server.handle(request, lending: lentByteCount, room: room, from: token, &clients)
    watchInput()
    return answered
  }

  mutating func handleSignals(_ bits: UInt64) {
    server.serviceDevice(&clients)
    try? interrupt?.acknowledge()
    // What came before the line was let through again made no interrupt of its own where
    // interrupts are edges.
    server.serviceDevice(&clients)
    watchInput()
  }
}

/// The rights to answer that the server keeps by number.
struct WaitingClients: ~Copyable, ConsoleClients {
  var interrupt: Notification?

  mutating func reply(to token: ReplyToken, _ reply: ConsoleProtocol.Reply) -> Bool {
    let right = ReplyRight(adopting: Handle(rawValue: token.rawValue))
    return (try? right.succeed(reply, of: ConsoleProtocol.self)) != nil
  }

  mutating func refuse(_ token: ReplyToken, _ failure: ConsoleProtocol.Failure) {
    let right = ReplyRight(adopting: Handle(rawValue: token.rawValue))
    try? right.fail(failure, of: ConsoleProtocol.self)
  }

  func isWaiting(_ token: ReplyToken) -> Bool {
    (try? Inspection(of: Handle(rawValue: token.rawValue))) != nil
  }

  mutating func read(_ count: Int, at offset: UInt64, from token: ReplyToken) -> LentBytes {
    var bytes = [UInt8](repeating: 0, count: count)
    var place = bytes.mutableSpan
    let right = ReplyRight(adopting: Handle(rawValue: token.rawValue))
    var failure = SyscallStatus.ok
    do throws(SyscallStatus) {
      try right.read(at: offset, into: &place)
    } catch {
      failure = error
    }
    _ = right.relinquish()
    switch failure {
    case .ok: return .bytes(bytes)
    case .badPointer: return .unreadable
    default: return .callerGone
    }
  }

  mutating func write(_ bytes: [UInt8], to token: ReplyToken) -> Int? {
    let right = ReplyRight(adopting: Handle(rawValue: token.rawValue))
    let count = try? right.writeReachable(bytes.span)
    _ = right.relinquish()
    return count
  }

  mutating func signalInterrupt() { try? interrupt?.signal() }
}
