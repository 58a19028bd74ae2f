import KernelHAL
import MnosABI

/// What scause says.
///
/// Source: RISC-V Privileged Architecture, "Supervisor Cause Register (scause)".
enum RISCVCause: Equatable {
  case softwareInterrupt
  case timerInterrupt
  case externalInterrupt
  case otherInterrupt
  /// An exception, by its code.
  case exception(UInt64)

  init(scause: UInt64) {
    let code = scause & ~Self.interruptBit
    guard scause & Self.interruptBit != 0 else {
      self = .exception(code)
      return
    }
    switch code {
    case 1: self = .softwareInterrupt
    case 5: self = .timerInterrupt
    case 9: self = .externalInterrupt
    default: self = .otherInterrupt
    }
  }

  static var interruptBit: UInt64 { 1 << 63 }
  static var illegalInstruction: UInt64 { 2 }
}

/// Bits of sie and sip.
enum InterruptBits {
  static var software: UInt64 { 1 << 1 }
  static var timer: UInt64 { 1 << 5 }
  static var external: UInt64 { 1 << 9 }
  static var all: UInt64 { software | timer | external }
}

extension Fault {
  /// The fault behind an exception from user mode.
  ///
  /// - Parameters:
  ///   - code: scause.
  ///   - pc: sepc.
  ///   - address: stval. It is an address for accesses only; for others it is 0 or holds
  ///     the instruction.
  init(exception code: UInt64, pc: UInt64, address: UInt64) {
    let kind: FaultKind
    var hasAddress = true
    switch code {
    case 0, 4, 6: kind = .misaligned
    case 1, 12: kind = .execute
    case 5, 13: kind = .read
    case 7, 15: kind = .write
    case 2:
      kind = .illegalInstruction
      hasAddress = false
    case 3:
      kind = .breakpoint
      hasAddress = false
    default:
      kind = .other
      hasAddress = false
    }
    self.init(kind: kind, address: hasAddress ? address : pc, code: code)
  }
}
