import KernelHAL

/// The serial port that the firmware uses as its console.
///
/// Source: Serial Port Console Redirection Table, revision 4 (Microsoft).
public struct ACPISerialConsole: Equatable, Sendable {
  public enum Kind: Equatable, Sendable { case uart16550, uartPL011 }
  public enum Interrupt: Equatable, Sendable {
    case none
    /// An interrupt of the two legacy controllers.
    case isa(UInt8)
    /// A line of the interrupt controller that the machine has.
    case line(UInt32)
  }
  public let kind: Kind
  public let register: ACPIRegister
  public let interrupt: Interrupt
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
    guard register.address != 0 else { return nil }
    switch type {
    case 0x00, 0x01, 0x12: kind = .uart16550
    case 0x03, 0x0e: kind = .uartPL011
    default: return nil
    }
    self.register = register
    // Bits 1 to 4: I/O APIC or SAPIC, GIC, PLIC, and later controllers; bit 0: the 8259.
    if interruptTypes & 0xfe != 0 {
      interrupt = .line(line)
    } else if interruptTypes & 1 != 0, isaInterrupt < 16 {
      interrupt = .isa(isaInterrupt)
    } else {
      interrupt = .none
    }
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
