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

/// What satp can hold.
///
/// Source: RISC-V Privileged Architecture, "Supervisor Address Translation and Protection
/// (satp) Register".
struct TranslationControl: Equatable {
  let levelCount: Int
  /// The mode field, in place.
  let mode: UInt64
  /// One more than the largest address-space identifier.
  let identifierCount: UInt32

  static var identifierShift: UInt64 { 44 }
  private static var identifierMask: UInt64 { 0xffff << identifierShift }

  /// - Parameters:
  ///   - loaded: satp as the boot loader left it.
  ///   - probed: satp as it reads after all identifier bits were written.
  init?(loaded: UInt64, probed: UInt64) {
    switch loaded >> 60 {
    case 8: levelCount = 3
    case 9: levelCount = 4
    case 10: levelCount = 5
    default: return nil
    }
    mode = loaded & 0xf << 60
    identifierCount =
      UInt32(truncatingIfNeeded: (probed & Self.identifierMask) >> Self.identifierShift) + 1
  }

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

  /// The word that makes the CPU use the tables at `root`.
  static func word(mode: UInt64, identifier: UInt32, root: UInt64) -> UInt64 {
    mode | UInt64(identifier) << identifierShift | root >> 12
  }
}
