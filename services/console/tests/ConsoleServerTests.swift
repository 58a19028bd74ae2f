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

  /// A writer ends, and its number is another's while its bytes still wait: they are not looked for
  /// in what the other lends, and their end does not answer the other.
  @Test(arguments: [10, 1000])
  func numberOfAWriterThatComesAgainIsSomebodyElses(count: Int) {
    var console = TestConsole()
    console.device.transmitterRoom = 0
    console.lend([UInt8](repeating: 0x61, count: 1000), from: 1)
    console.write("next", from: 2)
    console.lend([UInt8](repeating: 0x62, count: count), from: 1)
    for _ in 0..<200 {
      console.device.transmit()
      console.interrupt()
    }

    #expect(
      console.device.sent == [UInt8](repeating: 0x61, count: OutputQueue.fetchCapacity)
        + Array("next".utf8) + [UInt8](repeating: 0x62, count: count))
    #expect(console.clients.replies.map(\.token) == [2, 1])
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
    console.handle(.read, from: 2)
    console.handle(.setInterrupt, from: 1)
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
