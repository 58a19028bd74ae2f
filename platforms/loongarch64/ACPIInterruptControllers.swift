import KernelHAL
import PlatformCommon

/// The interrupt controllers of a LoongArch machine: one of the processor, and behind it one
/// of the bridge chip.
///
/// Source: ACPI Specification 6.5 §5.2.12.23, Extend I/O Programmable Interrupt Controller
/// (EIO PIC), and §5.2.12.25, Bridge I/O Programmable Interrupt Controller (BIO PIC).
struct ACPIInterruptControllers: Equatable {
  /// The input pin of each core that the processor's controller is wired to, from 0; nil if
  /// there is no such controller.
  var pin: UInt8? = nil
  /// Physical address and length of the bridge chip's registers; 0 if there is none.
  var bridgeBase: UInt64 = 0
  var bridgeByteCount: UInt64 = 0
  /// The number of the bridge chip's line 0 among all lines of the machine.
  var firstLine: UInt32 = 0

  private enum Kind {
    static var extended: UInt8 { 0x14 }
    static var extendedByteCount: UInt64 { 13 }
    static var bridge: UInt8 { 0x16 }
    static var bridgeByteCount: UInt64 { 17 }
  }

  /// The first of each kind; entries that are too short are noted and passed over.
  init<Memory: PhysicalMemoryReader>(
    _ table: ACPITable<Memory>, noting report: inout FirmwareReport
  ) {
    var entries = ACPIEntries(ofInterruptControllers: table)
    while let entry = entries.next(noting: &report) {
      switch entry.kind {
      case Kind.extended where pin == nil:
        guard entry.byteCount >= Kind.extendedByteCount else {
          report.note(table.name, .badEntryLength)
          continue
        }
        readExtended(table, at: entry.offset)
      case Kind.bridge where bridgeBase == 0:
        guard entry.byteCount >= Kind.bridgeByteCount else {
          report.note(table.name, .badEntryLength)
          continue
        }
        readBridge(table, at: entry.offset)
      default: break
      }
    }
  }

  /// Pins are numbered with the software interrupts before them, which are two.
  private mutating func readExtended<M>(_ table: ACPITable<M>, at offset: UInt64) {
    guard let cascade = table.word8(at: offset + 3), cascade >= 2, cascade < 10 else { return }
    pin = cascade - 2
  }

  private mutating func readBridge<M>(_ table: ACPITable<M>, at offset: UInt64) {
    guard let base = table.word64(at: offset + 3), let size = table.word16(at: offset + 11),
      let first = table.word16(at: offset + 15)
    else { return }
    bridgeBase = base
    bridgeByteCount = UInt64(size)
    firstLine = UInt32(first)
  }
}
