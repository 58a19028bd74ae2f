import PlatformCommon

/// A polled writer for the kernel's own few words, on a port that firmware has set up.
///
/// Source: PrimeCell UART (PL011) Technical Reference Manual (DDI 0183) §3.3.
struct PL011<Registers: RegisterAccess>: ByteWriter {
  private var registers: Registers

  private enum Register {
    static var data: UInt64 { 0x00 }
    static var flag: UInt64 { 0x18 }
    static var lineControl: UInt64 { 0x2c }
    static var control: UInt64 { 0x30 }
  }
  /// TXFF: no room for a byte.
  private static var isFull: UInt32 { 1 << 5 }
  /// UARTEN and TXE.
  private static var enabled: UInt32 { 1 << 0 | 1 << 8 }
  /// WLEN, eight bits, and FEN, queues.
  private static var eightBits: UInt32 { 3 << 5 | 1 << 4 }
  /// Polls of the flags, far more than a byte takes at 115,200 baud.
  static var pollLimit: Int { 20_000 }

  /// Bytes of the registers that are used.
  static var byteCount: UInt64 { 0x1000 }

  /// Turns the transmitter on if firmware left it off; the speed is the firmware's.
  init(registers: Registers) {
    self.registers = registers
    let control = registers.read(at: Register.control)
    guard control & Self.enabled != Self.enabled else { return }
    self.registers.write(Self.eightBits, at: Register.lineControl)
    self.registers.write(control | Self.enabled, at: Register.control)
  }

  /// Gives up on the byte if the port takes none for some milliseconds.
  mutating func write(_ byte: UInt8) {
    var polls = 0
    while registers.read(at: Register.flag) & Self.isFull != 0 {
      polls += 1
      if polls == Self.pollLimit { return }
    }
    registers.write(UInt32(byte), at: Register.data)
  }
}
