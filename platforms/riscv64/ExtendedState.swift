import KernelHAL

/// The floating-point registers of a thread: f0 to f31 and fcsr, as asm/Extended.S stores
/// them.
///
/// A thread that never touched them has no state to keep: its first floating-point
/// instruction traps, and finds all registers zero.
public struct RISCVExtendedState: ExtendedStateAccess {
  var registers: [32 of UInt64] = .init(repeating: 0)
  var control: UInt64 = 0
  /// Whether the thread wrote a register since it started.
  var isUsed: UInt64 = 0

  public init() {}
}

/// What sstatus.FS says of the floating-point registers.
///
/// Source: RISC-V Privileged Architecture, "Extension Context Status in mstatus Register".
enum FloatStatus: UInt64 {
  /// An instruction that uses them traps.
  case off = 0
  case initial = 1
  case clean = 2
  /// Written since the field was last set.
  case dirty = 3

  static var shift: UInt64 { 13 }
  static var mask: UInt64 { 3 << shift }

  /// The field's value in an sstatus word.
  init(sstatus: UInt64) {
    switch (sstatus >> Self.shift) & 3 {
    case 0: self = .off
    case 1: self = .initial
    case 2: self = .clean
    default: self = .dirty
    }
  }

  /// The field's bits, in place.
  var bits: UInt64 { rawValue << Self.shift }
}
