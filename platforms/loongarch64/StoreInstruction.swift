/// Which instructions store: exceptions about privilege and addresses do not tell loads from
/// stores.
///
/// Source: LoongArch Reference Manual, Volume 1, appendix B, "Table of Instruction Encoding".
enum StoreInstruction {
  /// Whether the instruction writes to memory, be it after reading.
  static func matches(_ instruction: UInt32) -> Bool {
    switch instruction >> 24 {
    // SC.W, SC.D, STPTR.W, STPTR.D, ST.B to ST.D.
    case 0x21, 0x23, 0x25, 0x27, 0x29: true
    // FLD and FST; VLD, VST, XVLD, XVST: by turns.
    case 0x2b, 0x2c: instruction & 1 << 22 != 0
    case 0x38: matchesIndexed(instruction)
    default: false
    }
  }

  /// Those with an address of two registers, or of one and no offset.
  private static func matchesIndexed(_ instruction: UInt32) -> Bool {
    switch instruction >> 16 & 0xff {
    // STX.B to STX.D; FSTX.S, FSTX.D; VSTX; XVSTX.
    case 0x10...0x1f, 0x38...0x3f, 0x44...0x47, 0x4c...0x4f: true
    // SC.Q; LLACQ and SCREL, by turns.
    case 0x57: instruction & 1 << 15 == 0 || instruction & 1 << 10 != 0
    // Atomic memory operations.
    case 0x58...0x6f: true
    // FSTGT, FSTLE; STGT, STLE.
    case 0x76, 0x77, 0x7c...0x7f: true
    default: false
    }
  }
}
