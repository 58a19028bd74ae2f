import Libmnos
import Testing

@testable import ConsoleService

/// What is typed goes into memory that a reader lends, and nothing of it is lost or seen twice.
@Suite struct LentRoomTests {
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
}
