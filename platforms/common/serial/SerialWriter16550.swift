/// Writes to a 16550 serial port that the firmware has set up, for the kernel's own few
/// words; the driver in user space shares the port.
///
/// Source: PC16550D datasheet §8, registers.
public struct SerialWriter16550<Registers: ByteRegisterAccess>: ByteWriter {
  private var registers: Registers
  /// Distance between registers as a power of two, in bytes.
  private let shift: UInt64

  private enum Register {
    static var data: UInt64 { 0 }
    static var lineStatus: UInt64 { 5 }
  }
  private static var hasRoom: UInt8 { 1 << 5 }
  /// Polls of the status, more than a byte takes at 9,600 baud.
  private static var pollLimit: Int { 100_000 }

  public init(registers: Registers, shift: UInt8) {
    self.registers = registers
    self.shift = UInt64(shift)
  }

  /// Gives up on the byte if the port takes none for long.
  public mutating func write(_ byte: UInt8) {
    var polls = 0
    while registers.read8(at: Register.lineStatus << shift) & Self.hasRoom == 0 {
      polls += 1
      if polls == Self.pollLimit { return }
    }
    registers.write8(byte, at: Register.data << shift)
  }
}
