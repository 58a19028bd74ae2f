import KernelHAL

/// The floating-point and vector registers of a thread: FPCR, FPSR and q0 to q31, as
/// asm/Extended.S stores them.
///
/// A thread that never touched them has no state to keep: its first floating-point
/// instruction traps, and finds all registers zero.
public struct AArch64ExtendedState: ExtendedStateAccess {
  var control: UInt64 = 0
  var status: UInt64 = 0
  /// The low half of each register, then its high half.
  var registers: [64 of UInt64] = .init(repeating: 0)
  /// Whether the thread used a register since it started.
  var isUsed: UInt64 = 0

  public init() {}
}

/// CPACR_EL1.FPEN: whether floating point traps. Other bits stay 0, so that the scalable
/// vector and matrix extensions trap.
///
/// Source: DDI 0487 §D19.2, CPACR_EL1.
enum FloatAccess {
  /// Instructions that use the registers trap.
  static var off: UInt64 { 0 }
  static var on: UInt64 { 3 << 20 }
}
