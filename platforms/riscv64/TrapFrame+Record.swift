import KernelHAL
import MnosABI

/// The register record: pc, sp, flags (always 0), ra, gp, tp, t0 to t6, s0 to s11, a0 to a7.
extension RISCVRegisters {
  /// Word numbers of the record's groups.
  private enum Word {
    static var pc: Int { 0 }
    static var sp: Int { 1 }
    static var flags: Int { 2 }
    static var ra: Int { 3 }
    static var gp: Int { 4 }
    static var tp: Int { 5 }
    static var t0: Int { 6 }
    static var t4: Int { 10 }
    static var s0: Int { 13 }
    static var a0: Int { 25 }
    static var a3: Int { 28 }
    static var a7: Int { 32 }
  }

  public static var recordWordCount: Int { 33 }

  public func recordWord(at index: Int) -> UInt64 {
    switch index {
    case Word.pc: pc
    case Word.sp: sp
    case Word.ra: ra
    case Word.gp: gp
    case Word.tp: tp
    case Word.t0..<Word.t4: words[index - Word.t0 + 4]
    case Word.t4..<Word.s0: temporaries[index - Word.t4]
    case Word.s0..<Word.a0: saved[index - Word.s0]
    case Word.a0: a0
    case Word.a0 + 1: a1
    case Word.a0 + 2: a2
    case Word.a3..<Word.a7: words[index - Word.a3]
    case Word.a7: a7
    default: 0
    }
  }

  public mutating func setRecordWord(at index: Int, to value: UInt64) {
    switch index {
    // Bit 0 of a pc does not exist; the CPU would drop it.
    case Word.pc: pc = value & ~1
    case Word.sp: sp = value
    case Word.ra: ra = value
    case Word.gp: gp = value
    case Word.tp: tp = value
    case Word.t0..<Word.t4: words[index - Word.t0 + 4] = value
    case Word.t4..<Word.s0: temporaries[index - Word.t4] = value
    case Word.s0..<Word.a0: saved[index - Word.s0] = value
    case Word.a0: a0 = value
    case Word.a0 + 1: a1 = value
    case Word.a0 + 2: a2 = value
    case Word.a3..<Word.a7: words[index - Word.a3] = value
    case Word.a7: a7 = value
    default: break
    }
  }
}
