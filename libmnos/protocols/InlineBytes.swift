/// Up to 48 bytes that travel in six words of a message, the first byte lowest.
public struct InlineBytes: Sendable {
  public static var capacity: Int { 48 }

  public private(set) var count = 0
  private var words = [6 of UInt64](repeating: 0)

  public init() {}

  /// Takes bytes from `source`, from `offset` on, as many as there are and fit.
  public init(_ source: Span<UInt8>, from offset: Int = 0) {
    var index = offset
    while index < source.count, append(source[index]) { index += 1 }
  }

  /// Adds a byte; false if there is no room.
  public mutating func append(_ byte: UInt8) -> Bool {
    guard count < Self.capacity else { return false }
    words[count / 8] |= UInt64(byte) << UInt64(count % 8 * 8)
    count += 1
    return true
  }

  /// - Precondition: `index` is less than `count`.
  public subscript(index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: words[index / 8] >> UInt64(index % 8 * 8))
  }

  /// A copy; allocates.
  public var bytes: [UInt8] { (0..<count).map { self[$0] } }

  /// Appends the words that hold the bytes, without their count.
  func encode(into message: inout Message) {
    for index in 0..<(count + 7) / 8 { message.append(words[index]) }
  }

  /// Reads what `encode` appended for `count` bytes.
  init(from reader: inout MessageReader, count: UInt64) throws(MalformedMessage) {
    guard count <= UInt64(Self.capacity) else { throw MalformedMessage() }
    self.count = Int(count)
    for index in 0..<(self.count + 7) / 8 { words[index] = try reader.next() }
    // Behind the last byte a sender puts nothing.
    guard self.count % 8 == 0 || words[self.count / 8] >> UInt64(self.count % 8 * 8) == 0 else {
      throw MalformedMessage()
    }
  }
}
