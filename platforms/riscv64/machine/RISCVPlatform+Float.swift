import KernelHAL
import RISCVShims

/// Floating-point registers. Fence: saves and loads them by address.
///
/// sstatus.FS is not part of a thread's registers: it is live, and stays as it is set here
/// until the thread is switched out. Off means that the thread has no state; its first
/// floating-point instruction traps and turns them on, so threads without pay nothing.
extension RISCVPlatform {
  @inline(__always)
  public mutating func switchExtendedState(
    from old: inout RISCVExtendedState, to new: inout RISCVExtendedState
  ) {
    let status = FloatStatus(sstatus: mnos_riscv_read_sstatus())
    if status == .off && new.isUsed == 0 { return }
    if status == .dirty { save(&old) }
    load(&new)
  }

  public mutating func loadExtendedState(_ new: inout RISCVExtendedState) {
    load(&new)
  }

  /// Lets a thread without state use the registers, all zero.
  ///
  /// - Returns: false if they were on, so that the instruction is illegal for another reason.
  mutating func turnOnFloat() -> Bool {
    let status = FloatStatus(sstatus: mnos_riscv_read_sstatus())
    guard features.hasFloat, status == .off else { return false }
    var fresh = RISCVExtendedState()
    restore(&fresh)
    return true
  }

  @inline(never)
  private func save(_ state: inout RISCVExtendedState) {
    // SAFETY: the state is as long as the assembly writes, and stays in place meanwhile.
    unsafe withUnsafeMutablePointer(to: &state) { pointer in
      mnos_riscv_save_float(UInt64(UInt(bitPattern: pointer)))
    }
    state.isUsed = 1
  }

  /// Makes the registers those of `state`, or turns them off if it has none.
  private func load(_ state: inout RISCVExtendedState) {
    if state.isUsed == 0 {
      mnos_riscv_clear_sstatus(FloatStatus.mask)
    } else {
      restore(&state)
    }
  }

  @inline(never)
  private func restore(_ state: inout RISCVExtendedState) {
    mnos_riscv_set_sstatus(FloatStatus.mask)
    // SAFETY: as in `save`.
    unsafe withUnsafeMutablePointer(to: &state) { pointer in
      mnos_riscv_load_float(UInt64(UInt(bitPattern: pointer)))
    }
    // From dirty, which is all ones, to clean: what is loaded is saved already.
    mnos_riscv_clear_sstatus(FloatStatus.dirty.bits & ~FloatStatus.clean.bits)
  }
}
