import KernelHAL

/// What the fixed-hardware table says about turning the machine off and restarting it.
///
/// Source: ACPI Specification 6.5 §5.2.9, Fixed ACPI Description Table (FADT).
public struct ACPIFixedHardware: Equatable, Sendable {
  /// Physical address of the DSDT, or 0.
  public var definitionBlock: UInt64 = 0
  /// The SMI command port, or 0, and what to write there to hand power management over.
  public var commandPort: UInt16 = 0
  public var enableCommand: UInt8 = 0
  /// PM1a and PM1b control registers, 0 if there are none.
  public var controlPortA: UInt16 = 0
  public var controlPortB: UInt16 = 0
  /// The 24- or 32-bit counter at 3.579545 MHz, or 0.
  public var timerPort: UInt16 = 0
  public var isTimer32Bit = false
  /// Where to write `resetValue`, if the machine can be restarted so.
  public var resetRegister: ACPIRegister? = nil
  public var resetValue: UInt8 = 0
  /// The sleep control register of hardware-reduced machines.
  public var sleepControl: ACPIRegister? = nil
  public var isHardwareReduced = false

  public init() {}

  /// The table of ACPI 1.0, which no later one is shorter than.
  private static var leastByteCount: UInt64 { 116 }

  /// Fields that the table is too short for stay empty.
  public init<Memory: PhysicalMemoryReader>(
    _ table: ACPITable<Memory>, noting report: inout FirmwareReport
  ) {
    if table.byteCount < Self.leastByteCount { report.note(table.name, .tooShort) }
    let flags = table.word32(at: 112) ?? 0
    isHardwareReduced = flags & (1 << 20) != 0
    isTimer32Bit = flags & (1 << 8) != 0
    definitionBlock = table.word64(at: 140) ?? 0
    if definitionBlock == 0 { definitionBlock = UInt64(table.word32(at: 40) ?? 0) }
    if flags & (1 << 10) != 0, let register = table.register(at: 116), register.address != 0 {
      resetRegister = register
      resetValue = table.word8(at: 128) ?? 0
    }
    if isHardwareReduced {
      sleepControl = table.register(at: 244)
      return
    }
    commandPort = Self.port(table.word32(at: 48))
    enableCommand = table.word8(at: 52) ?? 0
    controlPortA = Self.port(table.register(at: 172), or: table.word32(at: 64))
    controlPortB = Self.port(table.register(at: 184), or: table.word32(at: 68))
    timerPort = Self.port(table.register(at: 208), or: table.word32(at: 76))
  }

  private static func port(_ extended: ACPIRegister?, or plain: UInt32?) -> UInt16 {
    extended?.port ?? port(plain)
  }
  private static func port(_ value: UInt32?) -> UInt16 {
    UInt16(exactly: value ?? 0) ?? 0
  }
}
