import KernelHAL

/// The floating-point registers of a thread, as asm/Extended.S stores them.
///
/// A thread that never touched them has no state to keep: its first floating-point
/// instruction traps, and finds all registers zero.
public struct LoongArchExtendedState: ExtendedStateAccess {
  /// f0 to f31.
  var registers: [32 of UInt64] = .init(repeating: 0)
  /// fcc0 to fcc7, a bit each.
  var conditions: UInt64 = 0
  /// fcsr0: round to nearest, no exceptions enabled.
  var control: UInt64 = 0
  /// Whether the thread used a register since it started.
  var isUsed: UInt64 = 0

  public init() {}
}

/// What CSR.EUEN turns on.
///
/// Source: LoongArch Reference Manual, Volume 1, §7.4.3, "Extended Component Unit Enable".
enum ExtendedUnits {
  static var off: UInt64 { 0 }
  static var float: UInt64 { 1 << 0 }
}
