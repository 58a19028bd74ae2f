import KernelHAL

/// What the words of CPUCFG say, as far as the kernel needs it.
///
/// Source: LoongArch Reference Manual, Volume 1, §2.2.10.5, table 2, "Configuration
/// Information Accessible by CPUCFG".
struct CPUFeatures: Equatable {
  /// Bits of a physical address.
  let physicalAddressWidth: UInt64
  /// Bits of a virtual address, in both halves together.
  let virtualAddressWidth: UInt64
  let protection: PageProtection
  /// Floating-point registers.
  let hasFloat: Bool
  /// Instructions that walk page tables, for the TLB refill handler.
  let hasPageWalk: Bool
  /// I/O control and status registers, where the extended interrupt controller is.
  let hasControlRegisters: Bool
  /// Ticks of the stable counter per second, 0 if the words do not say.
  let timeFrequency: UInt64

  /// - Parameter word: Word `index` of CPUCFG, of 32 bits.
  init(word: (_ index: UInt64) -> UInt64) {
    let base = word(1)
    let isPaged = base >> 2 & 1 != 0
    hasControlRegisters = base >> 3 & 1 != 0
    physicalAddressWidth = base >> 4 & 0xff + 1
    virtualAddressWidth = base >> 12 & 0xff + 1
    protection = PageProtection(
      hasReadInhibit: base >> 21 & 1 != 0, hasExecuteProtection: base >> 22 & 1 != 0,
      hasRestrictedLevel: base >> 23 & 1 != 0)
    let units = word(2)
    hasFloat = units & 1 != 0 && units >> 2 & 1 != 0
    hasPageWalk = isPaged && units >> 21 & 1 != 0
    let ratio = word(5)
    let divisor = ratio >> 16 & 0xffff
    timeFrequency = divisor == 0 ? 0 : word(4) * (ratio & 0xffff) / divisor
  }

  /// Whether the kernel can run on the CPU.
  func validate() throws(BootFailure) {
    guard hasPageWalk, virtualAddressWidth >= 48 else {
      throw .missing(StaticReason("CPU with 48-bit addresses and page table walks (LA64, LSPW)"))
    }
    guard hasControlRegisters else {
      throw .missing(StaticReason("CPU with I/O control and status registers (IOCSR)"))
    }
    guard timeFrequency > 0 else {
      throw .missing(StaticReason("frequency of the stable counter (CPUCFG)"))
    }
  }
}
