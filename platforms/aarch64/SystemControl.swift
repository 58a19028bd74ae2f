/// What the CPU says that it can do.
///
/// Source: DDI 0487 §D19.2, ID_AA64MMFR0_EL1 and its sisters.
struct CPUFeatures: Equatable {
  /// FEAT_PAN: the kernel can be kept from user pages.
  let hasPrivilegedAccessNever: Bool
  /// FEAT_E0PD: user mode's accesses to the kernel's half fault in constant time.
  let hasKernelHalfFault: Bool
  /// FEAT_RNG: random numbers.
  let hasRandomNumbers: Bool
  let hasFloat: Bool
  /// Whether user mode's access to the performance counters can be, and so must be, turned off.
  let hasPerformanceCounters: Bool
  /// Whether identifiers of address spaces have 16 bits, not 8.
  let hasWideIdentifiers: Bool
  /// ID_AA64MMFR0_EL1.PARange: how many bits physical addresses have, as TCR_EL1.IPS has it;
  /// at most 48 bits.
  let physicalRange: UInt64

  /// One register per parameter, in full.
  init(
    memory0: UInt64, memory1: UInt64, memory2: UInt64, instructions0: UInt64,
    processor0: UInt64, debug0: UInt64
  ) {
    hasPrivilegedAccessNever = Self.field(20, of: memory1) != 0
    hasKernelHalfFault = Self.field(60, of: memory2) != 0
    hasRandomNumbers = Self.field(60, of: instructions0) != 0
    hasFloat = Self.field(16, of: processor0) != 15
    let counters = Self.field(8, of: debug0)
    hasPerformanceCounters = counters != 0 && counters != 15
    hasWideIdentifiers = Self.field(4, of: memory0) == 2
    physicalRange = min(Self.field(0, of: memory0), 5)
  }

  /// The field of four bits from `shift` on.
  private static func field(_ shift: UInt64, of register: UInt64) -> UInt64 {
    (register >> shift) & 15
  }

  /// One more than the largest identifier.
  var identifierCount: UInt32 { hasWideIdentifiers ? 1 << 16 : 1 << 8 }
}

/// Which features of the CPU's caches the kernel has to care for when code was written.
///
/// Source: DDI 0487 §D19.2, CTR_EL0.
struct CacheType: Equatable {
  /// Bytes of the smallest data cache line.
  let lineByteCount: UInt64
  /// IDC is 0: written code must be cleaned to where instructions are fetched from.
  let needsClean: Bool
  /// DIC is 0: instructions fetched before must be dropped.
  let needsDrop: Bool

  init(register: UInt64) {
    lineByteCount = 4 << ((register >> 16) & 15)
    needsClean = register & 1 << 28 == 0
    needsDrop = register & 1 << 29 == 0
  }
}

/// TCR_EL1: how the two halves of the address space are translated.
///
/// Source: DDI 0487 §D19.2, TCR_EL1.
enum TranslationControl {
  /// The word for tables of `AArch64PageTableFormat` in both halves.
  static func word(_ features: CPUFeatures) -> UInt64 {
    var word = size | size << 16 | innerWriteBack | innerWriteBack << 16
    word |= granule1Of4KiB | features.physicalRange << 32
    if features.hasWideIdentifiers { word |= wideIdentifiers }
    if features.hasKernelHalfFault { word |= kernelHalfFault }
    return word
  }

  /// Whether the kernel's half is laid out as the kernel's own tables will be: 48 bits, pages
  /// of 4 KiB.
  ///
  /// - Parameter loaded: The register as the boot loader left it.
  static func isUsable(_ loaded: UInt64) -> Bool {
    (loaded >> 16) & 0x3f == size && loaded & granule1Mask == granule1Of4KiB
  }

  /// T0SZ: 64 less 48 bits. T1SZ is 16 bits above, and so are its neighbours. TG0 as 0 is 4 KiB.
  private static var size: UInt64 { 16 }
  /// IRGN, ORGN, SH of table walks: write-back, allocating, inner shareable.
  private static var innerWriteBack: UInt64 { 1 << 8 | 1 << 10 | 3 << 12 }
  /// TG1.
  private static var granule1Of4KiB: UInt64 { 2 << 30 }
  private static var granule1Mask: UInt64 { 3 << 30 }
  /// AS.
  private static var wideIdentifiers: UInt64 { 1 << 36 }
  /// E0PD1.
  private static var kernelHalfFault: UInt64 { 1 << 56 }

  /// TTBR0_EL1 for the tables at `root`.
  @inline(__always)
  static func base(root: UInt64, identifier: UInt32) -> UInt64 {
    root | UInt64(identifier) << 48
  }

  /// What a TLB instruction wants to know of a page.
  @inline(__always)
  static func operand(page: UInt64, identifier: UInt32) -> UInt64 {
    (page >> 12) & ((1 << 44) - 1) | UInt64(identifier) << 48
  }
}

/// SCTLR_EL1.
///
/// Source: DDI 0487 §D19.2, SCTLR_EL1.
enum SystemControl {
  /// What the kernel runs with: translation and caches on, stack pointers aligned; no page
  /// both writable and executable (WXN); PSTATE.PAN set by every exception (SPAN is 0); user
  /// mode may clear a cache line with dc zva, read CTR_EL0, clean and drop lines of its own
  /// code, and wait for events; it may not mask interrupts or wait for them.
  static func word(_ features: CPUFeatures) -> UInt64 {
    var word = reservedOnes | 1 << 0 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 12
    word |= Bits.clearLine | Bits.cacheType | Bits.waitForEvent | Bits.maintenance
    word |= Bits.writeNeverExecute
    if !features.hasPrivilegedAccessNever { word |= Bits.keepsAccess }
    return word
  }

  private enum Bits {
    static var clearLine: UInt64 { 1 << 14 }
    static var cacheType: UInt64 { 1 << 15 }
    static var waitForEvent: UInt64 { 1 << 18 }
    static var writeNeverExecute: UInt64 { 1 << 19 }
    /// SPAN; reserved as 1 without FEAT_PAN.
    static var keepsAccess: UInt64 { 1 << 23 }
    static var maintenance: UInt64 { 1 << 26 }
  }
  /// ITD, SED, EOS, TSCXT, EIS, nTLSMD, LSMAOE: as they are without their features.
  private static var reservedOnes: UInt64 {
    1 << 7 | 1 << 8 | 1 << 11 | 1 << 20 | 1 << 22 | 1 << 28 | 1 << 29
  }
}
