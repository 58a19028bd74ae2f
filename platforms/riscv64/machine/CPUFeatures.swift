import KernelHAL
import RISCVShims

/// What the CPU can do, found by trying. Fence: writes control registers.
struct CPUFeatures {
  /// The "Sstc" extension: the timer is set without calling the firmware.
  let hasTimerCompare: Bool
  /// Floating-point registers.
  let hasFloat: Bool

  /// The bit of scounteren that lets user mode read the time.
  static var timeCounterBit: UInt64 { 1 << 1 }

  /// Leaves the floating-point registers off.
  static func probe() -> CPUFeatures {
    // A hart without them has a field that stays 0.
    mnos_riscv_set_sstatus(FloatStatus.mask)
    let status = FloatStatus(sstatus: mnos_riscv_read_sstatus())
    mnos_riscv_clear_sstatus(FloatStatus.mask)
    return CPUFeatures(
      hasTimerCompare: mnos_riscv_has_stimecmp() != 0, hasFloat: status != .off)
  }
}

extension TranslationControl {
  /// Keeps the mode that the boot loader chose, and finds out how wide identifiers are.
  static func probe() throws(BootFailure) -> TranslationControl {
    let loaded = mnos_riscv_read_satp()
    mnos_riscv_write_satp(loaded | identifierMask)
    let probed = mnos_riscv_read_satp()
    mnos_riscv_write_satp(loaded)
    mnos_riscv_fence_all_translations()
    guard let control = TranslationControl(loaded: loaded, probed: probed) else {
      throw .missing(StaticReason("page tables of three levels or more"))
    }
    return control
  }
}
