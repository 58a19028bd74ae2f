import KernelHAL
import MnosABI

/// What the exceptions of the CPU mean to the kernel.
///
/// Source: Intel SDM vol. 3A §6.15, Exception and Interrupt Reference.
enum X86Exception {
  static var divideError: UInt64 { 0 }
  static var debug: UInt64 { 1 }
  static var breakpoint: UInt64 { 3 }
  static var overflow: UInt64 { 4 }
  static var invalidOpcode: UInt64 { 6 }
  static var generalProtection: UInt64 { 13 }
  static var pageFault: UInt64 { 14 }
  static var x87Error: UInt64 { 16 }
  static var alignmentCheck: UInt64 { 17 }
  static var vectorError: UInt64 { 19 }
  static var count: UInt64 { 32 }

  /// Bits of a page fault's error code.
  private static var isWrite: UInt64 { 1 << 1 }
  private static var isFetch: UInt64 { 1 << 4 }

  /// - Parameter address: CR2 for a page fault, the pc for all others.
  static func fault(vector: UInt64, errorCode: UInt64, address: UInt64) -> Fault {
    Fault(
      kind: kind(vector: vector, errorCode: errorCode), address: address,
      code: vector << 32 | errorCode & 0xffff_ffff)
  }

  /// General protection is what privileged instructions raise. It is also all that the CPU
  /// says of an access outside the canonical addresses, and it keeps the address for itself.
  private static func kind(vector: UInt64, errorCode: UInt64) -> FaultKind {
    switch vector {
    case pageFault:
      if errorCode & isFetch != 0 { return .execute }
      return errorCode & isWrite != 0 ? .write : .read
    case invalidOpcode, generalProtection: return .illegalInstruction
    case divideError, overflow, x87Error, vectorError: return .arithmetic
    case alignmentCheck: return .misaligned
    case debug, breakpoint: return .breakpoint
    default: return .other
    }
  }
}
