import LoaderCore
import MachineInstructions

/// What the loader must know of x86_64.
enum Machine {
  typealias Format = X86PageFormat

  /// Source: ELF gABI, e_machine, EM_X86_64.
  static var elfMachine: UInt16 { 62 }
  static var processorLayout: ProcessorLayout { .narrow }
  /// The paging mode of kernels that ask for none: four levels.
  static var standardPagingMode: UInt64 { 0 }

  /// The modes that can be switched to. The number of levels cannot change while paging is
  /// on, so it is the firmware's. Source: Intel SDM vol. 3A §4.1.2.
  static var pagingModes: ClosedRange<UInt64> {
    let hasFiveLevels = mnos_read_cr4() & (1 << 12) != 0
    return hasFiveLevels ? 1...1 : 0...0
  }

  static func pageFormat(mode: UInt64) -> X86PageFormat {
    // Source: Intel SDM vol. 2A, CPUID leaf 80000001H, EDX bit 26.
    let hasGigabytePages =
      mnos_cpuid(0x8000_0000, 0, 0) >= 0x8000_0001
      && mnos_cpuid(0x8000_0001, 0, 3) & (1 << 26) != 0
    return X86PageFormat(levelCount: mode == 0 ? 4 : 5, largestLeafLevel: hasGigabytePages ? 2 : 1)
  }

  /// The first address of the upper half.
  static func directMapOffset(mode: UInt64) -> UInt64 {
    mode == 0 ? 0xffff_8000_0000_0000 : 0xff00_0000_0000_0000
  }

  /// What goes into the root register.
  static func rootWord(table: UInt64, mode: UInt64) -> UInt64 { table }

  /// The number of this processor's local APIC: 32 bits where there are that many.
  ///
  /// Source: Intel SDM vol. 2A, CPUID leaves 01H and 0BH.
  static func bootProcessor(_ firmware: Firmware) -> UInt64? {
    let hasWideNumber = mnos_cpuid(0, 0, 0) >= 0xb && mnos_cpuid(0xb, 0, 1) != 0
    return UInt64(hasWideNumber ? mnos_cpuid(0xb, 0, 3) : mnos_cpuid(1, 0, 1) >> 24)
  }

  /// Makes code that was written visible to instruction fetches: they see stores at once.
  static func publishCode(at address: UInt64, byteCount: UInt64) {}

  /// Places the descriptor table that the protocol prescribes, and returns the address of
  /// the descriptor that leads to it.
  ///
  /// Source: Limine PROTOCOL.md, "Machine state at entry"; Intel SDM vol. 3A §3.4.5.
  static func prepareEntry(_ arena: inout ResponseArena) throws(LoaderFailure) -> UInt64 {
    let table = try arena.reserve(56)
    arena.store(0x0000_9a00_0000_ffff, at: table + 8)
    arena.store(0x0000_9300_0000_ffff, at: table + 16)
    arena.store(0x00cf_9a00_0000_ffff, at: table + 24)
    arena.store(0x00cf_9300_0000_ffff, at: table + 32)
    arena.store(0x0020_9a00_0000_0000, at: table + 40)
    arena.store(0x0000_9300_0000_0000, at: table + 48)
    let descriptor = try arena.reserve(10)
    arena.store(55, at: descriptor, byteCount: 2)
    arena.store(table, at: descriptor + 2)
    return descriptor
  }
}

/// Page-table entries of x86_64.
///
/// Source: Intel SDM vol. 3A §4.5.4, tables 4-15 to 4-20; the boot protocol has PAT entry 5
/// mean write-combining.
struct X86PageFormat: BootPageFormat {
  let levelCount: Int
  let largestLeafLevel: Int

  private static var addressMask: UInt64 { 0x000f_ffff_ffff_f000 }
  private static var largePage: UInt64 { 1 << 7 }

  func table(at address: UInt64) -> UInt64 { address | 0b11 }

  func tableAddress(_ entry: UInt64, level: Int) -> UInt64? {
    level > 0 && entry & Self.largePage == 0 ? entry & Self.addressMask : nil
  }

  func leaf(at address: UInt64, use: PageUse, level: Int) -> UInt64 {
    var entry = address | 1
    if use.isWritable { entry |= 1 << 1 }
    if !use.isExecutable { entry |= 1 << 63 }
    if level > 0 { entry |= Self.largePage }
    if use.isFramebuffer { entry |= (1 << 3) | (level > 0 ? 1 << 12 : 1 << 7) }
    return entry
  }
}
