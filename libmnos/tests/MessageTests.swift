import LibmnosHost
import Testing

@testable import Libmnos

/// An interface with one of each outcome.
private enum Doubling: Interface {
  enum Request: MessageCodable {
    case double(UInt64)
    case refuse
    case later

    func encode(into message: inout Message) {
      switch self {
      case .double(let value):
        message.append(1)
        message.append(value)
      case .refuse: message.append(2)
      case .later: message.append(3)
      }
    }

    init(from reader: inout MessageReader) throws(MalformedMessage) {
      switch try reader.next() {
      case 1: self = .double(try reader.next())
      case 2: self = .refuse
      case 3: self = .later
      default: throw MalformedMessage()
      }
    }
  }
  struct Reply: MessageCodable, Equatable {
    let value: UInt64
    init(value: UInt64) { self.value = value }
    func encode(into message: inout Message) { message.append(value) }
    init(from reader: inout MessageReader) throws(MalformedMessage) { value = try reader.next() }
  }
  enum Failure: UInt64, Error { case unwilling = 9 }
}

private struct Doubler: Server {
  typealias API = Doubling
  var held: [Handle] = []
  var signals: UInt64 = 0
  var deadlines = 0
  var nextDeadline: UInt64 { 1000 }

  mutating func handle(
    _ request: Doubling.Request, from badge: UInt64,
    with capabilities: inout ReceivedCapabilities, reply: consuming PendingReply<Doubling>
  ) -> Answered {
    switch request {
    case .double(let value): return reply.succeed(Doubling.Reply(value: value * 2 + badge))
    case .refuse: return reply.fail(.unwilling)
    case .later:
      var handle = Handle.none
      let answered = reply.postpone { handle = $0.relinquish() }
      held.append(handle)
      return answered
    }
  }
  mutating func handleSignals(_ bits: UInt64) { signals |= bits }
  mutating func handleDeadline() { deadlines += 1 }
}

struct MessageTests {
  private func words(_ values: UInt64...) -> [8 of UInt64] {
    var words: [8 of UInt64] = .init(repeating: 0)
    for (index, value) in values.enumerated() { words[index] = value }
    return words
  }

  private func expectStatus(
    _ expected: SyscallStatus?, _ body: () throws(SyscallStatus) -> Void
  ) {
    do throws(SyscallStatus) {
      try body()
      #expect(expected == nil)
    } catch { #expect(error == expected) }
  }

  @Test func callBringsTheServersReplyOrItsError() throws {
    let answers: [(UInt64, UInt64)] = [(0, 84), (9, 0)]
    for (code, value) in answers {
      try HostTrap.answering { registers in
        guard CallWord(rawValue: registers.call).number == UInt64(SyscallNumber.call.rawValue)
        else {
          registers.call = 0
          return
        }
        registers.call = ResultWord(delivered: .message, wordCount: code == 0 ? 2 : 1).rawValue
        (registers.words[0], registers.words[1]) = (code, value)
      } _: {
        let client = Client<Doubling>(SendEndpoint(adopting: Handle(rawValue: 5)))
        do throws(CallFailure<Doubling.Failure>) {
          let reply = try client.call(.double(42))
          #expect(code == 0 && reply.value == 84)
        } catch {
          guard case .refused(.unwilling) = error else { throw error }
          #expect(code == 9)
        }
      }
    }
  }

  @Test func aReplyOfTheWrongShapeIsMalformed() {
    let wrong = [
      Message(), Message(words: words(0), count: 1), Message(words: words(0, 1, 2), count: 3),
      Message(words: words(8), count: 1), Message(words: words(1 << 32), count: 1),
    ]
    for message in wrong {
      var isMalformed = false
      do throws(CallFailure<Doubling.Failure>) {
        _ = try decodeReply(message, of: Doubling.self)
      } catch { if case .malformed = error { isMalformed = true } }
      #expect(isMalformed)
    }
  }

  @Test func kernelStatusReachesTheCaller() {
    HostTrap.answering {
      $0.call = ResultWord(.peerGone).rawValue
    } _: {
      let client = Client<Doubling>(SendEndpoint(adopting: Handle(rawValue: 5)))
      var isGone = false
      do throws(CallFailure<Doubling.Failure>) { _ = try client.call(.refuse) } catch {
        isGone = error.isServerGone
      }
      #expect(isGone)
    }
  }

  /// One thing that a receive delivers, and what the next receive must have sent.
  @Test func loopAnswersEachRequestWithTheNextReceive() {
    var step = 0
    var sent: [[UInt64]] = []
    var deleted: [UInt64] = []
    var server = Doubler()
    HostTrap.answering { registers in
      let call = CallWord(rawValue: registers.call)
      guard call.number != UInt64(SyscallNumber.delete.rawValue) else {
        deleted.append(registers.argument0)
        registers.call = 0
        return
      }
      let isReply = call.number == UInt64(SyscallNumber.replyAndReceive.rawValue)
      if isReply {
        sent.append([UInt64(call.reply.rawValue), registers.words[0], registers.words[1]])
      }
      #expect(registers.argument1 == 1000)
      step += 1
      func deliver(_ kind: DeliveryKind, _ count: UInt64, reply: UInt32, badge: UInt64) {
        registers.call =
          ResultWord(delivered: kind, wordCount: count, reply: Handle(rawValue: reply)).rawValue
        registers.argument0 = badge
      }
      switch step {
      case 1:
        registers.words = self.words(1, 20)
        deliver(.message, 2, reply: 0x1_0010, badge: 2)
      case 2:
        registers.words = self.words(2)
        deliver(.message, 1, reply: 0x1_0011, badge: 0)
      case 3:
        registers.words = self.words(77)
        deliver(.message, 1, reply: 0x1_0012, badge: 0)
      case 4: deliver(.notification, 0, reply: 0, badge: 6)
      case 5: registers.call = ResultWord(.timedOut).rawValue
      case 6:
        registers.words = self.words(3)
        deliver(.message, 1, reply: 0x1_0013, badge: 0)
      default: registers.call = ResultWord(.peerGone).rawValue
      }
    } _: {
      let endpoint = ReceiveEndpoint(adopting: Handle(rawValue: 3))
      expectStatus(.peerGone) { () throws(SyscallStatus) in
        try endpoint.serve(&server)
      }
    }
    #expect(sent == [[0x1_0010, 0, 42], [0x1_0011, 9, 0], [0x1_0012, 1 << 32, 0]])
    #expect(server.signals == 6 && server.deadlines == 1)
    #expect(server.held == [Handle(rawValue: 0x1_0013)])
    #expect(deleted == [3])
  }

  @Test func aCallerThatIsGoneCostsTheServerNothing() {
    var step = 0
    var deleted: [UInt64] = []
    var numbers: [UInt64] = []
    HostTrap.answering { registers in
      let number = CallWord(rawValue: registers.call).number
      numbers.append(number)
      if number == UInt64(SyscallNumber.delete.rawValue) {
        deleted.append(registers.argument0)
        registers.call = 0
        return
      }
      step += 1
      if step == 1 {
        registers.words = self.words(2)
        registers.call =
          ResultWord(delivered: .message, wordCount: 1, reply: Handle(rawValue: 0x20)).rawValue
      } else {
        registers.call = ResultWord(step == 2 ? .badCapability : .cancelled).rawValue
      }
    } _: {
      var server = Doubler()
      let endpoint = ReceiveEndpoint(adopting: Handle(rawValue: 3))
      expectStatus(.cancelled) { () throws(SyscallStatus) in
        try endpoint.serve(&server)
      }
    }
    #expect(deleted == [0x20, 3])
    #expect(numbers == [1, 4, 9, 1, 9])
  }

  @Test func capabilitiesAreDeletedOnceUnlessRelinquished() {
    var deleted: [UInt64] = []
    HostTrap.answering { registers in
      deleted.append(registers.argument0)
      registers.call = 0
    } _: {
      _ = Notification(adopting: Handle(rawValue: 1))
      let kept = Notification(adopting: Handle(rawValue: 2))
      _ = kept.relinquish()
      Notification.withBorrowed(Handle(rawValue: 2)) { #expect($0.handle.rawValue == 2) }
      _ = ReceivedCapabilities(
        adopting: [Handle(rawValue: 3), Handle(rawValue: 4), .none, .none], count: 2)
      var attachments = Attachments()
      attachments.attach(Notification(adopting: Handle(rawValue: 5)), rights: .all)
    }
    #expect(deleted.sorted() == [1, 3, 4, 5])
  }

  @Test func receivedCapabilityMustBeOfTheTypeAskedFor() {
    HostTrap.answering { registers in
      if CallWord(rawValue: registers.call).number == UInt64(SyscallNumber.inspect.rawValue) {
        registers.words[0] = UInt64(ObjectType.memory.rawValue)
      }
      registers.call = 0
    } _: {
      var received = ReceivedCapabilities(
        adopting: [Handle(rawValue: 3), .none, .none, .none], count: 1)
      expectStatus(.wrongType) { () throws(SyscallStatus) in
        _ = try received.take(0, as: Notification.self)
      }
      expectStatus(nil) { () throws(SyscallStatus) in
        _ = try received.take(0, as: Memory.self)
      }
      expectStatus(.badCapability) { () throws(SyscallStatus) in
        _ = try received.take(0, as: Memory.self)
      }
      expectStatus(.badCapability) { () throws(SyscallStatus) in
        _ = try received.take(1, as: Memory.self)
      }
    }
  }
}
