/// The words of one message, in the order in which they travel.
public struct Message: Sendable {
  public static var capacity: Int { Int(Limits.messageWords) }

  public private(set) var words: [8 of UInt64] = .init(repeating: 0)
  public private(set) var count = 0

  public init() {}

  public init(words: [8 of UInt64], count: Int) {
    self.words = words
    self.count = min(count, Self.capacity)
  }

  /// - Precondition: fewer than `capacity` words were appended. A protocol whose messages
  ///   are longer is a bug, and stops the program that has it.
  public mutating func append(_ word: UInt64) {
    precondition(count < Self.capacity)
    words[count] = word
    count += 1
  }

  public mutating func append(_ name: Name) {
    for index in 0..<Name.wordCount { append(name.words[index]) }
  }

  public mutating func append(_ name: ShortName) {
    for index in 0..<ShortName.wordCount { append(name.words[index]) }
  }
}

/// What cannot be read as the message that it should be.
public struct MalformedMessage: Error, Equatable, Sendable {
  public init() {}
}

/// Takes a received message apart, word by word.
public struct MessageReader {
  private let message: Message
  private var position = 0

  public init(_ message: Message, skipping count: Int = 0) {
    self.message = message
    position = count
  }

  public mutating func next() throws(MalformedMessage) -> UInt64 {
    guard position < message.count else { throw MalformedMessage() }
    defer { position += 1 }
    return message.words[position]
  }

  public mutating func nextName() throws(MalformedMessage) -> Name {
    var words: [6 of UInt64] = .init(repeating: 0)
    for index in 0..<Name.wordCount { words[index] = try next() }
    guard let name = Name(words: words) else { throw MalformedMessage() }
    return name
  }

  public mutating func nextShortName() throws(MalformedMessage) -> ShortName {
    var words: [4 of UInt64] = .init(repeating: 0)
    for index in 0..<ShortName.wordCount { words[index] = try next() }
    guard let name = ShortName(words: words) else { throw MalformedMessage() }
    return name
  }

  /// Refuses a message with more words than were read.
  public func finish() throws(MalformedMessage) {
    guard position >= message.count else { throw MalformedMessage() }
  }
}

/// A value that crosses between processes in message words.
///
/// What `encode` appends, `init(from:)` reads; anything else is malformed. Nobody trusts the
/// other end: `init(from:)` checks every word.
public protocol MessageCodable {
  func encode(into message: inout Message)
  init(from reader: inout MessageReader) throws(MalformedMessage)
}

/// What a client can ask of a server, what it gets, and how it can fail.
///
/// A request takes up to 8 words; a reply up to 7, behind one that says whether it is one.
public protocol Interface {
  associatedtype Request: MessageCodable
  associatedtype Reply: MessageCodable
  /// Codes are not 0 and below 2^32. The server's error is the client's.
  associatedtype Failure: Error, RawRepresentable where Failure.RawValue == UInt64
}

/// The first word of a reply.
enum ReplyCode {
  static var success: UInt64 { 0 }
  /// The server could not read the request.
  static var malformed: UInt64 { 1 << 32 }
}
