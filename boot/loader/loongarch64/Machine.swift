import LoaderCore
import MachineInstructions

/// What the loader must know of loongarch64.
enum Machine {
  typealias Format = LoongArchPageFormat

  /// Source: LoongArch ELF psABI, "ELF Header", EM_LOONGARCH.
  static var elfMachine: UInt16 { 258 }
  static var processorLayout: ProcessorLayout { .wide }
  /// The paging mode of kernels that ask for none: four levels.
  static var standardPagingMode: UInt64 { 0 }
  /// The boot protocol knows this one only.
  static var pagingModes: ClosedRange<UInt64> { 0...0 }

  static func pageFormat(mode: UInt64) -> LoongArchPageFormat {
    // Source: LoongArch Reference Manual vol. 1 §2.2.10.5, CPUCFG word 1, bit 22 (EP).
    LoongArchPageFormat(canForbidExecution: mnos_cpucfg(1) & (1 << 22) != 0)
  }

  /// The first address of the upper half.
  ///
  /// Source: LoongArch Reference Manual vol. 1 §5.2.3; CPUCFG word 1, VALEN: the number of
  /// bits of virtual addresses less 1, in bits 12 to 19.
  static func directMapOffset(mode: UInt64) -> UInt64 {
    let highestBit = (mnos_cpucfg(1) >> 12) & 0xff
    return ~0 << min(highestBit, 47)
  }

  /// What goes into PGDL or PGDH.
  static func rootWord(table: UInt64, mode: UInt64) -> UInt64 { table }

  /// The boot protocol has no answer about processors on this machine.
  static func bootProcessor(_ firmware: Firmware) -> UInt64? { nil }

  /// Makes code that was written visible to instruction fetches: the `ibar` on entering the
  /// kernel does it.
  static func publishCode(at address: UInt64, byteCount: UInt64) {}

  /// Entry.S has all that is prescribed, the refill handler included.
  static func prepareEntry(_ arena: inout ResponseArena) throws(LoaderFailure) -> UInt64 { 0 }
}

/// Page-table entries of loongarch64, as the refill handler in Entry.S puts them into the TLB.
///
/// Source: LoongArch Reference Manual vol. 1 §5.4.5: V, D in bits 0 and 1, memory access type
/// in 4 and 5, H in 6 of a large page, P and W in 7 and 8, NX in 62.
struct LoongArchPageFormat: BootPageFormat {
  let canForbidExecution: Bool

  var levelCount: Int { 4 }
  /// Larger pages than 2 MiB are not on every CPU.
  var largestLeafLevel: Int { 1 }
  var rootCount: Int { 2 }

  private static var largePage: UInt64 { 1 << 6 }

  func table(at address: UInt64) -> UInt64 { address }

  func tableAddress(_ entry: UInt64, level: Int) -> UInt64? {
    level > 0 && entry & Self.largePage == 0 ? entry : nil
  }

  func leaf(at address: UInt64, use: PageUse, level: Int) -> UInt64 {
    // Coherent and cached, or weakly ordered and uncached for what is looked at.
    let accessType: UInt64 = use.isFramebuffer ? 2 : 1
    var entry = address | 1 | accessType << 4 | 1 << 7
    if use.isWritable { entry |= 1 << 1 | 1 << 8 }
    if !use.isExecutable && canForbidExecution { entry |= 1 << 62 }
    if level > 0 { entry |= Self.largePage }
    return entry
  }
}
