/// A name that fits into a message: 1 to 48 bytes, none of them 0.
public struct Name: Equatable, Sendable {
  public static var wordCount: Int { 6 }
  public static var capacity: Int { 48 }

  public private(set) var words: [6 of UInt64] = .init(repeating: 0)

  /// - Precondition: a literal of 1 to 48 bytes.
  public init(_ text: StaticString) {
    precondition(text.utf8CodeUnitCount >= 1 && text.utf8CodeUnitCount <= Self.capacity)
    StaticText(text).copy { set($1, at: $0) }
  }

  /// - Returns: nil if the count is wrong or a byte is 0.
  public init?(_ bytes: Span<UInt8>) {
    guard bytes.count >= 1, bytes.count <= Self.capacity else { return nil }
    for index in 0..<bytes.count {
      guard bytes[index] != 0 else { return nil }
      set(bytes[index], at: index)
    }
  }

  /// - Returns: nil if the name is empty or bytes follow its end.
  public init?(words: [6 of UInt64]) {
    self.words = words
    guard byteCount > 0 else { return nil }
    for index in byteCount..<Self.capacity where self[index] != 0 { return nil }
  }

  public var byteCount: Int {
    for index in 0..<Self.capacity where self[index] == 0 { return index }
    return Self.capacity
  }

  /// - Precondition: `0 <= index < 48`. Bytes behind the end are 0.
  public subscript(index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: words[index / 8] >> (8 * UInt64(index % 8)))
  }

  public static func == (left: Name, right: Name) -> Bool {
    for index in 0..<wordCount where left.words[index] != right.words[index] { return false }
    return true
  }

  private mutating func set(_ byte: UInt8, at index: Int) {
    words[index / 8] |= UInt64(byte) << (8 * UInt64(index % 8))
  }
}

/// A name of up to 32 bytes, for records that hold more than a name.
public struct ShortName: Equatable, Sendable {
  public static var wordCount: Int { 4 }
  public static var capacity: Int { 32 }

  private let name: Name

  /// - Precondition: a literal of 1 to 32 bytes.
  public init(_ text: StaticString) {
    name = Name(text)
    precondition(name.byteCount <= Self.capacity)
  }

  public init?(_ bytes: Span<UInt8>) {
    guard let name = Name(bytes), name.byteCount <= Self.capacity else { return nil }
    self.name = name
  }

  public init?(words: [4 of UInt64]) {
    guard let name = Name(words: [words[0], words[1], words[2], words[3], 0, 0]) else {
      return nil
    }
    self.name = name
  }

  public var words: [4 of UInt64] {
    [name.words[0], name.words[1], name.words[2], name.words[3]]
  }
  public var byteCount: Int { name.byteCount }
  public subscript(index: Int) -> UInt8 { name[index] }
  /// The same, where a longer one may stand.
  public var asName: Name { name }
}
