import Testing

@testable import Libmnos

@Suite struct ProtocolTests {
  private func roundTrip<T: MessageCodable>(_ value: T) throws(MalformedMessage) -> T {
    var message = Message()
    value.encode(into: &message)
    var reader = MessageReader(message)
    let read = try T(from: &reader)
    try reader.finish()
    return read
  }

  @Test(arguments: [
    NameProtocol.Request.register(Name("console")), .lookUp(Name("vfs"), waits: true),
    .lookUp(Name("vfs"), waits: false),
  ])
  func nameRequestsSurviveTheWay(request: NameProtocol.Request) throws {
    #expect(try roundTrip(request) == request)
  }

  @Test(arguments: [
    ProcessProtocol.Request.spawn(SpawnRequest(argumentByteCount: 9)),
    .spawn(
      SpawnRequest(
        argumentByteCount: .max, programByteCount: .max, hasConsole: true, hasFiles: true)),
    .list(from: 3), .kill(.max), .wait(0), .service(at: 2), .power(.off), .power(.reboot),
    .capability(of: .max, from: .max), .thread(of: 3, from: 1 << 40), .stray(from: .max),
  ])
  func processRequestsSurviveTheWay(request: ProcessProtocol.Request) throws {
    #expect(try roundTrip(request) == request)
  }

  @Test(arguments: [
    ProcessProtocol.Reply.done, .started(process: 7), .ended(exitValue: .max), .endOfList,
    .process(
      ProcessInfo(
        number: .max, state: .stopped, priority: 255, threadCount: .max, memoryKibibytes: .max,
        processorMilliseconds: 5, name: ShortName("a name of exactly 32 characters!"))),
    .service(
      ServiceInfo(state: .waiting, process: 12, restartCount: .max, name: ShortName("vfs"))),
    .service(
      ServiceInfo(
        state: .running, process: 12, restartCount: .max,
        share: CPUShare(microseconds: 1_000_000, period: 1_000_000), keepsQueue: true,
        name: ShortName("a name of exactly 32 characters!"))),
    .capability(
      CapabilityListing(
        slot: .max, generation: .max, type: .machine, rights: Rights(bits: .max), badge: .max,
        state: .bound, role: .ports)),
    .thread(
      ThreadListing(
        number: .max, state: .ended, priority: 255, processorNanoseconds: .max, isSuspended: true,
        isThrottled: true)),
    .thread(
      ThreadListing(number: 1, state: .ready, priority: 0, processorNanoseconds: 0)),
    .stray(
      StrayInfo(
        number: .max, state: .stopped, threadCount: .max, capabilityCount: .max,
        memoryKibibytes: .max, processorMilliseconds: .max,
        maker: .max)),
    .stray(
      StrayInfo(
        number: 1, state: .new, threadCount: 0, capabilityCount: 0, memoryKibibytes: 0,
        processorMilliseconds: 0, maker: 0)),
    .goOn(from: .max),
  ])
  func processRepliesFitBehindTheirCode(reply: ProcessProtocol.Reply) throws {
    #expect(try roundTrip(reply) == reply)
    #expect(encodeReply(reply, of: ProcessProtocol.self).count <= 8)
  }

  @Test func randomWordsNeverTrap() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = RandomState(seed: seed)
    var readable = 0
    for _ in 0..<50_000 {
      var message = Message()
      let operation = [0x100, 0x101, 0x200, 0x203, 0x204, 0x205, 0x206, 0x207, 0x208, 2, 4].randomElement(
        using: &random)!
      message.append(Bool.random(using: &random) ? UInt64(operation) : random.next())
      for _ in 0..<Int.random(in: 0...7, using: &random) {
        message.append(Bool.random(using: &random) ? random.next() : random.next() >> 58)
      }
      var (names, processes, replies) = (
        MessageReader(message), MessageReader(message), MessageReader(message)
      )
      if (try? NameProtocol.Request(from: &names)) != nil { readable += 1 }
      if (try? ProcessProtocol.Request(from: &processes)) != nil { readable += 1 }
      if (try? ProcessProtocol.Reply(from: &replies)) != nil { readable += 1 }
    }
    #expect(readable > 100, "seed \(seed)")
  }

  /// Words that an encoder would not have written: a bit that means nothing is set.
  @Test(
    arguments: [
      [1 << 8], [1 << 63], [1 | 3 << 8, 0], [1 | 1 << 8 | 1 << 17, 0], [2 | 1 << 8, 5],
      [3 | 1 << 40, 5, 6], [4], [0xff],
    ] as [[UInt64]])
  func fileReplyWithABitTooManyIsMalformed(words: [UInt64]) {
    var message = Message()
    message.append(ReplyCode.success)
    for word in words { message.append(word) }

    #expect(throws: CallFailure<FileSystemError>.self) {
      try decodeReply(message, of: FileSystemProtocol.self)
    }
  }

  @Test(
    arguments: [
      [1 << 4], [1 | 1 << 4, 7], [3 | 1 << 63, 0], [5 | 1 << 4], [9 | 1 << 32, 0],
      [6 | 1 << 16 | 1 << 24, 0, 0], [6 | 1 << 16, 1 << 32, 0], [7 | 1 << 10, 0, 0],
      [7 | 1 << 24, 0, 0], [8 | 1 << 8, 0, 0, 0],
    ] as [[UInt64]])
  func processReplyWithABitTooManyIsMalformed(words: [UInt64]) {
    var message = Message()
    message.append(ReplyCode.success)
    for word in words { message.append(word) }

    #expect(throws: CallFailure<ProcessProtocol.Failure>.self) {
      try decodeReply(message, of: ProcessProtocol.self)
    }
  }

  @Test func inlineBytesEndWithTheirCount() throws {
    for (count, word, isSound) in [
      (3, 0x63_6261, true), (3, 0x1_0063_6261, false), (8, .max, true), (0, 0, true),
    ] as [(UInt64, UInt64, Bool)] {
      var message = Message()
      message.append(0x400 | count << 16)
      if count > 0 { message.append(word) }
      var reader = MessageReader(message)
      let request = try? ConsoleProtocol.Request(from: &reader)

      #expect((request != nil) == isSound, "\(count) bytes in \(word)")
    }
  }
}
