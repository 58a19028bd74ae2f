import AArch64Shims
import KernelHAL

/// Floating-point and vector registers. Fence: saves and loads them by address.
///
/// CPACR_EL1 is not part of a thread's registers: it is live, and stays as it is set here
/// until the thread is switched out. Off means that the thread has no state; its first
/// floating-point instruction traps and turns them on, so threads without pay nothing.
extension AArch64Platform {
  @inline(__always)
  public mutating func switchExtendedState(
    from old: inout AArch64ExtendedState, to new: inout AArch64ExtendedState
  ) {
    let isOn = mnos_aarch64_read_cpacr() != FloatAccess.off
    if !isOn && new.isUsed == 0 { return }
    if isOn { save(&old) }
    load(&new, isOn: isOn)
  }

  public mutating func loadExtendedState(_ new: inout AArch64ExtendedState) {
    load(&new, isOn: mnos_aarch64_read_cpacr() != FloatAccess.off)
  }

  /// Lets a thread without state use the registers, all zero.
  ///
  /// - Returns: false if the CPU has none, or they were on, so that the instruction is
  ///   illegal for another reason.
  mutating func turnOnFloat() -> Bool {
    guard features.hasFloat, mnos_aarch64_read_cpacr() == FloatAccess.off else { return false }
    var fresh = AArch64ExtendedState()
    fresh.isUsed = 1
    load(&fresh, isOn: false)
    return true
  }

  @inline(never)
  private func save(_ state: inout AArch64ExtendedState) {
    // SAFETY: the state is as long as the assembly writes, and stays in place meanwhile.
    unsafe withUnsafeMutablePointer(to: &state) { pointer in
      mnos_aarch64_save_float(UInt64(UInt(bitPattern: pointer)))
    }
    state.isUsed = 1
  }

  /// Makes the registers those of `state`, or turns them off if it has none.
  @inline(never)
  private func load(_ state: inout AArch64ExtendedState, isOn: Bool) {
    guard state.isUsed != 0 else {
      mnos_aarch64_write_cpacr(FloatAccess.off)
      return
    }
    if !isOn {
      mnos_aarch64_write_cpacr(FloatAccess.on)
      mnos_aarch64_instruction_barrier()
    }
    // SAFETY: as in `save`.
    unsafe withUnsafeMutablePointer(to: &state) { pointer in
      mnos_aarch64_load_float(UInt64(UInt(bitPattern: pointer)))
    }
  }
}
