import FuzzHarness
import Libmnos
import LibmnosHost

@testable import VFSService

/// Messages of any words, read as the requests and replies of each interface.
enum MessageTarget {
  static let target: FuzzTarget = {
    var target = FuzzTarget("messages", "typed messages of every interface", mostBytes: 66) {
      (bytes) throws(BrokenPromise) in try outcome(of: bytes)
    }
    target.seeds = { MessageSeeds.all }
    return target
  }()

  /// The first byte says what is read, the second how many words there are.
  private static func outcome(of bytes: [UInt8]) throws(BrokenPromise) -> FuzzOutcome {
    var script = ByteScript(bytes)
    let kind = script.byte() % 8
    var words: [8 of UInt64] = .init(repeating: 0)
    let count = script.below(10)
    for index in 0..<8 { words[index] = script.word() }
    let message = Message(words: words, count: count)
    try promise(message.count <= Message.capacity, "more words than a message has")
    switch kind {
    case 0: return try request(message, NameProtocol.self)
    case 1: return try request(message, ProcessProtocol.self)
    case 2: return try request(message, ConsoleProtocol.self)
    case 3: return try fileRequest(message)
    case 4: return try reply(message, NameProtocol.self)
    case 5: return try reply(message, ProcessProtocol.self)
    case 6: return try reply(message, ConsoleProtocol.self)
    default: return try reply(message, FileSystemProtocol.self)
    }
  }

  /// What is accepted is written the same way again, word by word: a word that was not looked at
  /// would be another message with the same meaning.
  private static func check<T: MessageCodable>(
    _ value: T, was message: Message, skipping first: Int
  ) throws(BrokenPromise) {
    var again = Message()
    value.encode(into: &again)
    try promise(again.count == message.count - first, "read with \(message.count - first) words")
    for index in 0..<again.count {
      let word = message.words[first + index]
      try promise(
        again.words[index] == word,
        "word \(index) is read although it says \(String(word, radix: 16))")
    }
  }

  private static func request<API: Interface>(
    _ message: Message, _ api: API.Type
  ) throws(BrokenPromise) -> FuzzOutcome {
    var reader = MessageReader(message)
    let request: API.Request
    do throws(MalformedMessage) {
      request = try API.Request(from: &reader)
      try reader.finish()
    } catch {
      return .refused("malformed request")
    }
    try check(request, was: message, skipping: 0)
    return .accepted("request")
  }

  private static func reply<API: Interface>(
    _ message: Message, _ api: API.Type
  ) throws(BrokenPromise) -> FuzzOutcome {
    let reply: API.Reply
    do throws(CallFailure<API.Failure>) {
      reply = try decodeReply(message, of: API.self)
    } catch {
      switch error {
      case .refused(let failure):
        try promise(failure.rawValue == message.words[0], "another failure than was sent")
        return .accepted("failure")
      case .kernel: throw BrokenPromise("a kernel's failure in a message")
      case .malformed: return .refused("malformed reply")
      }
    }
    try check(reply, was: message, skipping: 1)
    return .accepted("reply")
  }

  // MARK: A server behind it

  private static let loans: [([[UInt8]], LeaseAccess)] = [
    ([], .none), ([Array("/a".utf8), Array("b".utf8)], .read), ([[0, 0, 0]], .write),
    ([[UInt8](repeating: 0x2f, count: 2000)], .read),
  ]

  /// Each file request is carried out too, under badges that no client could have.
  private static func fileRequest(_ message: Message) throws(BrokenPromise) -> FuzzOutcome {
    let outcome = try request(message, FileSystemProtocol.self)
    var reader = MessageReader(message)
    guard case .accepted = outcome,
      let request = try? FileSystemProtocol.Request(from: &reader)
    else { return outcome }
    let files = MemoryFileSystem(pageCapacity: 16, nodeCapacity: 8)
    let client = TestFileClient(TestFileService(files))
    try? client.save("/a", [1, 2, 3])
    let badges: [UInt64] = [
      0, NameProtocol.senderBadge, .max, 1 << 61, 3 << 61, 1 << 61 | 1 << 16 | 1,
      3 << 61 | 1 << 16 | 1, message.words[7],
    ]
    for badge in badges {
      for (lent, access) in loans {
        let lender = TestLender(lent, access)
        if case .open(let options) = request {
          _ = try? client.service.server.open(options, from: badge, lending: lender)
        } else {
          _ = try? client.ask(request, badge, lender)
        }
      }
    }
    return outcome
  }
}
