@testable import ConsoleService

/// A 16550A as a value behind registers, with its line and its two buffers; or Synopsys's, which
/// refuses line control while it is busy.
///
/// Source: National Semiconductor PC16550D data sheet (1995), section 8; DW_apb_uart databook,
/// "Interrupt Identity Register", "Line Control Register" and "UART Status Register".
final class Fake16550: RegisterAccess {
  enum Access: Equatable {
    case read(Int)
    case write(Int, UInt8)
  }

  var trace: [Access] = []
  /// Bytes on the wire towards the device; at most 16 are in its buffer.
  var incoming: [UInt8] = [] { didSet { position = 0 } }
  /// Bytes that have left it.
  var sent: [UInt8] = []
  /// Bytes that the transmitter takes before it is busy until `transmit` is called.
  var transmitterRoom = 16
  var modemChanged = false
  /// How many more looks at the line status find a byte of an earlier writer under way.
  var busyLooks = 0
  /// A write of line control was refused, which interrupts whatever is enabled.
  private(set) var wasRefused = false
  /// Says that bytes waited too long, though none is left.
  var hasEmptyTimeout = false
  var divisor: UInt16 = 0
  private(set) var interruptEnable: UInt8 = 0
  private(set) var lineControl: UInt8 = 0
  private(set) var modemControl: UInt8 = 0
  private(set) var buffersEnabled = false
  private var position = 0
  private var waiting: [UInt8] = []
  private var transmitterAsked = false

  /// Whether the device's interrupt line is up.
  var isAsking: Bool { cause & 1 == 0 || cause == 0x07 }

  /// Sends what is in the transmitter's buffer.
  func transmit() {
    sent += waiting
    waiting = []
    transmitterAsked = true
  }

  func read(_ register: Int) -> UInt8 {
    trace.append(.read(register))
    let isDivisor = lineControl & 0x80 != 0
    switch register {
    case 0 where isDivisor: return UInt8(truncatingIfNeeded: divisor)
    case 0:
      hasEmptyTimeout = false
      guard hasData else { return 0 }
      position += 1
      return incoming[position - 1]
    case 1: return interruptEnable
    case 2:
      let cause = cause
      if cause == 0x02 { transmitterAsked = false }
      return cause | (buffersEnabled ? 0xc0 : 0)
    case 3: return lineControl
    case 5:
      busyLooks = max(0, busyLooks - 1)
      let empty: UInt8 = !waiting.isEmpty ? 0 : busyLooks > 0 ? 0x20 : 0x60
      return (hasData ? 1 : 0) | empty
    case 6:
      modemChanged = false
      return 0
    case 31:
      wasRefused = false
      return busyLooks > 0 ? 1 : 0
    default: return 0
    }
  }

  func write(_ value: UInt8, to register: Int) {
    trace.append(.write(register, value))
    let isDivisor = lineControl & 0x80 != 0
    switch register {
    case 0 where isDivisor: divisor = divisor & 0xff00 | UInt16(value)
    case 0:
      precondition(waiting.count < 16, "the transmitter's buffer is overrun")
      waiting.append(value)
      transmitterAsked = false
      if transmitterRoom >= 16 { transmit() }
    case 1 where isDivisor: divisor = divisor & 0x00ff | UInt16(value) << 8
    case 1:
      let isNew = value & 2 != 0 && interruptEnable & 2 == 0
      interruptEnable = value
      if isNew, waiting.isEmpty { transmitterAsked = true }
    case 2:
      if value & 2 != 0 { incoming = [] }
      buffersEnabled = value & 1 != 0
    case 3 where busyLooks > 0: wasRefused = true
    case 3: lineControl = value
    case 4: modemControl = value
    default: break
    }
  }

  private var hasData: Bool { position < incoming.count }

  private var cause: UInt8 {
    if wasRefused { return 0x07 }
    if hasData, interruptEnable & 1 != 0 { return 0x04 }
    if hasEmptyTimeout { return 0x0c }
    if transmitterAsked, interruptEnable & 2 != 0 { return 0x02 }
    if modemChanged { return 0x00 }
    return 0x01
  }
}
