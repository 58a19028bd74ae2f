import LoaderCore
import MachineInstructions

/// What the loader must know of riscv64.
enum Machine {
  typealias Format = RISCVPageFormat

  /// Source: ELF gABI, e_machine, EM_RISCV.
  static var elfMachine: UInt16 { 243 }
  static var processorLayout: ProcessorLayout { .wide }
  /// The paging mode of kernels that ask for none: Sv48.
  static var standardPagingMode: UInt64 { 1 }

  /// The modes that this hart is known to have: those up to the firmware's. Firmware that
  /// leaves paging off says nothing, and Sv39 is what every such hart has.
  ///
  /// Source: RISC-V Privileged §4.1.11: MODE 8 is Sv39, 9 Sv48, 10 Sv57, each implying the
  /// ones before.
  static var pagingModes: ClosedRange<UInt64> {
    let mode = mnos_read_satp() >> 60
    return 0...(mode > 8 && mode <= 10 ? mode - 8 : 0)
  }

  static func pageFormat(mode: UInt64) -> RISCVPageFormat {
    RISCVPageFormat(levelCount: Int(mode) + 3)
  }

  /// The first address of the upper half.
  static func directMapOffset(mode: UInt64) -> UInt64 {
    ~0 << (38 + 9 * mode)
  }

  /// What goes into satp: the mode and the number of the root table's frame.
  static func rootWord(table: UInt64, mode: UInt64) -> UInt64 {
    (mode + 8) << 60 | table >> 12
  }

  /// The number of this hart, as the firmware tells it.
  ///
  /// Source: RISC-V UEFI Protocols 1.0, RISCV_EFI_BOOT_PROTOCOL.
  static func bootProcessor(_ firmware: Firmware) -> UInt64? {
    let guid = FirmwareGUID(0xccd1_5fec, 0x6f73, 0x4eec, 0x8395_3e69_e4b9_40bf)
    return firmware.bootHart(guid)
  }

  /// Makes code that was written visible to instruction fetches: the `fence.i` on entering
  /// the kernel does it.
  static func publishCode(at address: UInt64, byteCount: UInt64) {}

  /// Nothing but the registers is prescribed.
  static func prepareEntry(_ arena: inout ResponseArena) throws(LoaderFailure) -> UInt64 { 0 }
}

/// Page-table entries of riscv64.
///
/// Source: RISC-V Privileged §4.4.1: V, R, W, X in bits 0 to 3, A and D in 6 and 7, the
/// frame's number from bit 10.
struct RISCVPageFormat: BootPageFormat {
  let levelCount: Int
  var largestLeafLevel: Int { 2 }

  func table(at address: UInt64) -> UInt64 { (address >> 12) << 10 | 1 }

  func tableAddress(_ entry: UInt64, level: Int) -> UInt64? {
    level > 0 && entry & 0b1110 == 0 ? ((entry >> 10) & ((1 << 44) - 1)) << 12 : nil
  }

  func leaf(at address: UInt64, use: PageUse, level: Int) -> UInt64 {
    var entry: UInt64 = (address >> 12) << 10 | 0b1100_0011
    if use.isWritable { entry |= 1 << 2 }
    if use.isExecutable { entry |= 1 << 3 }
    return entry
  }
}
