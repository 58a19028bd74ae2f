import Libmnos
import LibmnosHost
import Testing

@testable import ConsoleService

/// Readers that are gone, and what they have not read; Ctrl-C wherever it is typed.
@Suite struct ConsoleReaderEndTests {
  /// A program that waits for a line is ended by Ctrl-C, or its deadline passes; the shell is next.
  @Test(arguments: [true, false])
  func whoIsGoneTakesNoLine(isInterrupted: Bool) {
    var console = TestConsole()
    console.handle(.setInterrupt, from: 9)
    console.handle(.readLine, from: 1)
    if isInterrupted { console.type("\u{3}") }
    #expect(console.clients.signals == (isInterrupted ? 1 : 0))
    console.clients.dead = [1]
    console.handle(.clearInterrupt, from: 9)
    console.lendRoom(for: 512, .read, from: 2)

    console.type("l")
    console.type("s\r")

    #expect(console.filled(2) == [UInt8(ascii: "l")])
    console.handle(.readLine, from: 3)
    #expect(console.clients.read == "s\n")
  }

  /// What is left of one program's line is not the next one's.
  @Test func restOfALineEndsWithItsCommand() {
    var console = TestConsole()
    console.lendRoom(for: 4, .readLine, from: 1)
    console.type("abcdyes\r")
    #expect(console.filled(1) == Array("abcd".utf8))

    console.handle(.clearInterrupt, from: 9)
    console.handle(.setInterrupt, from: 9)
    console.handle(.readLine, from: 3)

    #expect(console.clients.read == "")
    console.type("new\r")
    #expect(console.clients.read == "new\n")
  }

  @Test func halfALineIsForgottenByControlC() {
    var console = TestConsole()
    console.handle(.setInterrupt, from: 9)
    console.handle(.readLine, from: 1)
    console.type("half")
    console.clients.dead = [1]

    console.type("\u{3}")

    #expect(console.clients.signals == 1)
    console.handle(.readLine, from: 3)
    console.type("\r")
    #expect(console.clients.read == "\n")
  }

  /// The shell says again and again whom Ctrl-C is for, while somebody edits a line.
  @Test func sayingWhomToSignalLeavesTheLineAlone() {
    var console = TestConsole()
    console.handle(.setInterrupt, from: 9)
    console.handle(.readLine, from: 1)
    console.type("ab")
    console.handle(.setInterrupt, from: 9)
    console.type("c\r")
    #expect(console.clients.read == "abc\n")
  }

  @Test func whoIsGoneDoesNotCountAsReader() {
    var console = TestConsole()
    for token in 1...32 { console.handle(.read, from: token) }
    console.handle(.read, from: 33)
    #expect(console.clients.refused == [33])
    console.clients.dead = Set(1...32)
    console.handle(.setInterrupt, from: 9)

    console.type("\u{3}")

    #expect(console.clients.signals == 1)
    console.handle(.read, from: 34)
    console.type("x")
    #expect(console.clients.read == "x")
  }

  /// Requests that came by `send` have nobody to answer to, and take nothing: through the loop.
  @Test(arguments: [1, 32], [UInt64(0x401), 0x402])
  func whoDoesNotWaitTakesNothing(count: Int, request: UInt64) {
    var answers: [[UInt64]] = []
    var step = 0
    let device = Fake16550()
    HostTrap.answering(by: { registers in
      let word = CallWord(rawValue: registers.call)
      registers.call = 0
      switch SyscallNumber(rawValue: UInt8(word.number)) {
      case .reply, .replyAndReceive where word.reply != .none:
        answers.append([UInt64(word.reply.rawValue), registers.words[0], registers.words[2]])
        if SyscallNumber(rawValue: UInt8(word.number)) == .reply { return }
        fallthrough
      case .receive, .replyAndReceive:
        step += 1
        registers.words = .init(repeating: 0)
        if step <= count {
          registers.words[0] = request
          registers.call = ResultWord(delivered: .message, wordCount: 1).rawValue
        } else if step == count + 1 {
          registers.words[0] = 0x401
          registers.call =
            ResultWord(
              delivered: .message, wordCount: 1, reply: Handle(rawValue: 77)).rawValue
        } else if step == count + 2 {
          device.incoming = [0x61]
          registers.argument0 = 1
          registers.call = ResultWord(delivered: .notification, wordCount: 0).rawValue
        } else {
          registers.call = ResultWord(.peerGone).rawValue
        }
      default: break
      }
    }) {
      var loop = ConsoleLoop(
        driver: UART16550Driver(registers: device, clockFrequency: 0),
        interrupt: Interrupt(adopting: Handle(rawValue: 9)))
      let endpoint = ReceiveEndpoint(adopting: Handle(rawValue: 5))
      try? endpoint.serve(&loop)
      #expect(answers == [[77, 0, 0x61]])
    }
  }

  /// It was typed before the shell could say whom to signal.
  @Test func controlCThatWasTypedAheadIsSeen() {
    var console = TestConsole()
    console.type("a\u{3}b")
    console.handle(.setInterrupt, from: 9)

    #expect(console.clients.signals == 1)
    console.handle(.read, from: 2)
    #expect(console.clients.read == "b")
  }

  /// More was typed than the console keeps, and nobody reads.
  @Test func controlCComesInBehindMoreThanFits() {
    var console = TestConsole()
    console.handle(.setInterrupt, from: 9)
    console.device.incoming = [UInt8](repeating: 0x61, count: 128 * 1024)
    console.interrupt()
    console.type("\u{3}")
    #expect(console.clients.signals == 0)
    #expect(console.server.isStuck)

    console.server.giveUpInput(&console.clients)

    #expect(console.clients.signals == 1)
  }

  /// A program that reads now and then loses nothing of what was typed.
  @Test func whoReadsLosesNothing() {
    var console = TestConsole()
    console.handle(.setInterrupt, from: 9)
    console.device.incoming = (0..<130 * 1024).map { UInt8(truncatingIfNeeded: $0) & 0x7f | 0x20 }
    let typed = console.device.incoming
    console.interrupt()
    var read: [UInt8] = []
    for token in 100..<100 + 65 {
      #expect(console.server.isStuck == (token < 102))
      console.lendRoom(for: 2048, .read, from: token)
      read += console.filled(token) ?? []
    }
    #expect(read == typed)
  }

  /// A number comes again: who had it before waits no more.
  @Test func tokenThatComesAgainIsSomebodyElses() {
    var console = TestConsole()
    console.handle(.read, from: 1)
    console.lendRoom(for: 64, .read, from: 1)
    console.type("x")
    #expect(console.filled(1) == [UInt8(ascii: "x")])
    #expect(console.clients.replies.count == 1)
  }

  /// What is echoed is no writer's, and refuses none.
  @Test func echoRefusesNoWriter() {
    var console = TestConsole()
    console.device.transmitterRoom = 0
    console.write("0123456789abcdef0123", from: 8)
    console.handle(.readLine, from: 1)
    for _ in 0..<80 { console.type("x") }
    console.write("program", from: 2)
    #expect(console.clients.refused == [])
  }
}
