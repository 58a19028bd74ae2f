import Libmnos

/// Names the right to answer one caller, which the receive loop keeps.
struct ReplyToken: Equatable {
  let rawValue: UInt32
}

/// What the console's logic asks of the loop around it.
protocol ConsoleClients: ~Copyable {
  /// Answers a caller; false if it is gone, and then nothing of the answer was seen.
  mutating func reply(to token: ReplyToken, _ reply: ConsoleProtocol.Reply) -> Bool
  mutating func refuse(_ token: ReplyToken, _ failure: ConsoleProtocol.Failure)
  /// Whether a caller still waits: its deadline may have passed, or it may have ended.
  func isWaiting(_ token: ReplyToken) -> Bool
  /// Reads bytes that a caller lends, from `offset` on; it must have lent so many.
  mutating func read(_ count: Int, at offset: UInt64, from token: ReplyToken) -> LentBytes
  /// Writes bytes to the beginning of what a caller lends; it must have lent so many.
  ///
  /// - Returns: How many were written before memory that is not there; nil if the caller is gone.
  mutating func write(_ bytes: [UInt8], to token: ReplyToken) -> Int?
  /// Signals the notification given with `setInterrupt`.
  mutating func signalInterrupt()
}

/// What came of reading what a caller lends.
enum LentBytes {
  case bytes([UInt8])
  /// The caller's memory is not there.
  case unreadable
  /// The caller waits no more.
  case callerGone
}

/// The console: who reads, who writes, and what Ctrl-C means.
///
/// Knows nothing of the machine. Each method does what can be done now and answers
/// whoever is served; others wait in bounded queues.
struct ConsoleServer<Driver: SerialDriver> {
  /// Bytes typed that wait for a reader.
  static var inputCapacity: Int { 128 * 1024 }
  /// Readers, and flushers, that can wait at a time.
  static var mostWaiters: Int { 32 }

  private struct Reader {
    let token: ReplyToken
    let isLine: Bool
    /// Bytes that it lends to be written; nil for an answer that brings them.
    let room: Int?
  }

  private(set) var driver: Driver
  private var input = ByteRing(capacity: inputCapacity)
  private var output = OutputQueue()
  private var readers: [Reader] = []
  private var flushers: [ReplyToken] = []
  private var hasInterrupt = false
  /// Whether what no longer fits is dropped, so that Ctrl-C is seen.
  private var dropsInput = false
  private var lineReader = LineReader()

  init(driver: Driver) { self.driver = driver }

  mutating func start<Clients: ConsoleClients & ~Copyable>(_ clients: inout Clients) {
    driver.start()
    serviceDevice(&clients)
  }

  /// Serves the device and everyone who waits for it.
  mutating func serviceDevice<Clients: ConsoleClients & ~Copyable>(_ clients: inout Clients) {
    var hasDropped: Bool
    repeat {
      hasDropped = false
      output.fetch(&clients)
      let received = driver.service(receiving: &input, sending: &output)
      if received > 0 {
        forgetGoneReaders(clients)
        noticeInterrupt(among: received, &clients)
        hasDropped = makeRoomForInterrupt()
      }
      for writer in output.takeFinished() { _ = clients.reply(to: writer, ConsoleProtocol.Reply()) }
      // A full buffer was emptied, or an echo was added: the device has to know.
    } while serveReaders(&clients) || output.needsFetch || hasDropped
    answerFlushers(&clients)
  }

  /// - Parameters:
  ///   - lentByteCount: How much the caller lends to be read.
  ///   - room: How much it lends to be written; nil if it lends nothing.
  mutating func handle<Clients: ConsoleClients & ~Copyable>(
    _ request: ConsoleProtocol.Request, lending lentByteCount: UInt64 = 0, room: UInt64? = nil,
    from token: ReplyToken, _ clients: inout Clients
  ) {
    // A number that comes again: who had it before waits no more.
    readers.removeAll { $0.token == token }
    flushers.removeAll { $0 == token }
    output.forget(token)
    switch request {
    case .write(let bytes):
      guard !output.isFull else { return refuse(token, &clients) }
      output.append(bytes.bytes, for: token)
    case .writeLent:
      guard !output.isFull else { return refuse(token, &clients) }
      guard lentByteCount <= ConsoleProtocol.mostLentBytes else {
        return clients.refuse(token, .tooLong)
      }
      output.append(lent: lentByteCount, for: token)
    case .read, .readLine:
      dropsInput = false
      forgetGoneReaders(clients)
      guard readers.count < Self.mostWaiters else { return refuse(token, &clients) }
      var isLine = false
      if case .readLine = request { isLine = true }
      let most = room.map { Int(min($0, UInt64(ConsoleProtocol.mostLentBytes))) }
      readers.append(Reader(token: token, isLine: isLine, room: most))
    case .setInterrupt:
      hasInterrupt = true
      _ = clients.reply(to: token, ConsoleProtocol.Reply())
      // Who typed it meant what begins now.
      noticeInterrupt(among: input.count, &clients)
    case .clearInterrupt:
      hasInterrupt = false
      // A command has ended: what was left of its line is nobody's.
      lineReader.forget()
      _ = clients.reply(to: token, ConsoleProtocol.Reply())
    case .flush:
      guard flushers.count < Self.mostWaiters else { return refuse(token, &clients) }
      flushers.append(token)
    }
    serviceDevice(&clients)
  }

  /// Whoever waits no more reads nothing, is not counted, and does not keep Ctrl-C a byte.
  private mutating func forgetGoneReaders<Clients: ConsoleClients & ~Copyable>(
    _ clients: borrowing Clients
  ) {
    var index = 0
    while index < readers.count {
      if clients.isWaiting(readers[index].token) { index += 1 } else { readers.remove(at: index) }
    }
  }

  /// Whether no byte fits and nobody reads, so that Ctrl-C could not come in either.
  var isStuck: Bool { input.isFull && hasInterrupt && readers.isEmpty && !dropsInput }

  /// It has been stuck for so long that whoever runs does not read: from now on the newest bytes are
  /// dropped, until somebody does.
  mutating func giveUpInput<Clients: ConsoleClients & ~Copyable>(_ clients: inout Clients) {
    guard isStuck else { return }
    dropsInput = true
    input.removeLast()
    serviceDevice(&clients)
  }

  /// - Returns: Whether there is room now.
  private mutating func makeRoomForInterrupt() -> Bool {
    guard dropsInput, input.isFull else { return false }
    input.removeLast()
    return true
  }

  private func refuse<Clients: ConsoleClients & ~Copyable>(
    _ token: ReplyToken, _ clients: inout Clients
  ) {
    clients.refuse(token, .busy)
  }

  /// Looks for Ctrl-C among the newest `count` bytes, if nobody reads and someone cares.
  private mutating func noticeInterrupt<Clients: ConsoleClients & ~Copyable>(
    among count: Int, _ clients: inout Clients
  ) {
    guard readers.isEmpty, hasInterrupt else { return }
    var index = input.count
    let first = index - count
    while index > first {
      index -= 1
      guard input[index] == LineEditor.interrupt else { continue }
      input.removeFirst(index + 1)
      lineReader.forget()
      clients.signalInterrupt()
      return
    }
  }

  /// Serves readers with what was typed; whether the device must be looked at again.
  private mutating func serveReaders<Clients: ConsoleClients & ~Copyable>(_ clients: inout Clients)
    -> Bool
  {
    let wasFull = input.isFull
    var hasEchoed = false
    while let reader = readers.first {
      if reader.isLine {
        let signals = lineReader.edit(&input)
        if signals, hasInterrupt { clients.signalInterrupt() }
        hasEchoed = showEcho() || hasEchoed
        guard let (piece, reply) = lineReader.nextPiece(of: Self.capacity(of: reader)) else {
          break
        }
        if let count = give(piece, in: reply, to: reader, &clients) {
          lineReader.removePiece(count)
        }
      } else {
        guard !input.isEmpty else { break }
        let count = min(input.count, Self.capacity(of: reader))
        let typed = (0..<count).map { input[$0] }
        if let count = give(typed, in: ConsoleProtocol.Reply(), to: reader, &clients) {
          input.removeFirst(count)
        }
      }
      readers.removeFirst()
    }
    return hasEchoed || wasFull && !input.isFull
  }

  /// Bytes that one answer to a reader brings.
  private static func capacity(of reader: Reader) -> Int {
    reader.room ?? InlineBytes.capacity
  }

  /// Answers a reader with bytes.
  ///
  /// What it has seen is taken from the others, also where its memory ends in the middle.
  ///
  /// - Returns: How many it has got; nil if it is gone, and they are for the next one.
  private func give<Clients: ConsoleClients & ~Copyable>(
    _ bytes: [UInt8], in reply: ConsoleProtocol.Reply, to reader: Reader,
    _ clients: inout Clients
  ) -> Int? {
    var reply = reply
    guard reader.room != nil else {
      reply.bytes = InlineBytes(bytes.span)
      return clients.reply(to: reader.token, reply) ? bytes.count : nil
    }
    var count = 0
    if !bytes.isEmpty {
      guard let written = clients.write(bytes, to: reader.token) else { return nil }
      guard written > 0 else {
        clients.refuse(reader.token, .unreachable)
        return nil
      }
      count = written
    }
    reply.lentByteCount = UInt16(count)
    if count < bytes.count { reply.isEndOfLine = false }
    return clients.reply(to: reader.token, reply) ? count : nil
  }

  private mutating func showEcho() -> Bool {
    let echo = lineReader.takeEcho()
    output.append(echo: echo)
    return !echo.isEmpty
  }

  private mutating func answerFlushers<Clients: ConsoleClients & ~Copyable>(
    _ clients: inout Clients
  ) {
    guard !flushers.isEmpty, output.isEmpty else { return }
    // The last byte is on its way out of the device: at most a character's time. There is
    // no interrupt for that moment, so it is looked for, and not for ever.
    var looks = 0
    while !driver.hasSentAll, looks < 100_000 { looks += 1 }
    for flusher in flushers { _ = clients.reply(to: flusher, ConsoleProtocol.Reply()) }
    flushers.removeAll()
  }
}
