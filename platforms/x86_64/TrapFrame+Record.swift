import KernelHAL
import MnosABI

/// The register record: pc, sp, flags, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8 to r15.
extension X86Registers {
  public static var recordWordCount: Int { 18 }

  public func recordWord(at index: Int) -> UInt64 {
    switch index {
    case 0: rip
    case 1: rsp
    case 2: rflags
    case 3: rax
    case 4: rbx
    case 5: rcx
    case 6: rdx
    case 7: rsi
    case 8: rdi
    case 9: rbp
    case 10: r8
    case 11: r9
    case 12: r10
    case 13: r11
    case 14: r12
    case 15: r13
    case 16: r14
    default: r15
    }
  }

  public mutating func setRecordWord(at index: Int, to value: UInt64) {
    // The return by SYSRET would overwrite rcx and r11.
    if vector == Self.bySystemCall { vector = 0 }
    switch index {
    case 0: rip = Self.userHalf(value)
    case 1: rsp = value
    case 2: rflags = value & Self.chosenFlags | Self.fixedFlags
    case 3: rax = value
    case 4: rbx = value
    case 5: rcx = value
    case 6: rdx = value
    case 7: rsi = value
    case 8: rdi = value
    case 9: rbp = value
    case 10: r8 = value
    case 11: r9 = value
    case 12: r10 = value
    case 13: r11 = value
    case 14: r12 = value
    case 15: r13 = value
    case 16: r14 = value
    default: r15 = value
    }
  }
}
