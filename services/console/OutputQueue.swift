/// Text that waits for the device, by writer, and who waits for what.
struct OutputQueue {
  /// Writers that can wait at a time, each with at most one message's bytes.
  static var capacity: Int { 64 }
  /// Bytes of echo that can wait; they belong to no writer.
  static var echoCapacity: Int { 64 * 1024 }

  private struct Entry {
    let writer: ReplyToken?
    let bytes: [UInt8]
  }

  private var entries: [Entry] = []
  private var position = 0
  private var echoByteCount = 0
  private var lastSent: UInt8 = 0
  /// Writers all of whose bytes were taken, oldest first.
  private(set) var finished: [ReplyToken] = []

  var isEmpty: Bool { entries.isEmpty }
  var isFull: Bool { entries.count >= Self.capacity }

  /// Queues a writer's bytes.
  mutating func append(_ bytes: [UInt8], for writer: ReplyToken) {
    guard !bytes.isEmpty || !isEmpty else { return finished.append(writer) }
    entries.append(Entry(writer: writer, bytes: bytes))
  }

  /// Queues echo; what no longer fits is not shown.
  mutating func append(echo bytes: [UInt8]) {
    guard !bytes.isEmpty, echoByteCount + bytes.count <= Self.echoCapacity else { return }
    echoByteCount += bytes.count
    entries.append(Entry(writer: nil, bytes: bytes))
  }

  /// Takes the next byte to send, with a return put in front of each bare line feed.
  mutating func next() -> UInt8? {
    skipFinished()
    guard let entry = entries.first else { return nil }
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
    while let entry = entries.first, position == entry.bytes.count {
      if let writer = entry.writer { finished.append(writer) }
      if entry.writer == nil { echoByteCount -= entry.bytes.count }
      entries.removeFirst()
      position = 0
    }
  }
}
