import KernelHAL
import LoongArchShims

/// Floating-point registers. Fence: saves and loads them by address.
///
/// CSR.EUEN is not part of a thread's registers: it is live, and stays as it is set here until
/// the thread is switched out. Off means that the thread has no state; its first
/// floating-point instruction traps and turns them on, so threads without pay nothing.
extension LoongArchPlatform {
  @inline(__always)
  public mutating func switchExtendedState(
    from old: inout LoongArchExtendedState, to new: inout LoongArchExtendedState
  ) {
    let isOn = mnos_loongarch_read_euen() != ExtendedUnits.off
    if !isOn && new.isUsed == 0 { return }
    // The CPU does not tell whether they changed.
    if isOn { save(&old) }
    load(&new)
  }

  public mutating func loadExtendedState(_ new: inout LoongArchExtendedState) {
    load(&new)
  }

  /// Lets a thread without state use the registers, all zero.
  ///
  /// - Returns: false if they were on, so that the instruction fails for another reason.
  mutating func turnOnFloat() -> Bool {
    guard features.hasFloat, mnos_loongarch_read_euen() == ExtendedUnits.off else { return false }
    var fresh = LoongArchExtendedState()
    restore(&fresh)
    return true
  }

  @inline(never)
  private func save(_ state: inout LoongArchExtendedState) {
    // SAFETY: the state is as long as the assembly writes, and stays in place meanwhile.
    unsafe withUnsafeMutablePointer(to: &state) { pointer in
      mnos_loongarch_save_float(UInt64(UInt(bitPattern: pointer)))
    }
    state.isUsed = 1
  }

  /// Makes the registers those of `state`, or turns them off if it has none.
  private func load(_ state: inout LoongArchExtendedState) {
    if state.isUsed == 0 {
      mnos_loongarch_write_euen(ExtendedUnits.off)
    } else {
      restore(&state)
    }
  }

  @inline(never)
  private func restore(_ state: inout LoongArchExtendedState) {
    mnos_loongarch_write_euen(ExtendedUnits.float)
    // SAFETY: as in `save`.
    unsafe withUnsafeMutablePointer(to: &state) { pointer in
      mnos_loongarch_load_float(UInt64(UInt(bitPattern: pointer)))
    }
  }
}
