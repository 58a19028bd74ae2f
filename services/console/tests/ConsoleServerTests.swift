import Libmnos
import Testing

@testable import ConsoleService

@Suite struct ConsoleServerTests {
  @Test func writeGoesOutWithReturnsAndIsAnsweredOnce() {
    var console = TestConsole()

    console.write("a\nb\r\n", from: 1)

    #expect(console.device.sent == Array("a\r\nb\r\n".utf8))
    #expect(console.clients.replies.map(\.token) == [1])
    #expect(console.clients.refused.isEmpty)
  }

  @Test func emptyWriteIsAnswered() {
    var console = TestConsole()

    console.write("", from: 1)

    #expect(console.clients.replies.map(\.token) == [1])
  }

  // MARK: Lent bytes

  /// However long it is, with line feeds across every border between two fetches.
  @Test(arguments: [1, 255, 256, 257, 512, 4096])
  func lentWriteGoesOutWholeAndIsAnsweredOnce(count: Int) {
    var console = TestConsole()
    let text = (0..<count).map { $0 % 3 == 0 ? UInt8(0x0a) : UInt8($0 % 26) + 0x61 }

    console.lend(text, from: 1)
    for _ in 0..<300 {
      console.device.transmit()
      console.interrupt()
    }

    #expect(console.device.sent == text.flatMap { $0 == 0x0a ? [0x0d, $0] : [$0] })
    #expect(console.clients.replies.map(\.token) == [1])
    #expect(console.clients.refused.isEmpty)
    #expect(console.clients.mostRead <= OutputQueue.fetchCapacity)
  }

  @Test func emptyLentWriteIsAnswered() {
    var console = TestConsole()
    console.lend([], from: 1)
    #expect(console.clients.replies.map(\.token) == [1])

    // Behind another one it waits for its turn.
    console.device.transmitterRoom = 0
    console.write("0123456789abcdefghij", from: 2)
    console.lend([], from: 3)
    #expect(console.clients.replies.map(\.token) == [1])
    console.device.transmit()
    console.interrupt()
    #expect(console.clients.replies.map(\.token) == [1, 2, 3])
  }

  @Test func lentAndOtherWritesKeepTheirOrder() {
    var console = TestConsole()
    console.device.transmitterRoom = 0
    console.write("first, ", from: 1)
    console.lend(Array(String(repeating: "lent ", count: 100).utf8), from: 2)
    console.write("last", from: 3)
    for _ in 0..<100 {
      console.device.transmit()
      console.interrupt()
    }

    #expect(
      String(decoding: console.device.sent, as: UTF8.self)
        == "first, " + String(repeating: "lent ", count: 100) + "last")
    #expect(console.clients.replies.map(\.token) == [1, 2, 3])
  }

  /// Whose memory goes, or who goes itself, in the middle: the next one is served.
  @Test(arguments: [true, false])
  func lentBytesThatGoAwayHoldUpNobody(isGone: Bool) {
    var console = TestConsole()
    console.device.transmitterRoom = 0
    console.lend([UInt8](repeating: 0x61, count: 1000), from: 1)
    console.write("next", from: 2)
    if isGone { console.clients.dead = [1] } else { console.clients.lent[1] = nil }
    for _ in 0..<100 {
      console.device.transmit()
      console.interrupt()
    }

    #expect(
      console.device.sent == [UInt8](repeating: 0x61, count: OutputQueue.fetchCapacity)
        + Array("next".utf8))
    #expect(console.clients.replies.map(\.token) == [2])
    #expect(console.clients.refused == (isGone ? [] : [1]))
  }

  @Test func tooMuchAtOnceIsRefused() {
    var console = TestConsole()
    console.lend([UInt8](repeating: 0x61, count: 4097), from: 1)

    #expect(console.clients.refused == [1])
    #expect(console.clients.failures == [.tooLong])
    #expect(console.device.sent.isEmpty)
  }

  @Test func writersAreAnsweredInOrderAsTheDeviceTakesTheirBytes() {
    var console = TestConsole()
    console.device.transmitterRoom = 0
    for token in 1...3 { console.write(String(repeating: "\(token)", count: 10), from: token) }
    #expect(console.clients.replies.map(\.token) == [1])

    console.device.transmit()
    console.interrupt()
    #expect(console.clients.replies.map(\.token) == [1, 2])

    console.device.transmit()
    console.interrupt()
    #expect(console.clients.replies.map(\.token) == [1, 2, 3])

    console.device.transmit()
    #expect(console.device.sent == Array("111111111122222222223333333333".utf8))
  }

  @Test func writerTooManyIsRefused() {
    var console = TestConsole()
    console.device.transmitterRoom = 0
    for token in 0..<OutputQueue.capacity + 3 { console.write("0123456789abcdef", from: token) }

    #expect(console.clients.refused.count == 2)
  }

  @Test func readerWaitsForTheFirstByte() {
    var console = TestConsole()

    console.handle(.read, from: 1)
    #expect(console.clients.replies.isEmpty)

    console.type("xy")
    #expect(console.clients.read == "xy")
    #expect(console.device.sent.isEmpty)
  }

  @Test func typedAheadIsGivenAtOnceAndInOrder() {
    var console = TestConsole()
    let text = String((0..<300).map { Character(Unicode.Scalar(UInt8(33 + $0 % 90))) })
    console.type(text)

    for token in 1...7 { console.handle(.read, from: token) }

    #expect(console.clients.read == text)
    #expect(console.clients.replies.map(\.reply.bytes.count) == [48, 48, 48, 48, 48, 48, 12])
  }

  // MARK: Into lent memory

  @Test(arguments: [1, 48, 49, 300, 4096, 10_000])
  func whatIsTypedGoesIntoWhatIsLent(room: Int) {
    var console = TestConsole()
    let typed = (0..<5_000).map { UInt8(truncatingIfNeeded: $0 % 251) | 0x80 }
    console.device.incoming = typed
    console.interrupt()

    console.lendRoom(for: room, .read, from: 1)
    console.lendRoom(for: room, .read, from: 2)

    let most = min(room, ConsoleProtocol.mostLentBytes)
    #expect(console.filled(1) == Array(typed.prefix(most)))
    #expect(console.filled(2) == Array(typed.dropFirst(most).prefix(most)))
    #expect(console.clients.readBytes.isEmpty)
  }

  @Test func aLineComesInPiecesOfWhatIsLent() {
    var console = TestConsole()
    console.lendRoom(for: 4, .readLine, from: 1)
    console.type("seven!\r")
    console.lendRoom(for: 4, .readLine, from: 2)

    #expect(console.filled(1) == Array("seve".utf8))
    #expect(console.filled(2) == Array("n!\n".utf8))
    #expect(console.clients.replies.map(\.reply.isEndOfLine) == [false, true])
  }

  @Test func endOfInputFillsNothing() {
    var console = TestConsole()
    console.lendRoom(for: 64, .readLine, from: 1)
    console.type("\u{4}")

    #expect(console.filled(1) == [])
    #expect(console.clients.replies.map(\.reply.isEndOfInput) == [true])
  }

  /// Nothing typed is lost with a reader that ended, or whose memory is not there.
  @Test(arguments: [ConsoleProtocol.Request.read, .readLine], [false, true])
  func whatCannotBeGivenIsForTheNext(request: ConsoleProtocol.Request, isDead: Bool) {
    var console = TestConsole()
    console.lendRoom(for: 64, request, from: 1, isThere: isDead)
    if isDead { console.clients.dead = [1] }
    console.lendRoom(for: 64, request, from: 2)
    console.type("kept\n")

    #expect(console.filled(1) == nil)
    #expect(console.filled(2) == Array("kept\n".utf8))
    #expect(console.clients.refused == (isDead ? [] : [1]))
    if !isDead { #expect(console.clients.failures == [.unreachable]) }
  }

  /// Where a reader's memory ends in the middle, what it has seen is not for the next one.
  @Test(arguments: [ConsoleProtocol.Request.read, .readLine])
  func whatWasSeenIsTaken(request: ConsoleProtocol.Request) {
    var console = TestConsole()
    console.clients.reachable[1] = 3
    console.lendRoom(for: 64, request, from: 1)
    console.lendRoom(for: 64, request, from: 2)
    console.type("secret\n")

    #expect(console.filled(1) == Array("sec".utf8))
    #expect(console.filled(2) == Array("ret\n".utf8))
    let ends = console.clients.replies.map(\.reply.isEndOfLine)
    if case .readLine = request { #expect(ends == [false, true]) }
  }

  /// Who lends no room has no room.
  @Test func anEmptyLoanTakesNothing() {
    var console = TestConsole()
    console.lendRoom(for: 0, .read, from: 1)
    console.handle(.read, from: 2)
    console.type("x")

    #expect(console.filled(1) == [])
    #expect(console.clients.read == "x")
  }

  @Test func pasteBeyondTheBufferStaysOnTheLineAndIsNotLost() {
    var console = TestConsole()
    let count = ConsoleServer<UART16550Driver<Fake16550>>.inputCapacity + 5_000
    let pasted = (0..<count).map { UInt8(truncatingIfNeeded: $0 % 251) | 0x80 }
    console.device.incoming = pasted
    console.interrupt()

    var token = 0
    while token * InlineBytes.capacity < count {
      token += 1
      console.handle(.read, from: token)
    }

    #expect(console.clients.readBytes == pasted)
  }

  @Test func bytesForADeadReaderGoToTheNext() {
    var console = TestConsole()
    console.handle(.read, from: 1)
    console.handle(.read, from: 2)
    console.clients.dead = [1]

    console.type("kept")

    #expect(console.clients.replies.map(\.token) == [2])
    #expect(console.clients.read == "kept")
  }

  @Test func controlCSignalsWhenNobodyReads() {
    var console = TestConsole()
    console.handle(.setInterrupt, from: 1)

    console.type("forgotten\u{3}after")

    #expect(console.clients.signals == 1)
    console.handle(.read, from: 2)
    #expect(console.clients.read == "after")
  }

  @Test func controlCIsAByteForAReaderAndWithoutANotification() {
    var console = TestConsole()
    console.type("a\u{3}b")
    console.handle(.setInterrupt, from: 1)
    console.handle(.read, from: 2)
    console.handle(.read, from: 3)

    console.type("\u{3}")

    #expect(console.clients.signals == 0)
    #expect(console.clients.read == "a\u{3}b\u{3}")
  }

  @Test func clearingEndsTheSignalling() {
    var console = TestConsole()
    console.handle(.setInterrupt, from: 1)
    console.handle(.clearInterrupt, from: 1)

    console.type("\u{3}")

    #expect(console.clients.signals == 0)
  }

  @Test func lineIsEditedAndEchoedAndReadInPieces() {
    var console = TestConsole()
    let long = String(repeating: "z", count: 60)
    console.handle(.readLine, from: 1)

    console.type("helo\u{7f}lo\(long)\rnext")
    console.handle(.readLine, from: 2)
    console.handle(.readLine, from: 3)
    #expect(console.clients.read == "hello" + long + "\n")
    #expect(console.clients.replies.map(\.reply.isEndOfLine) == [false, true])

    console.type("\r")
    #expect(console.clients.read.hasSuffix("\nnext\n"))
    #expect(console.device.sent.suffix(6) == Array("next\r\n".utf8))
  }

  @Test func controlDEndsTheInputOfALineReader() {
    var console = TestConsole()
    console.handle(.readLine, from: 1)

    console.type("\u{4}")

    #expect(console.clients.replies.map(\.reply.isEndOfInput) == [true])
  }

  @Test func controlCSignalsFromALineReader() {
    var console = TestConsole()
    console.handle(.setInterrupt, from: 9)
    console.handle(.readLine, from: 1)

    console.type("ab\u{3}cd\r")

    #expect(console.clients.signals == 1)
    #expect(console.clients.read == "cd\n")
  }

  @Test func flushIsAnsweredAfterTheLastByte() {
    var console = TestConsole()
    console.device.transmitterRoom = 0
    console.write(String(repeating: "x", count: 20), from: 1)
    console.handle(.flush, from: 2)
    #expect(console.clients.replies.isEmpty)

    console.device.transmit()
    console.interrupt()
    #expect(console.clients.replies.map(\.token) == [1, 2])
  }

  @Test func readersTooManyAreRefused() {
    var console = TestConsole()

    for token in 0..<40 { console.handle(.read, from: token) }

    #expect(console.clients.refused == Array(32..<40))
    #expect(console.clients.replies.isEmpty)
  }

  @Test(arguments: [0, 1, 7, 8, 9, 47, 48]) func bytesSurviveTheirMessage(count: Int) throws {
    let source = (0..<count).map { UInt8($0 + 100) }
    let bytes = InlineBytes(source.span)

    guard case .write(let read) = try sent(.write(bytes)) else {
      Issue.record("a write became something else")
      return
    }

    #expect(read.bytes == bytes.bytes)
  }

  @Test(
    arguments: [0, 0x3ff, 0x407, 0x406 | 1 << 16, 0x400 | 49 << 16, 0x400 | 9 << 16, 0x401 | 1 << 16, .max]
      as [UInt64])
  func rubbishIsRefused(word: UInt64) {
    var reader = MessageReader(Message(words: [word, 0, 0, 0, 0, 0, 0, 0], count: 2))

    #expect(throws: MalformedMessage.self) { try ConsoleProtocol.Request(from: &reader) }
  }

  private func sent(_ request: ConsoleProtocol.Request) throws -> ConsoleProtocol.Request {
    var message = Message()
    request.encode(into: &message)
    var reader = MessageReader(message)
    let received = try ConsoleProtocol.Request(from: &reader)
    try reader.finish()
    return received
  }
}

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
