import X86Shims

/// The first serial port of a PC, for the kernel's own few words.
///
/// Source: PC16550D datasheet §8, registers.
struct DebugPort {
  /// Whether a UART answers at the port.
  let isPresent: Bool

  private enum Register {
    static var data: UInt16 { FirstSerialPort.base }
    static var interruptEnable: UInt16 { FirstSerialPort.base + 1 }
    static var fifoControl: UInt16 { FirstSerialPort.base + 2 }
    static var lineControl: UInt16 { FirstSerialPort.base + 3 }
    static var modemControl: UInt16 { FirstSerialPort.base + 4 }
    static var lineStatus: UInt16 { FirstSerialPort.base + 5 }
    static var scratch: UInt16 { FirstSerialPort.base + 7 }
  }
  private static var hasRoom: UInt8 { 1 << 5 }
  /// Polls of the status, far more than a byte takes at 115,200 baud.
  private static var pollLimit: Int { 20_000 }

  /// Looks for a UART by its scratch register, and sets it to 115,200 baud, 8 bits, no
  /// parity, FIFO on, no interrupts.
  init() {
    isPresent = Self.keeps(0x5a) && Self.keeps(0xa5)
    guard isPresent else { return }
    x86_out8(Register.interruptEnable, 0)
    x86_out8(Register.lineControl, 0x80)
    x86_out8(Register.data, 1)
    x86_out8(Register.interruptEnable, 0)
    x86_out8(Register.lineControl, 0x03)
    x86_out8(Register.fifoControl, 0x07)
    x86_out8(Register.modemControl, 0x0b)
  }

  private static func keeps(_ value: UInt8) -> Bool {
    x86_out8(Register.scratch, value)
    return x86_in8(Register.scratch) == value
  }

  /// Gives up on the byte if the port takes none for some milliseconds.
  func write(_ byte: UInt8) {
    guard isPresent else { return }
    var polls = 0
    while x86_in8(Register.lineStatus) & Self.hasRoom == 0 {
      polls += 1
      if polls == Self.pollLimit { return }
      x86_pause()
    }
    x86_out8(Register.data, byte)
  }
}
