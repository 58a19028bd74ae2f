import KernelHAL
import MnosABI

/// The register record: pc, sp, flags (always 0), ra, tp, a0 to a7, t0 to t8, r21, fp, s0 to
/// s8; as the registers are numbered, but for sp.
extension LoongArchRegisters {
  /// Word numbers of the record's groups.
  private enum Word {
    static var pc: Int { 0 }
    static var sp: Int { 1 }
    static var ra: Int { 3 }
    static var tp: Int { 4 }
    static var a0: Int { 5 }
    static var a3: Int { 8 }
    static var a7: Int { 12 }
    static var t0: Int { 13 }
    static var t4: Int { 17 }
    static var r21: Int { 22 }
    static var fp: Int { 23 }
    static var end: Int { 33 }
  }

  public static var recordWordCount: Int { Word.end }

  public func recordWord(at index: Int) -> UInt64 {
    switch index {
    case Word.pc: pc
    case Word.sp: sp
    case Word.ra: ra
    case Word.tp: tp
    case Word.a0: a0
    case Word.a0 + 1: a1
    case Word.a0 + 2: a2
    case Word.a3..<Word.a7: words[index - Word.a3]
    case Word.a7: a7
    case Word.t0..<Word.t4: words[index - Word.t0 + 4]
    case Word.t4..<Word.r21: temporaries[index - Word.t4]
    case Word.r21: r21
    case Word.fp..<Word.end: saved[index - Word.fp]
    default: 0
    }
  }

  public mutating func setRecordWord(at index: Int, to value: UInt64) {
    switch index {
    // Bits 0 and 1 of a pc do not exist: no instruction starts there.
    case Word.pc: pc = value & ~3
    case Word.sp: sp = value
    case Word.ra: ra = value
    case Word.tp: tp = value
    case Word.a0: a0 = value
    case Word.a0 + 1: a1 = value
    case Word.a0 + 2: a2 = value
    case Word.a3..<Word.a7: words[index - Word.a3] = value
    case Word.a7: a7 = value
    case Word.t0..<Word.t4: words[index - Word.t0 + 4] = value
    case Word.t4..<Word.r21: temporaries[index - Word.t4] = value
    case Word.r21: r21 = value
    case Word.fp..<Word.end: saved[index - Word.fp] = value
    default: break
    }
  }
}
