import LoaderCore

/// What the loader asks of an architecture; boot/loader/ARCH/Machine.swift says it.
protocol LoaderMachine {
  /// How the page tables that the kernel starts with are encoded.
  associatedtype Format: BootPageFormat

  /// The machine number of a kernel's ELF file.
  static var elfMachine: UInt16 { get }
  /// How the boot protocol lays out what it says of processors.
  static var processorLayout: ProcessorLayout { get }
  /// The paging mode, by the protocol's number, of kernels that ask for none.
  static var standardPagingMode: UInt64 { get }
  /// The modes that can be switched to here and now.
  static var pagingModes: ClosedRange<UInt64> { get }

  static func pageFormat(mode: UInt64) -> Format
  /// Virtual address of physical address 0.
  static func directMapOffset(mode: UInt64) -> UInt64
  /// What goes into the root register for the table at a physical address.
  static func rootWord(table: UInt64, mode: UInt64) -> UInt64
  /// The hardware's number of this processor; nil if the firmware does not tell.
  static func bootProcessor(_ firmware: Firmware) -> UInt64?
  /// Makes code that was written visible to instruction fetches.
  static func publishCode(at address: UInt64, byteCount: UInt64)
  /// Places what the protocol prescribes at entry; returns a word for `mnos_enter_kernel`.
  static func prepareEntry(_ arena: inout ResponseArena) throws(LoaderFailure) -> UInt64
}

// Fails to compile for an architecture that lacks anything of it.
extension Machine: LoaderMachine {}
