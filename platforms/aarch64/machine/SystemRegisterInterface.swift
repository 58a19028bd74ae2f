import AArch64Shims

/// The CPU's side of a controller of version 3. Fence: system registers.
///
/// Source: GIC Architecture Specification 3.0 (IHI 0069) §12.2, ICC registers.
struct SystemRegisterInterface: GICProcessorInterface {
  mutating func start() {
    // SRE: the CPU interface is in system registers. What firmware fixed stays so.
    mnos_aarch64_write_icc_sre(mnos_aarch64_read_icc_sre() | 1)
    mnos_aarch64_instruction_barrier()
    mnos_aarch64_write_icc_pmr(0xff)
    mnos_aarch64_write_icc_bpr1(0)
    // EOImode 0: the end of an interrupt also deactivates it.
    mnos_aarch64_write_icc_ctlr(mnos_aarch64_read_icc_ctlr() & ~(1 << 1))
    mnos_aarch64_write_icc_igrpen1(1)
    mnos_aarch64_instruction_barrier()
  }

  mutating func acknowledge() -> UInt32 {
    UInt32(truncatingIfNeeded: mnos_aarch64_read_icc_iar1() & 0xff_ffff)
  }

  mutating func end(_ interrupt: UInt32) {
    mnos_aarch64_write_icc_eoir1(UInt64(interrupt))
    mnos_aarch64_instruction_barrier()
  }

  mutating func send(toAffinity affinity: UInt64) {
    mnos_aarch64_full_barrier()
    mnos_aarch64_write_icc_sgi1r(GICSoftwareInterrupt.word(affinity: affinity))
    mnos_aarch64_instruction_barrier()
  }
}
