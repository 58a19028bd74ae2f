import Libmnos

/// Text that waits for the device, by writer, and who waits for what.
struct OutputQueue {
  /// Writers that can wait at a time, each with at most one message's bytes here.
  static var capacity: Int { 64 }
  /// Bytes of what a writer lends that are fetched at a time.
  static var fetchCapacity: Int { 256 }
  /// Bytes of echo that can wait; they belong to no writer.
  static var echoCapacity: Int { 64 * 1024 }

  private struct Entry {
    let writer: ReplyToken?
    var bytes: [UInt8] = []
    /// Where what is still to be fetched lies in what the writer lends.
    var lent: Range<UInt64> = 0..<0
    /// Whether the writer waits no more, and its number may be another's now.
    var isForgotten = false
  }

  private var entries: [Entry] = []
  private var position = 0
  private var echoByteCount = 0
  private var echoCount = 0
  private var lastSent: UInt8 = 0
  /// Writers all of whose bytes were taken, oldest first.
  private(set) var finished: [ReplyToken] = []

  var isEmpty: Bool { entries.isEmpty }
  var isFull: Bool { entries.count - echoCount >= Self.capacity }

  /// Queues a writer's bytes.
  mutating func append(_ bytes: [UInt8], for writer: ReplyToken) {
    guard !bytes.isEmpty || !isEmpty else { return finished.append(writer) }
    entries.append(Entry(writer: writer, bytes: bytes))
  }

  /// Queues what a writer lends; it stays there until its turn comes.
  mutating func append(lent byteCount: UInt64, for writer: ReplyToken) {
    guard byteCount > 0 || !isEmpty else { return finished.append(writer) }
    entries.append(Entry(writer: writer, lent: 0..<byteCount))
  }

  /// Takes a number from who had it before: that writer waits no more. What was fetched of its bytes
  /// still goes out; what it lent is lent no longer.
  mutating func forget(_ writer: ReplyToken) {
    for index in entries.indices where entries[index].writer == writer {
      entries[index].isForgotten = true
      entries[index].lent = 0..<0
    }
  }

  /// Whether the next byte is still with its writer.
  var needsFetch: Bool {
    guard let entry = entries.first else { return false }
    return position == entry.bytes.count && !entry.lent.isEmpty
  }

  /// Fetches some of the bytes that come next, if they are lent. Who lends what cannot be read is
  /// told; who is gone is forgotten.
  mutating func fetch<Clients: ConsoleClients & ~Copyable>(_ clients: inout Clients) {
    skipFinished()
    while needsFetch, let entry = entries.first, let writer = entry.writer {
      let count = min(UInt64(Self.fetchCapacity), UInt64(entry.lent.count))
      switch clients.read(Int(count), at: entry.lent.lowerBound, from: writer) {
      case .bytes(let bytes):
        entries[0].bytes = bytes
        entries[0].lent = entry.lent.lowerBound + count..<entry.lent.upperBound
        position = 0
        return
      case .unreadable:
        clients.refuse(writer, .unreachable)
        removeFirst()
      case .callerGone: removeFirst()
      }
      // What is behind may have no byte at all.
      skipFinished()
    }
  }

  /// Queues echo; what no longer fits is not shown.
  mutating func append(echo bytes: [UInt8]) {
    guard !bytes.isEmpty, echoByteCount + bytes.count <= Self.echoCapacity else { return }
    echoByteCount += bytes.count
    // What is echoed one key at a time is one entry all the same, unless it is being sent.
    if entries.count > 1, entries[entries.count - 1].writer == nil {
      return entries[entries.count - 1].bytes += bytes
    }
    echoCount += 1
    entries.append(Entry(writer: nil, bytes: bytes))
  }

  /// Takes the next byte to send, with a return put in front of each bare line feed.
  mutating func next() -> UInt8? {
    skipFinished()
    guard let entry = entries.first, position < entry.bytes.count else { return nil }
    let byte = entry.bytes[position]
    if byte == 0x0a, lastSent != 0x0d {
      lastSent = 0x0d
      return 0x0d
    }
    lastSent = byte
    position += 1
    skipFinished()
    return byte
  }

  /// Gives the writers whose bytes were all taken, and forgets them.
  mutating func takeFinished() -> [ReplyToken] {
    defer { finished.removeAll(keepingCapacity: true) }
    return finished
  }

  private mutating func skipFinished() {
    while let entry = entries.first, position == entry.bytes.count, entry.lent.isEmpty {
      if let writer = entry.writer, !entry.isForgotten { finished.append(writer) }
      if entry.writer == nil {
        echoByteCount -= entry.bytes.count
        echoCount -= 1
      }
      removeFirst()
    }
  }

  private mutating func removeFirst() {
    entries.removeFirst()
    position = 0
  }
}
