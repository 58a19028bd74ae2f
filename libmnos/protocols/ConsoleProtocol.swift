/// The console: what a person at the terminal types and sees.
public enum ConsoleProtocol: Interface {
  public enum Request: MessageCodable, Sendable {
    /// Sends bytes to the terminal; the answer comes when the device has taken them all.
    /// Byte 10 goes out as 13, 10.
    case write(InlineBytes)
    /// Sends the bytes that the client lends, `mostLentBytes` at most, in the same way. They are
    /// taken as the device takes them: the console keeps a few of them only.
    case writeLent
    /// Takes bytes as they were typed; the answer comes when there is at least one. Into memory
    /// that the client lends, if it does, `mostLentBytes` at most; else they are in the answer.
    case read
    /// Takes a line that the console lets its user edit, in the same way; a line that is longer
    /// than there is room for comes in pieces.
    case readLine
    /// Makes Ctrl-C, typed while nobody reads, signal the notification that comes with the
    /// message, in place of an earlier one; what was typed before it is forgotten.
    case setInterrupt
    /// Ends that.
    case clearInterrupt
    /// Answers when everything written before has left the device.
    case flush
  }

  /// Bytes that go by one request into or out of what is lent: nobody holds the terminal for longer.
  public static var mostLentBytes: Int { 4096 }

  /// What was read; empty for every other request.
  public struct Reply: MessageCodable, Sendable {
    public var bytes = InlineBytes()
    /// How many bytes came into the memory that was lent, from its beginning.
    public var lentByteCount: UInt16 = 0
    /// Whether this is the last piece of a line.
    public var isEndOfLine = false
    /// Whether Ctrl-D was typed on an empty line.
    public var isEndOfInput = false

    public init() {}
  }

  /// Numbers that `SyscallStatus` has too mean the same.
  public enum Failure: UInt64, Error, Sendable {
    /// The notification that the request needs did not come with it.
    case badCapability = 102
    /// More was lent than can be sent at once.
    case tooLong = 101
    /// What was lent cannot be read, and what could be before was sent; or it cannot be written,
    /// and what was typed is still to be read.
    case unreachable = 106
    /// Too many clients wait already; later it may work.
    case busy = 203
  }
}

extension ConsoleProtocol.Request {
  // The operation is in bits 0 to 15 of the first word, a count in bits 16 to 31.
  public func encode(into message: inout Message) {
    switch self {
    case .write(let bytes):
      message.append(0x400 | UInt64(bytes.count) << 16)
      bytes.encode(into: &message)
    case .read: message.append(0x401)
    case .readLine: message.append(0x402)
    case .setInterrupt: message.append(0x403)
    case .clearInterrupt: message.append(0x404)
    case .flush: message.append(0x405)
    case .writeLent: message.append(0x406)
    }
  }

  public init(from reader: inout MessageReader) throws(MalformedMessage) {
    let first = try reader.next()
    if first & 0xffff == 0x400 {
      self = .write(try InlineBytes(from: &reader, count: first >> 16))
      return
    }
    switch first {
    case 0x401: self = .read
    case 0x402: self = .readLine
    case 0x403: self = .setInterrupt
    case 0x404: self = .clearInterrupt
    case 0x405: self = .flush
    case 0x406: self = .writeLent
    default: throw MalformedMessage()
    }
  }
}

extension ConsoleProtocol.Reply {
  // A count in bits 0 to 7 of the first word, the flags in bits 8 and 9, what came into lent
  // memory in bits 16 to 31.
  public func encode(into message: inout Message) {
    let flags: UInt64 = (isEndOfLine ? 1 << 8 : 0) | (isEndOfInput ? 1 << 9 : 0)
    message.append(UInt64(bytes.count) | flags | UInt64(lentByteCount) << 16)
    bytes.encode(into: &message)
  }

  public init(from reader: inout MessageReader) throws(MalformedMessage) {
    let first = try reader.next()
    guard first >> 32 == 0, first >> 10 & 0x3f == 0 else { throw MalformedMessage() }
    bytes = try InlineBytes(from: &reader, count: first & 0xff)
    lentByteCount = UInt16(first >> 16)
    isEndOfLine = first & 1 << 8 != 0
    isEndOfInput = first & 1 << 9 != 0
  }
}
