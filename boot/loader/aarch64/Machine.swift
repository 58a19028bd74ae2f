import LoaderCore
import MachineInstructions

/// What the loader must know of aarch64.
enum Machine {
  typealias Format = AArch64PageFormat

  /// Source: ELF for the Arm 64-bit Architecture (AArch64) §5.2, EM_AARCH64.
  static var elfMachine: UInt16 { 183 }
  static var processorLayout: ProcessorLayout { .mixed }
  /// The paging mode of kernels that ask for none: four levels.
  static var standardPagingMode: UInt64 { 0 }

  /// The modes that this loader sets up: four levels, which every CPU with a granule of 4 KiB
  /// has.
  static var pagingModes: ClosedRange<UInt64> { 0...0 }

  static func pageFormat(mode: UInt64) -> AArch64PageFormat { AArch64PageFormat() }

  /// The first address that TTBR1_EL1 translates.
  static func directMapOffset(mode: UInt64) -> UInt64 { 0xffff_0000_0000_0000 }

  /// What goes into TTBR0_EL1 or TTBR1_EL1: address-space number 0.
  static func rootWord(table: UInt64, mode: UInt64) -> UInt64 { table }

  /// The affinity fields of this CPU's MPIDR_EL1. Source: DDI 0487 §D23.2.
  static func bootProcessor(_ firmware: Firmware) -> UInt64? {
    mnos_read_processor_number() & 0xff_00ff_ffff
  }

  /// Makes code that was written visible to instruction fetches.
  static func publishCode(at address: UInt64, byteCount: UInt64) {
    mnos_publish_code(address, address + byteCount)
  }

  /// Places nothing; returns TCR_EL1: both halves have 48-bit addresses and a granule of
  /// 4 KiB, walks are cached and shared like the tables, and physical addresses have as many
  /// bits as the CPU has, 48 at most, since more need another format of the tables.
  ///
  /// Source: DDI 0487 §D23.2, TCR_EL1 and ID_AA64MMFR0_EL1.PARange; Limine PROTOCOL.md,
  /// "Machine state at entry".
  static func prepareEntry(_ arena: inout ResponseArena) throws(LoaderFailure) -> UInt64 {
    let bits48: UInt64 = 0b0101
    let physicalRange = min(mnos_read_memory_features() & 0b1111, bits48)
    let addressBits: UInt64 = 16 | 16 << 16
    // Write-back with allocation inside and outside, inner shareable.
    let cachedWalks: UInt64 = 0b11_01_01 << 8 | 0b11_01_01 << 24
    let upperGranule: UInt64 = 0b10 << 30
    return physicalRange << 32 | upperGranule | cachedWalks | addressBits
  }
}

/// Page-table entries of aarch64, for the memory attributes that `mnos_enter_kernel` sets.
///
/// Source: DDI 0487 §D8.3: valid in bit 0, table or page in bit 1, attribute index from bit
/// 2, read-only in bit 7, shareability in bits 8 and 9, access flag in bit 10, PXN and UXN in
/// bits 53 and 54.
struct AArch64PageFormat: BootPageFormat {
  var levelCount: Int { 4 }
  var largestLeafLevel: Int { 2 }
  var rootCount: Int { 2 }

  private static var addressMask: UInt64 { 0x0000_ffff_ffff_f000 }
  private static var tableOrPage: UInt64 { 1 << 1 }
  /// Places in MAIR_EL1: 0 is cached memory, 1 is not cached.
  private static var uncached: UInt64 { 1 << 2 }

  func table(at address: UInt64) -> UInt64 { address | 0b11 }

  func tableAddress(_ entry: UInt64, level: Int) -> UInt64? {
    level > 0 && entry & Self.tableOrPage != 0 ? entry & Self.addressMask : nil
  }

  func leaf(at address: UInt64, use: PageUse, level: Int) -> UInt64 {
    var entry = address & Self.addressMask | 1 | 0b11 << 8 | 1 << 10 | 1 << 54
    if level == 0 { entry |= Self.tableOrPage }
    if !use.isWritable { entry |= 1 << 7 }
    if !use.isExecutable { entry |= 1 << 53 }
    if use.isFramebuffer { entry |= Self.uncached }
    return entry
  }
}
