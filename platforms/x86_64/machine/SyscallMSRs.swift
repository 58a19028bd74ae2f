import X86Shims

/// The registers that SYSCALL and SYSRET go by.
///
/// Source: Intel SDM vol. 3A §5.8.8, Fast System Calls in 64-Bit Mode.
enum SyscallMSRs {
  /// Flags cleared at entry: TF, IF, DF, IOPL, NT and AC.
  private static var maskedFlags: UInt64 { 0x4_7700 }
  /// - Precondition: the CPU has SYSCALL and no-execute pages.
  static func enable() {
    let segments = UInt64(X86_KERNEL_CODE) << 32 | UInt64(X86_USER_BASE) << 48
    // SAFETY: the entry is the kernel's own; the selectors are those of `Descriptors`.
    unsafe x86_write_msr(ModelRegister.systemCallSegments, segments)
    unsafe x86_write_msr(ModelRegister.systemCallEntry, x86_system_call_entry_address())
    unsafe x86_write_msr(ModelRegister.systemCallFlagMask, maskedFlags)
    let loaded = x86_read_msr(ModelRegister.extendedFeatures)
    unsafe x86_write_msr(
      ModelRegister.extendedFeatures, ControlWords.extendedFeatures(loaded: loaded))
    // No SYSENTER: with segment 0 it faults, whatever entry a firmware left.
    // Source: Intel SDM vol. 2B, SYSENTER.
    unsafe x86_write_msr(ModelRegister.fastEntrySegment, 0)
  }
}
