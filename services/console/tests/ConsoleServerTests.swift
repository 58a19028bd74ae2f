import Libmnos
import Testing

@testable import ConsoleService

@Suite struct ConsoleServerTests {
  @Test func writeGoesOutWithReturnsAndIsAnsweredOnce() {
    var console = TestConsole()

    console.write("a\nb\r\n", from: 1)

    #expect(console.device.sent == Array("a\r\nb\r\n".utf8))
    #expect(console.clients.replies.map(\.token) == [1])
    #expect(console.clients.replies[0].reply.error == nil)
  }

  @Test func emptyWriteIsAnswered() {
    var console = TestConsole()

    console.write("", from: 1)

    #expect(console.clients.replies.map(\.token) == [1])
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

    #expect(console.clients.replies.filter { $0.reply.error == .busy }.count == 2)
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

    for token in 1...6 { console.handle(.read, from: token) }

    #expect(console.clients.read == text)
    #expect(console.clients.replies.map(\.reply.bytes.count) == [56, 56, 56, 56, 56, 20])
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
    console.handle(.setInterrupt(bits: 4), from: 1)

    console.type("forgotten\u{3}after")

    #expect(console.clients.signals == [4])
    console.handle(.read, from: 2)
    #expect(console.clients.read == "after")
  }

  @Test func controlCIsAByteForAReaderAndWithoutANotification() {
    var console = TestConsole()
    console.type("a\u{3}b")
    console.handle(.setInterrupt(bits: 1), from: 1)
    console.handle(.read, from: 2)
    console.handle(.read, from: 3)

    console.type("\u{3}")

    #expect(console.clients.signals.isEmpty)
    #expect(console.clients.read == "a\u{3}b\u{3}")
  }

  @Test func noBitsEndTheSignalling() {
    var console = TestConsole()
    console.handle(.setInterrupt(bits: 1), from: 1)
    console.handle(.setInterrupt(bits: 0), from: 1)

    console.type("\u{3}")

    #expect(console.clients.signals.isEmpty)
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
    console.handle(.setInterrupt(bits: 2), from: 9)
    console.handle(.readLine, from: 1)

    console.type("ab\u{3}cd\r")

    #expect(console.clients.signals == [2])
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

    #expect(console.clients.replies.count == 8)
    #expect(console.clients.replies.allSatisfy { $0.reply.error == .busy })
  }

  @Test func requestsSurviveTheirMessage() throws {
    let bytes = InlineBytes(Array("hello, world 0123456789".utf8).span)

    guard case .write(let read) = try ConsoleRequest(ConsoleRequest.write(bytes).words) else {
      Issue.record("a write became something else")
      return
    }
    #expect(read.bytes == bytes.bytes)
    guard case .setInterrupt(let bits) = try ConsoleRequest([4, 7, 0, 0, 0, 0, 0, 0]) else {
      Issue.record("an interrupt request became something else")
      return
    }
    #expect(bits == 7)
  }

  @Test(arguments: [0, 6, 255, 1 | 57 << 8, 2 | 1 << 16, .max] as [UInt64])
  func rubbishIsRefused(word: UInt64) {
    #expect(throws: ConsoleError.badRequest) {
      try ConsoleRequest([word, 0, 0, 0, 0, 0, 0, 0])
    }
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

  mutating func handle(_ request: ConsoleRequest, from token: Int) {
    server.handle(request, from: ReplyToken(rawValue: UInt32(token)), &clients)
  }

  mutating func write(_ text: String, from token: Int) {
    handle(.write(InlineBytes(Array(text.utf8).span)), from: token)
  }

  mutating func type(_ text: String) {
    device.incoming = Array(text.utf8)
    interrupt()
  }

  mutating func interrupt() { server.serviceDevice(&clients) }
}

struct TestClients: ConsoleClients {
  var replies: [(token: Int, reply: ConsoleReply)] = []
  var signals: [UInt64] = []
  var dead: Set<Int> = []

  var readBytes: [UInt8] { replies.flatMap { $0.reply.bytes.bytes } }
  var read: String { String(decoding: readBytes, as: UTF8.self) }

  mutating func reply(to token: ReplyToken, _ reply: ConsoleReply) -> Bool {
    guard !dead.contains(Int(token.rawValue)) else { return false }
    // Through words, as on the machine.
    replies.append((Int(token.rawValue), ConsoleReply(words: reply.words)))
    return true
  }

  mutating func signalInterrupt(_ bits: UInt64) { signals.append(bits) }
}
