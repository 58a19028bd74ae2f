/// Up to 56 bytes that travel in a message's words 1 to 7, the first byte lowest.
public struct InlineBytes: Sendable {
  public static var capacity: Int { 56 }

  public private(set) var count = 0
  private var words = [7 of UInt64](repeating: 0)

  public init() {}

  /// Takes bytes from `source`, from `offset` on, as many as there are and fit.
  public init(_ source: Span<UInt8>, from offset: Int = 0) {
    var index = offset
    while index < source.count, append(source[index]) { index += 1 }
  }

  /// What a message carries; a count over the capacity is cut to it.
  init(_ message: [8 of UInt64], count: UInt64) {
    self.count = Int(min(count, UInt64(Self.capacity)))
    for index in 0..<7 { words[index] = message[index + 1] }
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

  /// Words of the message, word 0 included, that hold the bytes.
  public var wordCount: UInt64 { UInt64(1 + (count + 7) / 8) }

  /// A message with these bytes behind `first`.
  func message(_ first: UInt64) -> [8 of UInt64] {
    var message = [8 of UInt64](repeating: 0)
    message[0] = first
    for index in 0..<7 { message[index + 1] = words[index] }
    return message
  }
}
