import RISCVShims

/// The interrupt file of this CPU's supervisor mode. Fence: control registers.
///
/// Source: RISC-V Advanced Interrupt Architecture 1.0, chapter 3.
struct IMSIC: MessageFile {
  /// Numbers of the file's registers, for siselect.
  private enum Register {
    static var delivery: UInt64 { 0x70 }
    static var threshold: UInt64 { 0x72 }
    static var pending: UInt64 { 0x80 }
    static var enable: UInt64 { 0xc0 }
  }

  mutating func start(identityCount: UInt32) {
    // Registers of 64 identities have even numbers only.
    for index in 0...UInt64(identityCount / 64) {
      mnos_riscv_write_indirect(Register.pending + index * 2, 0)
      mnos_riscv_write_indirect(Register.enable + index * 2, .max)
    }
    mnos_riscv_write_indirect(Register.threshold, 0)
    mnos_riscv_write_indirect(Register.delivery, 1)
  }

  mutating func claim() -> UInt32 {
    UInt32(truncatingIfNeeded: mnos_riscv_claim_message() >> 16) & 0x7ff
  }
}
