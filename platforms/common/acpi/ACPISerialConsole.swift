import KernelHAL

/// The serial port that the firmware uses as its console.
///
/// Source: Serial Port Console Redirection Table, revision 4 (Microsoft).
public struct ACPISerialConsole: Equatable, Sendable {
  public enum Kind: Equatable, Sendable { case uart16550, uartPL011 }
  public let kind: Kind
  public let register: ACPIRegister
  /// A line of the interrupt controller that the machine has, if the table names one.
  public let line: UInt32?
  /// An interrupt of the two legacy controllers that a device can have, if the table names one.
  public let isaInterrupt: UInt8?
  /// Input clock in hertz, or 0 if the table does not say.
  public let clockFrequency: UInt32

  /// - Returns: nil if the table is too short, has no address, or names another kind.
  public init?<Memory: PhysicalMemoryReader>(
    _ table: ACPITable<Memory>, noting report: inout FirmwareReport
  ) {
    guard let type = table.word8(at: 36), let register = table.register(at: 40),
      let interruptTypes = table.word8(at: 52), let isaInterrupt = table.word8(at: 53),
      let line = table.word32(at: 54)
    else {
      report.note(table.name, .tooShort)
      return nil
    }
    // The address is 0 where the firmware does not use a serial port.
    guard register.address != 0 else { return nil }
    switch type {
    case 0x00, 0x01, 0x12: kind = .uart16550
    case 0x03, 0x0e: kind = .uartPL011
    default:
      report.note(table.name, .unknownConsole)
      return nil
    }
    self.register = register
    // Bits 1 to 4: I/O APIC or SAPIC, GIC, PLIC, and later controllers; bit 0: the 8259.
    self.line = interruptTypes & 0xfe != 0 ? line : nil
    // 0 is the timer's, and 2 leads from one legacy controller to the other.
    let isOfADevice = (1..<16).contains(isaInterrupt) && isaInterrupt != 2
    self.isaInterrupt = interruptTypes & 1 != 0 && isOfADevice ? isaInterrupt : nil
    let revision = table.word8(at: 8) ?? 0
    clockFrequency = revision >= 3 ? table.word32(at: 68) ?? 0 : 0
  }

  /// Distance between registers as a power of two, in bytes: that of one access. The width
  /// in bits does not tell: firmware gives 32 for registers that are bytes side by side.
  public var registerShift: UInt8 {
    switch register.accessSize {
    case 2: 1
    case 3: 2
    default: 0
    }
  }
  /// Bytes in one access.
  public var accessWidth: UInt8 {
    switch register.accessSize {
    case 2: 2
    case 3: 4
    default: 1
    }
  }
}
