import KernelHAL
import MnosABI

/// The register record: pc, sp, flags (N, Z, C, V in bits 31 to 28), x0 to x30, TPIDR_EL0.
extension AArch64Registers {
  /// Word numbers of the record's groups.
  private enum Word {
    static var pc: Int { 0 }
    static var sp: Int { 1 }
    static var flags: Int { 2 }
    static var x0: Int { 3 }
    static var x3: Int { 6 }
    static var x8: Int { 11 }
    static var x9: Int { 12 }
    static var x12: Int { 15 }
    static var threadWord: Int { 34 }
  }

  /// N, Z, C and V. Source: DDI 0487 §C5.2, SPSR_EL1.
  private static var conditionFlags: UInt64 { 0xf000_0000 }

  public static var recordWordCount: Int { 35 }

  public func recordWord(at index: Int) -> UInt64 {
    switch index {
    case Word.pc: pc
    case Word.sp: sp
    case Word.flags: pstate & Self.conditionFlags
    case Word.x0: x0
    case Word.x0 + 1: x1
    case Word.x0 + 2: x2
    case Word.x3..<Word.x8: words[index - Word.x3]
    case Word.x8: x8
    case Word.x9..<Word.x12: words[index - Word.x9 + 5]
    case Word.x12..<Word.threadWord: others[index - Word.x12]
    case Word.threadWord: threadWord
    default: 0
    }
  }

  public mutating func setRecordWord(at index: Int, to value: UInt64) {
    switch index {
    case Word.pc:
      // Instructions stand at multiples of four.
      pc = value & ~3
      // What PSTATE remembers of the last instruction (BTYPE, IL, SS) is not of this pc.
      pstate &= Self.conditionFlags
    case Word.sp: sp = value
    case Word.flags: pstate = value & Self.conditionFlags
    case Word.x0: x0 = value
    case Word.x0 + 1: x1 = value
    case Word.x0 + 2: x2 = value
    case Word.x3..<Word.x8: words[index - Word.x3] = value
    case Word.x8: x8 = value
    case Word.x9..<Word.x12: words[index - Word.x9 + 5] = value
    case Word.x12..<Word.threadWord: others[index - Word.x12] = value
    case Word.threadWord: threadWord = value
    default: break
    }
  }
}
