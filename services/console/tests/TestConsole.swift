import Libmnos

@testable import ConsoleService

/// A console on a fake device, with clients that remember.
struct TestConsole {
  let device = Fake16550()
  var clients = TestClients()
  var server: ConsoleServer<UART16550Driver<Fake16550>>

  init() {
    server = ConsoleServer(driver: UART16550Driver(registers: device, clockFrequency: 0))
    server.start(&clients)
  }

  mutating func handle(_ request: ConsoleProtocol.Request, from token: Int) {
    server.handle(request, from: ReplyToken(rawValue: UInt32(token)), &clients)
  }

  mutating func write(_ text: String, from token: Int) {
    handle(.write(InlineBytes(Array(text.utf8).span)), from: token)
  }

  mutating func lend(_ bytes: [UInt8], from token: Int) {
    clients.lent[token] = bytes
    server.handle(
      .writeLent, lending: UInt64(bytes.count), from: ReplyToken(rawValue: UInt32(token)),
      &clients)
  }

  /// A request that lends room for `count` bytes; without memory behind it if `isThere` is false.
  mutating func lendRoom(
    for count: Int, _ request: ConsoleProtocol.Request, from token: Int, isThere: Bool = true
  ) {
    if isThere { clients.lent[token] = [UInt8](repeating: 0, count: count) }
    server.handle(
      request, room: UInt64(count), from: ReplyToken(rawValue: UInt32(token)), &clients)
  }

  /// What came into the memory that was lent with a request that was answered.
  func filled(_ token: Int) -> [UInt8]? {
    guard let reply = clients.replies.first(where: { $0.token == token })?.reply else { return nil }
    return clients.lent[token].map { Array($0.prefix(Int(reply.lentByteCount))) }
  }

  mutating func type(_ text: String) {
    device.incoming = Array(text.utf8)
    interrupt()
  }

  mutating func interrupt() { server.serviceDevice(&clients) }
}

struct TestClients: ConsoleClients {
  var replies: [(token: Int, reply: ConsoleProtocol.Reply)] = []
  var refused: [Int] = []
  var failures: [ConsoleProtocol.Failure] = []
  var lent: [Int: [UInt8]] = [:]
  /// How much of what somebody lends is there, if not all.
  var reachable: [Int: Int] = [:]
  /// The most that was read of what is lent in one go.
  var mostRead = 0
  var signals = 0
  var dead: Set<Int> = []

  var readBytes: [UInt8] { replies.flatMap { $0.reply.bytes.bytes } }
  var read: String { String(decoding: readBytes, as: UTF8.self) }

  mutating func reply(to token: ReplyToken, _ reply: ConsoleProtocol.Reply) -> Bool {
    guard !dead.contains(Int(token.rawValue)) else { return false }
    // Through a message, as on the machine.
    var message = Message()
    reply.encode(into: &message)
    var reader = MessageReader(message)
    guard let received = try? ConsoleProtocol.Reply(from: &reader) else { return false }
    replies.append((Int(token.rawValue), received))
    return true
  }

  mutating func refuse(_ token: ReplyToken, _ failure: ConsoleProtocol.Failure) {
    refused.append(Int(token.rawValue))
    failures.append(failure)
  }

  func isWaiting(_ token: ReplyToken) -> Bool { !dead.contains(Int(token.rawValue)) }

  mutating func read(_ count: Int, at offset: UInt64, from token: ReplyToken) -> LentBytes {
    let token = Int(token.rawValue)
    guard !dead.contains(token) else { return .callerGone }
    guard let bytes = lent[token] else { return .unreadable }
    mostRead = max(mostRead, count)
    return .bytes(Array(bytes[Int(offset)..<Int(offset) + count]))
  }

  mutating func write(_ bytes: [UInt8], to token: ReplyToken) -> Int? {
    let token = Int(token.rawValue)
    guard !dead.contains(token) else { return nil }
    guard let room = lent[token] else { return 0 }
    precondition(bytes.count <= room.count, "more than was lent")
    let count = min(bytes.count, reachable[token] ?? bytes.count)
    lent[token] = Array(bytes[..<count] + room[count...])
    return count
  }

  mutating func signalInterrupt() { signals += 1 }
}
