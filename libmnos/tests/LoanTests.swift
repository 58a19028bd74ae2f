import LibmnosHost
import MnosABI
import Testing

@testable import Libmnos

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
    } _: {
      try body(SendEndpoint(adopting: endpoint))
    }
    return seen
  }

  @Test func callLendsBytesToRead() throws {
    let bytes: [UInt8] = [1, 2, 3]
    let address = unsafe bytes.withUnsafeBufferPointer {
      unsafe UInt64(UInt(bitPattern: $0.baseAddress))
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
    #expect(seen.ranges[0] != 0)
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
    #expect(seen.ranges[0] != seen.ranges[2])
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
        try delivery.reply.write([1, 2].span, at: 8)
      }
    }
    #expect(accesses == [[0x1_0010, 1, 7, 5, 0], [0x1_0010, 0, 4000, 5, 1], [0x1_0010, 0, 8, 2, 1]])
  }

  @Test func callThatLendsNothingSaysSo() {
    let none = ReceivedLeases()
    for access in [LeaseAccess.read, .write, .readWrite] {
      #expect(none.byteCount(0, for: access) == 0 && none.byteCount(1, for: access) == 0)
    }
  }
}
