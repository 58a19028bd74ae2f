import KernelHAL
import MnosABI

/// What CSR.ESTAT says.
///
/// Source: LoongArch Reference Manual, Volume 1, §7.4.6, "Exception Status (ESTAT)", and
/// table 21, "Encoding of Exceptions".
enum LoongArchCause: Equatable {
  /// Interrupts that are pending; more than one bit may be set.
  case interrupt(InterruptBits)
  case exception(code: UInt64, subcode: UInt64)

  init(estat: UInt64) {
    let code = estat >> 16 & 0x3f
    self =
      code == 0
      ? .interrupt(InterruptBits(estat: estat))
      : .exception(code: code, subcode: estat >> 22 & 0x1ff)
  }

  static var pageInvalidForLoad: UInt64 { 0x1 }
  static var pageInvalidForStore: UInt64 { 0x2 }
  static var pageInvalidForFetch: UInt64 { 0x3 }
  static var pageModification: UInt64 { 0x4 }
  static var pageNotReadable: UInt64 { 0x5 }
  static var pageNotExecutable: UInt64 { 0x6 }
  static var pagePrivilege: UInt64 { 0x7 }
  /// Subcode 0 for a fetch, 1 for an access.
  static var addressError: UInt64 { 0x8 }
  static var misaligned: UInt64 { 0x9 }
  static var breakpoint: UInt64 { 0xc }
  static var undefinedInstruction: UInt64 { 0xd }
  static var privilegedInstruction: UInt64 { 0xe }
  static var floatDisabled: UInt64 { 0xf }
  static var vectorDisabled: UInt64 { 0x10 }
  static var wideVectorDisabled: UInt64 { 0x11 }
  static var floatError: UInt64 { 0x12 }
  static var watchpoint: UInt64 { 0x13 }
  static var translationDisabled: UInt64 { 0x14 }
}

/// Interrupts of the CPU core, as ESTAT.IS has them pending and ECFG.LIE lets them through.
struct InterruptBits: Equatable {
  let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }
  init(estat: UInt64) { rawValue = estat & 0x1fff }

  /// Input pin 0 to 7, to which interrupt controllers are wired.
  static func pin(_ number: UInt8) -> InterruptBits {
    InterruptBits(rawValue: 1 << UInt64(2 + number & 7))
  }
  static var timer: InterruptBits { InterruptBits(rawValue: 1 << 11) }
  /// From another CPU.
  static var interprocessor: InterruptBits { InterruptBits(rawValue: 1 << 12) }

  func union(_ other: InterruptBits) -> InterruptBits {
    InterruptBits(rawValue: rawValue | other.rawValue)
  }
  func contains(_ other: InterruptBits) -> Bool {
    rawValue & other.rawValue != 0
  }
}

extension Fault {
  /// The fault behind an exception from user mode.
  ///
  /// - Parameters:
  ///   - pc: ERA.
  ///   - address: BADV, which is an address for accesses and fetches only.
  ///   - instruction: BADI, which means nothing after a fetch.
  init(code: UInt64, subcode: UInt64, pc: UInt64, address: UInt64, instruction: UInt32) {
    let kind: FaultKind
    var hasAddress = true
    switch code {
    case LoongArchCause.pageInvalidForLoad, LoongArchCause.pageNotReadable: kind = .read
    case LoongArchCause.pageInvalidForStore, LoongArchCause.pageModification: kind = .write
    case LoongArchCause.pageInvalidForFetch, LoongArchCause.pageNotExecutable: kind = .execute
    case LoongArchCause.pagePrivilege:
      // The CPU does not say what was tried. Code whose own page is out of bounds fails there.
      kind = address == pc ? .execute : Self.access(by: instruction)
    case LoongArchCause.addressError:
      kind = subcode == 0 ? .execute : Self.access(by: instruction)
    case LoongArchCause.misaligned: kind = .misaligned
    default:
      kind = Self.kind(ofInstruction: code)
      hasAddress = false
    }
    self.init(kind: kind, address: hasAddress ? address : pc, code: subcode << 6 | code)
  }

  private static func access(by instruction: UInt32) -> FaultKind {
    StoreInstruction.matches(instruction) ? .write : .read
  }

  /// What an exception means that has no address.
  private static func kind(ofInstruction code: UInt64) -> FaultKind {
    switch code {
    case LoongArchCause.breakpoint, LoongArchCause.watchpoint: .breakpoint
    case LoongArchCause.floatError: .arithmetic
    case LoongArchCause.undefinedInstruction, LoongArchCause.privilegedInstruction,
      LoongArchCause.floatDisabled, LoongArchCause.vectorDisabled,
      LoongArchCause.wideVectorDisabled, LoongArchCause.translationDisabled:
      .illegalInstruction
    default: .other
    }
  }
}
