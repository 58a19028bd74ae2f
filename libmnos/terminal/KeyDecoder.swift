/// What a person at a terminal asked for with one key.
public enum Key: Equatable, Sendable {
  /// A character: `count` bytes of UTF-8, the first in the lowest byte of `bytes`.
  case text(bytes: UInt32, count: Int)
  case enter, tab, backspace, delete
  case left, right, up, down, home, end, wordLeft, wordRight
  case killToStart, killToEnd, killWord
  case interrupt, endOfInput, clearScreen
  /// Bytes that mean nothing here.
  case unknown
}

/// Turns the bytes that a terminal sends into keys.
///
/// Source: ECMA-48 §5.4 (control sequences); xterm "Control Sequences", PC-style keys.
public struct KeyDecoder: Sendable {
  private enum State { case ground, escape, control, singleShift }

  private var state = State.ground
  private var parameter: UInt16 = 0
  private var modifier: UInt16 = 0
  private var isInModifier = false
  private var text = UTF8Validator()
  private var bytes: UInt32 = 0
  private var count = 0
  private var lastWasReturn = false

  public init() {}

  /// The key that `byte` completes, or nil if there is none yet.
  public mutating func decode(_ byte: UInt8) -> Key? {
    switch state {
    case .ground: return decodeGround(byte)
    case .escape: return decodeEscape(byte)
    case .control: return decodeControlSequence(byte)
    case .singleShift:
      state = .ground
      return Self.cursorKey(byte, isWord: false)
    }
  }

  private mutating func decodeGround(_ byte: UInt8) -> Key? {
    let followsReturn = lastWasReturn
    lastWasReturn = byte == 0x0d
    if byte >= 0x20, byte != 0x7f { return decodeText(byte) }
    let wasInsideCharacter = count > 0
    (text, bytes, count) = (UTF8Validator(), 0, 0)
    if byte == 0x1b {
      state = .escape
      return wasInsideCharacter ? .unknown : nil
    }
    if byte == 0x0a, followsReturn { return nil }  // "\r\n" is one key
    return Self.controlKey(byte)
  }

  private mutating func decodeText(_ byte: UInt8) -> Key? {
    guard text.accepts(byte) else {
      (text, bytes, count) = (UTF8Validator(), 0, 0)
      return .unknown
    }
    bytes |= UInt32(byte) << UInt32(8 * count)
    count += 1
    guard text.isComplete else { return nil }
    defer { (bytes, count) = (0, 0) }
    return .text(bytes: bytes, count: count)
  }

  private mutating func decodeEscape(_ byte: UInt8) -> Key? {
    state = .ground
    switch byte {
    case UInt8(ascii: "["):
      state = .control
      (parameter, modifier, isInModifier) = (0, 0, false)
      return nil
    case UInt8(ascii: "O"):
      state = .singleShift
      return nil
    case UInt8(ascii: "b"): return .wordLeft
    case UInt8(ascii: "f"): return .wordRight
    case 0x1b:
      state = .escape
      return nil
    case 0x00..<0x20: return decodeGround(byte)  // a lone Escape, then another key
    default: return .unknown
    }
  }

  private mutating func decodeControlSequence(_ byte: UInt8) -> Key? {
    switch byte {
    case 0x30...0x39:
      let digit = UInt16(byte - 0x30)
      if isInModifier {
        modifier = min(modifier, 999) * 10 + digit
      } else {
        parameter = min(parameter, 999) * 10 + digit
      }
      return nil
    case UInt8(ascii: ";"):
      isInModifier = true
      return nil
    case 0x20...0x3f: return nil
    case UInt8(ascii: "~"):
      state = .ground
      return Self.numberedKey(parameter)
    case 0x40...0x7e:
      state = .ground
      return Self.cursorKey(byte, isWord: modifier == 5 || modifier == 3)
    default:
      state = .ground
      return decodeGround(byte)
    }
  }

  private static func cursorKey(_ byte: UInt8, isWord: Bool) -> Key {
    switch byte {
    case UInt8(ascii: "A"): .up
    case UInt8(ascii: "B"): .down
    case UInt8(ascii: "C"): isWord ? .wordRight : .right
    case UInt8(ascii: "D"): isWord ? .wordLeft : .left
    case UInt8(ascii: "H"): .home
    case UInt8(ascii: "F"): .end
    default: .unknown
    }
  }

  private static func numberedKey(_ number: UInt16) -> Key {
    switch number {
    case 1, 7: .home
    case 4, 8: .end
    case 3: .delete
    default: .unknown
    }
  }

  /// The key of a byte below 32, or of 127.
  private static func controlKey(_ byte: UInt8) -> Key {
    switch byte {
    case 0x01: .home
    case 0x02: .left
    case LineEditor.interrupt: .interrupt
    case 0x04: .endOfInput
    case 0x05: .end
    case 0x06: .right
    case 0x08, 0x7f: .backspace
    case 0x09: .tab
    case 0x0a, 0x0d: .enter
    case 0x0b: .killToEnd
    case 0x0c: .clearScreen
    case 0x0e: .down
    case 0x10: .up
    case 0x15: .killToStart
    case 0x17: .killWord
    default: .unknown
    }
  }
}
