import LibmnosHost
import MnosABI
import Testing

@testable import Libmnos

/// An interface whose one request brings the sum of what is lent, or fills it.
private enum Summing: Interface {
  struct Request: MessageCodable {
    let start: UInt64
    init(start: UInt64) { self.start = start }
    func encode(into message: inout Message) { message.append(start) }
    init(from reader: inout MessageReader) throws(MalformedMessage) { start = try reader.next() }
  }
  struct Reply: MessageCodable, Equatable {
    let sum: UInt64
    init(sum: UInt64) { self.sum = sum }
    func encode(into message: inout Message) { message.append(sum) }
    init(from reader: inout MessageReader) throws(MalformedMessage) { sum = try reader.next() }
  }
  enum Failure: UInt64, Error { case unreadable = 106 }
}

/// Adds up the first lease and writes the sum's low byte to the second.
private struct Summer: Server {
  typealias API = Summing

  mutating func handle(
    _ request: Summing.Request, from badge: UInt64,
    with capabilities: inout ReceivedCapabilities, reply: consuming PendingReply<Summing>
  ) -> Answered {
    var bytes = [UInt8](repeating: 0, count: Int(reply.leases.byteCount(0, for: .read)))
    var span = bytes.mutableSpan
    do throws(SyscallStatus) {
      try reply.read(into: &span)
      let sum = bytes.reduce(request.start) { $0 + UInt64($1) }
      let mark = [UInt8(sum & 0xff)]
      try reply.write(mark.span, to: 1)
      return reply.succeed(Summing.Reply(sum: sum))
    } catch {
      return reply.fail(.unreadable)
    }
  }
}

/// Lending memory with a call, and reaching what was lent.
struct LoanTests {
  private let endpoint = Handle(rawValue: 5)

  /// A message of four words, the most beside a lease.
  private func request() -> Message {
    var message = Message()
    for word in 1...4 as ClosedRange<UInt64> { message.append(word) }
    return message
  }

  /// What a call says that it lends.
  private struct Seen: Equatable {
    var leases = Leases.none
    var words: [UInt64] = []
    var ranges: [UInt64] = []
  }

  /// Runs `body` against a kernel that answers each call, and notes what it said.
  private func seen(
    answering status: SyscallStatus = .ok, _ body: (borrowing SendEndpoint) throws -> Void
  ) throws -> Seen {
    var seen = Seen()
    try HostTrap.answering { registers in
      let word = CallWord(rawValue: registers.call)
      if word.number == UInt64(SyscallNumber.call.rawValue) {
        seen.leases = word.leases
        #expect(word.wordCount == 4 && !word.hasTransfers && registers.argument1 == 1000)
        seen.words = (0..<4).map { registers.words[$0] }
        seen.ranges = (4..<8).map { registers.words[$0] }
      }
      registers.call =
        status == .ok
        ? ResultWord(delivered: .message, wordCount: 1).rawValue : ResultWord(status).rawValue
      registers.words[0] = 77
      // A server writes its mark where it may.
      for index in 0..<2 where word.leases[index] == .write {
        let place = unsafe UnsafeMutablePointer<UInt8>(
          bitPattern: UInt(registers.words[4 + index * 2]))
        unsafe place?.pointee = 99
      }
    } _: {
      try body(SendEndpoint(adopting: endpoint))
    }
    return seen
  }

  @Test func callLendsBytesToRead() throws {
    let bytes: [UInt8] = [1, 2, 3]
    let address = unsafe bytes.withUnsafeBufferPointer {
      UInt64(UInt(bitPattern: $0.baseAddress))
    }
    let seen = try seen {
      let answer = try $0.call(request(), lending: bytes.span, deadline: 1000)
      #expect(answer.message.words[0] == 77)
    }
    #expect(seen.leases == Leases(.read))
    #expect(seen.words == [1, 2, 3, 4])
    #expect(seen.ranges == [address, 3, 0, 0])
  }

  @Test func callLendsAPlaceToWrite() throws {
    var bytes = [UInt8](repeating: 0, count: 9)
    let seen = try seen {
      var span = bytes.mutableSpan
      _ = try $0.call(request(), filling: &span, deadline: 1000)
    }
    #expect(seen.leases == Leases(.write))
    #expect(seen.ranges[1...] == [9, 0, 0])
    #expect(bytes == [99] + [UInt8](repeating: 0, count: 8))
  }

  @Test func callLendsBoth() throws {
    let name: [UInt8] = [1, 2, 3, 4]
    var bytes = [UInt8](repeating: 0, count: 9)
    let seen = try seen {
      var span = bytes.mutableSpan
      _ = try $0.call(request(), lending: name.span, filling: &span, deadline: 1000)
    }
    #expect(seen.leases == Leases(.read, .write))
    #expect(seen.ranges[1] == 4 && seen.ranges[3] == 9)
    #expect(bytes[0] == 99 && name == [1, 2, 3, 4])
  }

  @Test(arguments: [SyscallStatus.badPointer, .peerGone, .timedOut])
  func kernelStatusReachesTheCaller(status: SyscallStatus) throws {
    let bytes: [UInt8] = [1]
    #expect(throws: status) {
      try seen(answering: status) {
        _ = try $0.call(request(), lending: bytes.span, deadline: 1000)
      }
    }
  }

  /// The server's side: what it learns, and the calls that it makes.
  @Test func serverReadsAndWritesThroughTheRight() throws {
    var accesses: [[UInt64]] = []
    try HostTrap.answering { registers in
      let number = CallWord(rawValue: registers.call).number
      registers.call = 0
      if number == UInt64(SyscallNumber.receive.rawValue) {
        registers.call =
          ResultWord(
            delivered: .message, wordCount: 1, leases: Leases(.write, .read),
            reply: Handle(rawValue: 0x1_0010)
          ).rawValue
        (registers.words[4], registers.words[5]) = (4096, 12)
      }
      guard number == UInt64(SyscallNumber.access.rawValue) else { return }
      accesses.append(
        [registers.argument0, registers.argument1] + (0..<3).map { registers.words[$0] })
      // What is read is fives; what is written has to be there.
      let place = unsafe UnsafeMutablePointer<UInt8>(bitPattern: UInt(registers.argument2))
      if registers.words[2] == 0 {
        for index in 0..<Int(registers.words[1]) { unsafe place?[index] = 5 }
      } else if registers.words[0] == 4000 {
        for index in 0..<5 { #expect(unsafe place?[index] == 5) }
      }
      if registers.words[0] == 8 { registers.call = ResultWord(.badPointer).rawValue }
    } _: {
      let delivery = try ReceiveEndpoint(adopting: endpoint).receive()
      #expect(delivery.leases.byteCount(0, for: .write) == 4096)
      #expect(delivery.leases.byteCount(0, for: .read) == 0)
      #expect(delivery.leases.byteCount(1, for: .read) == 12)
      #expect(delivery.leases.byteCount(1, for: .readWrite) == 0)
      var bytes = [UInt8](repeating: 0, count: 5)
      var span = bytes.mutableSpan
      try delivery.reply.read(1, at: 7, into: &span)
      try delivery.reply.write(bytes.span, at: 4000)
      #expect(throws: SyscallStatus.badPointer) {
        let two: [UInt8] = [1, 2]
        try delivery.reply.write(two.span, at: 8)
      }
    }
    #expect(accesses == [[0x1_0010, 1, 7, 5, 0], [0x1_0010, 0, 4000, 5, 1], [0x1_0010, 0, 8, 2, 1]])
  }

  @Test func typedCallsLend() throws {
    var seen: [Leases] = []
    try HostTrap.answering { registers in
      let word = CallWord(rawValue: registers.call)
      if word.number == UInt64(SyscallNumber.call.rawValue) { seen.append(word.leases) }
      registers.call = ResultWord(delivered: .message, wordCount: 2).rawValue
      (registers.words[0], registers.words[1]) = (seen.count == 3 ? 106 : 0, 84)
      if seen.count == 3 {
        registers.call = ResultWord(delivered: .message, wordCount: 1).rawValue
      }
    } _: {
      let client = Client<Summing>(SendEndpoint(adopting: endpoint))
      var bytes: [UInt8] = [1, 2]
      #expect(try client.call(Summing.Request(start: 0), lending: bytes.span).sum == 84)
      var span = bytes.mutableSpan
      #expect(try client.call(Summing.Request(start: 0), filling: &span).sum == 84)
      do throws(CallFailure<Summing.Failure>) {
        let none: [UInt8] = []
        _ = try client.call(Summing.Request(start: 0), lending: none.span)
        Issue.record("a refusal was taken for an answer")
      } catch {
        guard case .refused(.unreadable) = error else { throw error }
      }
    }
    #expect(seen == [Leases(.read), Leases(.write), Leases(.read)])
  }

  /// The receive loop hands the leases on to the server, and a memory that is not there is its
  /// client's refusal, not the server's end.
  @Test func serverInALoopReachesWhatIsLent() {
    var step = 0
    var written: [[UInt64]] = []
    var answers: [[UInt64]] = []
    HostTrap.answering { registers in
      let word = CallWord(rawValue: registers.call)
      switch SyscallNumber(rawValue: UInt8(word.number)) {
      case .access:
        registers.call = step == 2 ? ResultWord(.badPointer).rawValue : 0
        guard step == 1 else { return }
        let place = unsafe UnsafeMutablePointer<UInt8>(bitPattern: UInt(registers.argument2))
        if registers.words[2] == 0 {
          for index in 0..<Int(registers.words[1]) { unsafe place?[index] = UInt8(index) }
        } else {
          written.append([registers.argument1, UInt64(unsafe place?.pointee ?? 0)])
        }
      case .receive, .replyAndReceive:
        if word.reply != .none { answers.append([registers.words[0], registers.words[1]]) }
        step += 1
        registers.call =
          step >= 3
          ? ResultWord(.peerGone).rawValue
          : ResultWord(
            delivered: .message, wordCount: 1, leases: Leases(.read, .write),
            reply: Handle(rawValue: 0x1_0010 + UInt32(step))
          ).rawValue
        registers.words[0] = 100
        (registers.words[4], registers.words[5]) = (4, 1)
      default: registers.call = 0
      }
    } _: {
      var server = Summer()
      #expect(throws: SyscallStatus.peerGone) {
        try ReceiveEndpoint(adopting: endpoint).serve(&server)
      }
    }
    #expect(written == [[1, 106]])
    #expect(answers.map { $0[0] } == [0, 106])
    #expect(answers.first?[1] == 106)
  }

  @Test func callThatLendsNothingSaysSo() {
    let none = ReceivedLeases()
    for access in [LeaseAccess.read, .write, .readWrite] {
      #expect(none.byteCount(0, for: access) == 0 && none.byteCount(1, for: access) == 0)
    }
  }
}
