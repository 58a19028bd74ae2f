/// Somewhere that text goes, byte by byte, without allocation.
public protocol TextOutput: ~Copyable {
  mutating func write(_ bytes: Span<UInt8>)
}

extension TextOutput where Self: ~Copyable {
  public mutating func write(_ text: StaticString) {
    StaticText(text).withBytes { write($0) }
  }

  public mutating func write(byte: UInt8) {
    let bytes: [1 of UInt8] = [byte]
    write(bytes.span)
  }

  public mutating func write(_ name: Name) {
    for index in 0..<name.byteCount { write(byte: name[index]) }
  }

  public mutating func write(_ name: ShortName) { write(name.asName) }

  /// - Parameters:
  ///   - width: Filled up to with `padding` in front.
  ///   - padding: An ASCII character.
  public mutating func write(decimal value: UInt64, width: Int = 0, padding: UInt8 = 0x20) {
    write(Digits(value, radix: 10), width: width, padding: padding)
  }

  public mutating func write(signed value: Int64) {
    if value < 0 { write("-") }
    write(decimal: value.magnitude)
  }

  /// Lower-case hexadecimal digits, without a prefix.
  public mutating func write(hexadecimal value: UInt64, width: Int = 0, padding: UInt8 = 0x30) {
    write(Digits(value, radix: 16), width: width, padding: padding)
  }

  /// Bytes, left-aligned in `width` columns; longer ones are written whole.
  public mutating func write(_ bytes: Span<UInt8>, width: Int) {
    write(bytes)
    for _ in 0..<max(0, width - bytes.count) { write(byte: 0x20) }
  }

  public mutating func writeLine() { write(byte: 0x0a) }

  private mutating func write(_ digits: Digits, width: Int, padding: UInt8) {
    for _ in 0..<max(0, width - digits.count) { write(byte: padding) }
    for index in 0..<digits.count { write(byte: digits[index]) }
  }
}

/// The digits of a number, first to last.
struct Digits {
  private var storage: [20 of UInt8] = .init(repeating: 0)
  private(set) var count = 0

  init(_ value: UInt64, radix: UInt64) {
    var rest = value
    repeat {
      let digit = UInt8(truncatingIfNeeded: rest % radix)
      storage[count] = digit < 10 ? 0x30 + digit : 0x61 + digit - 10
      count += 1
      rest /= radix
    } while rest > 0
  }

  subscript(index: Int) -> UInt8 { storage[count - 1 - index] }
}

/// Text in a fixed place; what does not fit is counted, not kept.
public struct TextBuffer<let capacity: Int>: TextOutput {
  private var storage: [capacity of UInt8] = .init(repeating: 0)
  public private(set) var count = 0
  /// Bytes that did not fit.
  public private(set) var lostByteCount = 0

  public init() {}

  public mutating func write(_ bytes: Span<UInt8>) {
    for index in 0..<bytes.count {
      if count < capacity {
        storage[count] = bytes[index]
        count += 1
      } else {
        lostByteCount += 1
      }
    }
  }

  public mutating func removeAll() {
    count = 0
    lostByteCount = 0
  }

  /// What was written.
  public var bytes: Span<UInt8> {
    @_lifetime(borrow self) borrowing get { storage.span.extracting(0..<count) }
  }
}

extension Array: TextOutput where Element == UInt8 {
  public mutating func write(_ bytes: Span<UInt8>) {
    for index in 0..<bytes.count { append(bytes[index]) }
  }
}
