import KernelHAL

/// The platform-level interrupt controller, and a hart's place in it.
///
/// Source: ACPI Specification 6.6 §5.2.12, Multiple APIC Description Table (MADT): RISC-V
/// Hart Local Interrupt Controller (RINTC) and Platform Level Interrupt Controller (PLIC).
public struct ACPIPlatformInterrupts: Equatable, Sendable {
  /// Physical address and length of the registers.
  public let base: UInt64
  public let byteCount: UInt64
  /// Sources, without source 0.
  public let sourceCount: UInt16
  /// The number that the controller's source 0 has among all lines of the machine.
  public let firstLine: UInt32
  /// The number of the hart's supervisor mode in the controller.
  public let context: UInt64

  private enum Kind {
    static var hart: UInt8 { 0x18 }
    static var controller: UInt8 { 0x1b }
    /// Both are as long.
    static var byteCount: UInt64 { 36 }
  }

  /// - Returns: nil if the hart or its controller is not among the entries.
  public init?<Memory: PhysicalMemoryReader>(
    _ table: ACPITable<Memory>, hart: UInt64, noting report: inout FirmwareReport
  ) {
    guard let identifier = Self.controllerIdentifier(of: hart, in: table, noting: &report) else {
      return nil
    }
    var entries = ACPIEntries(ofInterruptControllers: table)
    while let entry = entries.next(noting: &report) {
      guard entry.kind == Kind.controller, entry.byteCount >= Kind.byteCount,
        table.word8(at: entry.offset + 3) == UInt8(truncatingIfNeeded: identifier >> 24)
      else { continue }
      self.init(table, at: entry.offset, context: UInt64(identifier & 0xffff))
      return
    }
    return nil
  }

  private init?<M: PhysicalMemoryReader>(_ table: ACPITable<M>, at offset: UInt64, context: UInt64)
  {
    guard
      let sources = table.word16(at: offset + 12), let size = table.word32(at: offset + 20),
      let base = table.word64(at: offset + 24), let firstLine = table.word32(at: offset + 32)
    else { return nil }
    self.base = base
    byteCount = UInt64(size)
    sourceCount = sources
    self.firstLine = firstLine
    self.context = context
  }

  /// What the entry of a hart says of its external interrupts: bits 31 to 24 the controller,
  /// 15 to 0 the context in it.
  private static func controllerIdentifier<M: PhysicalMemoryReader>(
    of hart: UInt64, in table: ACPITable<M>, noting report: inout FirmwareReport
  ) -> UInt32? {
    var found: UInt32? = nil
    var entries = ACPIEntries(ofInterruptControllers: table)
    while let entry = entries.next(noting: &report) {
      guard entry.kind == Kind.hart || entry.kind == Kind.controller else { continue }
      if entry.byteCount < Kind.byteCount { report.note(table.name, .badEntryLength) }
      if found == nil, entry.kind == Kind.hart, entry.byteCount >= Kind.byteCount,
        table.word64(at: entry.offset + 8) == hart
      {
        found = table.word32(at: entry.offset + 20)
      }
    }
    return found
  }
}
