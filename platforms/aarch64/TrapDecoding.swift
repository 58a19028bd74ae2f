import KernelHAL
import MnosABI

/// Why the CPU entered the kernel from user mode, by the word that asm/Trap.S passes.
enum TrapReason: Equatable {
  /// An interrupt is pending; which, the controller says.
  case interrupt
  /// Memory or a device reported an error some time after the access.
  case systemError(code: UInt64)
  /// A floating-point or vector instruction while they trap.
  case floatAccess
  case exception(ExceptionSyndrome)

  /// - Parameter cause: ESR_EL1, or bit 63 for an interrupt, or bit 62 and ESR_EL1 for a
  ///   system error. ESR_EL1 itself has neither.
  init(cause: UInt64) {
    let syndrome = ExceptionSyndrome(register: cause & ~(Self.interruptBit | Self.errorBit))
    if cause & Self.interruptBit != 0 {
      self = .interrupt
    } else if cause & Self.errorBit != 0 {
      self = .systemError(code: syndrome.register)
    } else if syndrome.class == ExceptionSyndrome.floatAccess {
      self = .floatAccess
    } else {
      self = .exception(syndrome)
    }
  }

  static var interruptBit: UInt64 { 1 << 63 }
  static var errorBit: UInt64 { 1 << 62 }
}

/// What ESR_EL1 says of a synchronous exception.
///
/// Source: DDI 0487 §D19.2, ESR_EL1.
struct ExceptionSyndrome: Equatable {
  let register: UInt64

  /// EC, the exception's class.
  var `class`: UInt64 { (register >> 26) & 0x3f }
  static var floatAccess: UInt64 { 0x07 }

  /// WnR: of a data abort, whether the access was a write.
  private var isWrite: Bool { register & 1 << 6 != 0 }
  /// CM: the access was cache maintenance, which calls itself a write and needs but reading.
  private var isMaintenance: Bool { register & 1 << 8 != 0 }
  /// FnV: FAR_EL1 does not hold the address.
  private var isAddressUnknown: Bool { register & 1 << 10 != 0 }
  /// DFSC.
  private var status: UInt64 { register & 0x3f }
  private static var alignmentStatus: UInt64 { 0x21 }

  /// What user mode did, and whether FAR_EL1 has its address.
  var fault: (kind: FaultKind, hasAddress: Bool) {
    switch self.class {
    // Undefined; WFI; a register or an extension that user mode may not use: MCR and its
    // kind, SVE, MSR and its kind, SME; an illegal execution state.
    case 0x00, 0x01, 0x03...0x06, 0x08...0x0c, 0x0e, 0x18, 0x19, 0x1d: (.illegalInstruction, false)
    case 0x20: (.execute, !isAddressUnknown)
    case 0x22: (.misaligned, true)
    case 0x24: (dataKind, !isAddressUnknown)
    // A misaligned stack pointer, which FAR_EL1 does not name.
    case 0x26: (.misaligned, false)
    case 0x2c: (.arithmetic, false)
    case 0x34: (.breakpoint, true)
    case 0x30, 0x32, 0x3c: (.breakpoint, false)
    default: (.other, false)
    }
  }

  private var dataKind: FaultKind {
    if status == Self.alignmentStatus { return .misaligned }
    return isWrite && !isMaintenance ? .write : .read
  }
}

extension Fault {
  /// The fault behind an exception from user mode.
  ///
  /// - Parameters:
  ///   - pc: ELR_EL1.
  ///   - address: FAR_EL1.
  init(_ syndrome: ExceptionSyndrome, pc: UInt64, address: UInt64) {
    let (kind, hasAddress) = syndrome.fault
    self.init(kind: kind, address: hasAddress ? address : pc, code: syndrome.register)
  }
}
