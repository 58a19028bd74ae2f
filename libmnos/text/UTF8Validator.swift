/// Checks bytes one at a time for well-formed UTF-8.
///
/// Source: The Unicode Standard, table 3-7 (well-formed byte sequences).
public struct UTF8Validator: Sendable {
  /// Continuation bytes still to come.
  private var pending: UInt8 = 0
  /// What the next continuation byte may be.
  private var allowed: ClosedRange<UInt8> = 0x80...0xbf

  public init() {}

  /// Whether no sequence is unfinished.
  public var isComplete: Bool { pending == 0 }

  /// Whether `byte` may come next; after `false` the validator is as new.
  public mutating func accepts(_ byte: UInt8) -> Bool {
    guard pending == 0 else { return acceptsContinuation(byte) }
    allowed = 0x80...0xbf
    switch byte {
    case 0x00...0x7f: return true
    case 0xc2...0xdf: pending = 1
    case 0xe0: (pending, allowed) = (2, 0xa0...0xbf)
    case 0xed: (pending, allowed) = (2, 0x80...0x9f)
    case 0xe1...0xef: pending = 2
    case 0xf0: (pending, allowed) = (3, 0x90...0xbf)
    case 0xf1...0xf3: pending = 3
    case 0xf4: (pending, allowed) = (3, 0x80...0x8f)
    default: return false
    }
    return true
  }

  private mutating func acceptsContinuation(_ byte: UInt8) -> Bool {
    guard allowed.contains(byte) else {
      self = UTF8Validator()
      return false
    }
    pending -= 1
    allowed = 0x80...0xbf
    return true
  }
}
