/// What a client asks of the console. Word 0 has the operation in bits 0-7 and a count in
/// bits 8-15; bytes follow in words 1 to 7.
public enum ConsoleRequest: Sendable {
  /// Sends bytes to the terminal; the answer comes when the device has taken them all.
  /// Byte 10 goes out as 13, 10.
  case write(InlineBytes)
  /// Takes bytes as they were typed; the answer comes when there is at least one.
  case read
  /// Takes a line that the console lets its user edit; a line that is longer than one
  /// answer comes in pieces.
  case readLine
  /// Makes Ctrl-C, typed while nobody reads, signal these bits to the notification that
  /// comes with the message, in place of an earlier one; what was typed before it is
  /// forgotten. 0 bits, and no notification, end that.
  case setInterrupt(bits: UInt64)
  /// Answers when everything written before has left the device.
  case flush

  /// The request in a message.
  ///
  /// - Parameter words: Not trusted.
  /// - Throws: `badRequest` if there is no such request.
  public init(_ words: [8 of UInt64]) throws(ConsoleError) {
    let count = (words[0] >> 8) & 0xff
    guard words[0] >> 16 == 0, count <= UInt64(InlineBytes.capacity) else { throw .badRequest }
    switch words[0] & 0xff {
    case 1: self = .write(InlineBytes(words, count: count))
    case 2: self = .read
    case 3: self = .readLine
    case 4: self = .setInterrupt(bits: words[1])
    case 5: self = .flush
    default: throw .badRequest
    }
  }

  public var words: [8 of UInt64] {
    switch self {
    case .write(let bytes): bytes.message(1 | UInt64(bytes.count) << 8)
    case .read: [2, 0, 0, 0, 0, 0, 0, 0]
    case .readLine: [3, 0, 0, 0, 0, 0, 0, 0]
    case .setInterrupt(let bits): [4, bits, 0, 0, 0, 0, 0, 0]
    case .flush: [5, 0, 0, 0, 0, 0, 0, 0]
    }
  }

  /// Words that the message needs.
  public var wordCount: UInt64 {
    switch self {
    case .write(let bytes): bytes.wordCount
    case .setInterrupt: 2
    case .read, .readLine, .flush: 1
    }
  }
}

/// Why the console did not do what was asked. Numbers follow `SyscallStatus`.
public enum ConsoleError: UInt16, Error, Sendable {
  /// The message is not a request, or lacks the capability that it needs.
  case badRequest = 101
  /// Too many clients wait already; later it may work.
  case busy = 203
  /// The console ended meanwhile, or cannot be reached.
  case gone = 206
}

/// What the console answers. Word 0 has the status in bits 0-15, a count in 16-23, and
/// flags: bit 24, the line ends here; bit 25, the input ends here.
public struct ConsoleReply: Sendable {
  public var error: ConsoleError?
  /// What was read.
  public var bytes = InlineBytes()
  /// Whether `bytes` is the last piece of a line.
  public var isEndOfLine = false
  /// Whether Ctrl-D was typed on an empty line.
  public var isEndOfInput = false

  public init(error: ConsoleError? = nil) { self.error = error }

  /// - Parameter words: From the console; a status that is unknown becomes `gone`.
  public init(words: [8 of UInt64]) {
    let status = UInt16(truncatingIfNeeded: words[0])
    error = status == 0 ? nil : ConsoleError(rawValue: status) ?? .gone
    bytes = InlineBytes(words, count: (words[0] >> 16) & 0xff)
    isEndOfLine = words[0] & 1 << 24 != 0
    isEndOfInput = words[0] & 1 << 25 != 0
  }

  public var words: [8 of UInt64] {
    let flags: UInt64 = (isEndOfLine ? 1 << 24 : 0) | (isEndOfInput ? 1 << 25 : 0)
    return bytes.message(UInt64(error?.rawValue ?? 0) | UInt64(bytes.count) << 16 | flags)
  }

  public var wordCount: UInt64 { bytes.wordCount }
}
