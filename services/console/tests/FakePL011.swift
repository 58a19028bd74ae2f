@testable import ConsoleService

/// A PL011 as a value behind registers, with its line and its two buffers of 16.
///
/// Its interrupts are raised as levels are passed, as the manual says, and latched. Source:
/// Arm DDI 0183G §2.4.2, §2.8 and §3.3.
final class FakePL011: RegisterAccess {
  enum Access: Equatable {
    case read(Int)
    case write(Int, UInt32)
  }

  var trace: [Access] = []
  /// Bytes that have left it.
  var sent: [UInt8] = []
  /// Whether the transmitter is so fast that its buffer is empty at once.
  var isFast = true
  /// Whether there is a whole PL011, with control registers, or only a generic UART.
  var hasControl = true
  var control: UInt32 = 0x301
  var lineControl: UInt32 = 0x70
  private(set) var mask: UInt32 = 0
  private(set) var raw: UInt32 = 0
  private var received: [UInt32] = []
  private var hasLost = false
  private var waiting: [UInt8] = []

  /// Whether the device's interrupt line is up.
  var isAsking: Bool { raw & mask != 0 }
  var waitingCount: Int { received.count }

  /// Bytes arrive on the wire, one after the other, with these error bits.
  func type(_ bytes: [UInt8], errors: UInt32 = 0) {
    for byte in bytes {
      guard received.count < depth else {
        hasLost = true
        continue
      }
      received.append(UInt32(byte) | errors | (hasLost ? 1 << 11 : 0))
      hasLost = false
      if received.count == level { raw |= 1 << 4 }
    }
    pause()
  }

  /// The line is quiet for the time of 32 bits.
  func pause() {
    if !received.isEmpty { raw |= 1 << 6 }
  }

  /// Sends what is in the transmitter's buffer.
  func transmit() {
    let wasAboveLevel = waiting.count > level
    sent += waiting
    waiting = []
    if wasAboveLevel { raw |= 1 << 5 }
  }

  func read(_ register: Int) -> UInt32 {
    trace.append(.read(register))
    switch register {
    case 0x000: return takeReceived()
    case 0x018:
      return (waiting.isEmpty ? 1 << 7 : 1 << 3) | (received.isEmpty ? 1 << 4 : 0)
        | (waiting.count >= depth ? 1 << 5 : 0)
    case 0x02c: return hasControl ? lineControl : 0
    case 0x030: return hasControl ? control : 0
    case 0x038: return mask
    case 0x03c: return raw
    case 0x040: return raw & mask
    default: preconditionFailure("a register that cannot be read")
    }
  }

  func write(_ value: UInt32, to register: Int) {
    trace.append(.write(register, value))
    switch register {
    case 0x000: send(UInt8(truncatingIfNeeded: value))
    case 0x02c:
      precondition(hasControl && control & 1 == 0, "the format may not change while it runs")
      if value & 0x10 == 0 || lineControl & 0x10 == 0 { received = [] }
      lineControl = value
    case 0x030:
      precondition(hasControl)
      control = value
    case 0x038: mask = value
    case 0x044: raw &= ~value
    default: preconditionFailure("a register that cannot be written")
    }
  }

  private var depth: Int { !hasControl || lineControl & 0x10 != 0 ? 16 : 1 }
  private var level: Int { depth / 2 }

  private func takeReceived() -> UInt32 {
    guard !received.isEmpty else { return 0 }
    let word = received.removeFirst()
    if received.count < level { raw &= ~(1 << 4) }
    if received.isEmpty { raw &= ~(1 << 6) }
    return word
  }

  private func send(_ byte: UInt8) {
    precondition(waiting.count < depth, "the transmitter's buffer is overrun")
    waiting.append(byte)
    if waiting.count > level { raw &= ~(1 << 5) }
    if isFast { transmit() }
  }
}
