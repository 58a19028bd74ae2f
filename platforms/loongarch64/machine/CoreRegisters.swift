import LoongArchShims
import PlatformCommon

/// The I/O control and status registers of the CPU that runs: the offset is their number.
/// Fence: the kernel alone uses them.
struct CoreRegisters: WideRegisterAccess {
  func read(at offset: UInt64) -> UInt32 { mnos_loongarch_iocsr_read32(offset) }
  mutating func write(_ value: UInt32, at offset: UInt64) {
    mnos_loongarch_iocsr_write32(offset, value)
  }
  func read64(at offset: UInt64) -> UInt64 { mnos_loongarch_iocsr_read64(offset) }
  mutating func write64(_ value: UInt64, at offset: UInt64) {
    mnos_loongarch_iocsr_write64(offset, value)
  }
}

/// Interrupts between CPUs.
///
/// Source: Loongson 3A5000/3B5000 Processor Reference Manual, §10.2, "Inter-Processor
/// Interrupts and Communication".
enum InterprocessorInterrupt {
  private static var enable: UInt64 { 0x1004 }
  private static var clear: UInt64 { 0x100c }
  private static var send: UInt64 { 0x1040 }

  /// Lets the one that is used through to this CPU.
  static func start() { mnos_loongarch_iocsr_write32(enable, 1) }
  static func acknowledge() { mnos_loongarch_iocsr_write32(clear, 1) }
  /// - Parameter core: The hardware's number of the CPU; 0 as vector.
  static func send(toCore core: UInt64) {
    mnos_loongarch_iocsr_write32(send, UInt32(truncatingIfNeeded: core & 0x3ff) << 16)
  }
}
