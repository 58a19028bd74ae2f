import RISCVShims

/// The firmware below the kernel, as far as it is used.
///
/// Source: RISC-V Supervisor Binary Interface Specification 2.0, by chapter name below.
struct SBI {
  /// "Debug Console Extension", there since version 2.0.
  private let hasDebugConsole: Bool
  /// "System Reset Extension", there since version 0.3.
  private let hasSystemReset: Bool
  /// "Timer Extension".
  private let hasTimer: Bool

  init() {
    hasDebugConsole = Self.hasExtension(Extension.debugConsole)
    hasSystemReset = Self.hasExtension(Extension.systemReset)
    hasTimer = Self.hasExtension(Extension.timer)
  }

  private enum Extension {
    static var base: UInt64 { 0x10 }
    static var timer: UInt64 { 0x5449_4d45 }
    static var interprocessor: UInt64 { 0x73_5049 }
    static var systemReset: UInt64 { 0x5352_5354 }
    static var debugConsole: UInt64 { 0x4442_434e }
    static var legacySetTimer: UInt64 { 0 }
    static var legacyPutCharacter: UInt64 { 1 }
    static var legacyShutdown: UInt64 { 8 }
  }

  /// "Base Extension": probe.
  private static func hasExtension(_ number: UInt64) -> Bool {
    let answer = mnos_riscv_sbi_call(Extension.base, 3, number, 0)
    return answer.error == 0 && answer.value != 0
  }

  /// "Base Extension": mvendorid, marchid and mimpid of the harts.
  var hartIdentity: HartIdentity {
    HartIdentity(
      vendor: mnos_riscv_sbi_call(Extension.base, 4, 0, 0).value,
      architecture: mnos_riscv_sbi_call(Extension.base, 5, 0, 0).value,
      implementation: mnos_riscv_sbi_call(Extension.base, 6, 0, 0).value)
  }

  /// Interrupts at `ticks` of the time counter; takes back an interrupt that is pending.
  func setTimer(ticks: UInt64) {
    _ = mnos_riscv_sbi_call(hasTimer ? Extension.timer : Extension.legacySetTimer, 0, ticks, 0)
  }

  /// Interrupts the CPU that the hardware calls `hart`.
  func sendInterrupt(toHart hart: UInt64) {
    _ = mnos_riscv_sbi_call(Extension.interprocessor, 0, 1, hart)
  }

  /// Writes one byte to the console of the firmware.
  func write(_ byte: UInt8) {
    let function: UInt64 = hasDebugConsole ? 2 : 0
    let number = hasDebugConsole ? Extension.debugConsole : Extension.legacyPutCharacter
    _ = mnos_riscv_sbi_call(number, function, UInt64(byte), 0)
  }

  /// Turns the machine off, or returns if the firmware cannot.
  func shutDown() {
    if hasSystemReset { _ = mnos_riscv_sbi_call(Extension.systemReset, 0, 0, 0) }
  }

  /// Turns the machine off the way firmware before version 0.3 can.
  func shutDownByLegacy() {
    if !hasSystemReset { _ = mnos_riscv_sbi_call(Extension.legacyShutdown, 0, 0, 0) }
  }

  /// Restarts the machine, or returns if the firmware cannot.
  func restart() {
    if hasSystemReset { _ = mnos_riscv_sbi_call(Extension.systemReset, 0, 1, 0) }
  }
}
