import Libmnos

/// What is asked of the service: file requests that nobody else would send.
enum Command: UInt64 {
  /// Answers how often this instance was asked for it, from 1 on.
  case count = 0
  /// Fails a check of its own.
  case trap = 1
  /// Uses up its stack.
  case overflow = 2
  /// Is never answered.
  case hold = 3
  /// Answers how many requests this instance holds back.
  case held = 4
  /// Answers all of those.
  case release = 5
  /// Tries what only others may, and answers what it was not refused, a bit each.
  case intrude = 6

  var request: FileSystemProtocol.Request { .setByteCount(rawValue) }
}

/// The service. Whatever it knows is lost with it.
struct Subject: Server, ~Copyable {
  typealias API = FileSystemProtocol

  private let directory: Client<NameProtocol>
  private let own: SendEndpoint
  private var count: UInt64 = 0
  private var held: [Handle] = []

  init(_ directory: consuming Client<NameProtocol>, own: consuming SendEndpoint) {
    self.directory = directory
    self.own = own
  }

  mutating func handle(
    _ request: FileSystemProtocol.Request, from badge: UInt64,
    with capabilities: inout ReceivedCapabilities, reply: consuming PendingReply<API>
  ) -> Answered {
    switch request {
    case .setByteCount(let number):
      guard let command = Command(rawValue: number) else { return reply.fail(.badArgument) }
      return carryOut(command, reply)
    // A client's ordinary requests are held back as well.
    default: return hold(reply)
    }
  }

  private mutating func carryOut(
    _ command: Command, _ reply: consuming PendingReply<API>
  ) -> Answered {
    switch command {
    case .count:
      count += 1
      return reply.succeed(.count(count))
    case .trap: fatalError()
    case .overflow: return reply.succeed(.count(Self.recursion(depth: 0)))
    case .hold: return hold(reply)
    case .held: return reply.succeed(.count(UInt64(held.count)))
    case .release:
      for handle in held {
        let status = FileStatus(kind: .file, byteCount: 4711, isWritable: false)
        HeldReply<API>(adopting: handle).succeed(.status(status))
      }
      held = []
      return reply.succeed(.done)
    case .intrude: return reply.succeed(.count(Intruder.attempts(directory, own)))
    }
  }

  private mutating func hold(_ reply: consuming PendingReply<API>) -> Answered {
    var handle = Handle.none
    let answered = reply.postpone { handle = $0.relinquish() }
    held.append(handle)
    return answered
  }

  private static func recursion(depth: UInt64) -> UInt64 {
    guard depth < .max else { return 0 }
    // Used after the call, so that no optimiser makes a loop of it.
    let next = recursion(depth: depth + 1)
    return next &+ Clock.now()
  }
}
