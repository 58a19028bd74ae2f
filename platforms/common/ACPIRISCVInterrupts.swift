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
  }

  /// - Returns: nil if an entry has no length or runs past the end, or if the hart or its
  ///   controller is not there.
  public init?<Memory: PhysicalMemoryReader>(_ table: ACPITable<Memory>, hart: UInt64) {
    guard let identifier = Self.controllerIdentifier(of: hart, in: table) else { return nil }
    var found: Self? = nil
    let isSound = Self.forEachEntry(of: table) { kind, offset in
      guard
        kind == Kind.controller, found == nil,
        table.word8(at: offset + 3) == UInt8(truncatingIfNeeded: identifier >> 24)
      else { return }
      found = Self(table, at: offset, context: UInt64(identifier & 0xffff))
    }
    guard isSound, let found else { return nil }
    self = found
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

  /// What the entry of an enabled hart says of its external interrupts: bits 31 to 24 the
  /// controller, 15 to 0 the context in it.
  private static func controllerIdentifier<M: PhysicalMemoryReader>(
    of hart: UInt64, in table: ACPITable<M>
  ) -> UInt32? {
    var found: UInt32? = nil
    let isSound = forEachEntry(of: table) { kind, offset in
      guard kind == Kind.hart, found == nil, table.word64(at: offset + 8) == hart else { return }
      found = table.word32(at: offset + 20)
    }
    return isSound ? found : nil
  }

  /// Calls `body` with type and offset of each entry that is long enough for its type.
  ///
  /// - Returns: false if an entry has no length or runs past the end.
  private static func forEachEntry<M: PhysicalMemoryReader>(
    of table: ACPITable<M>, _ body: (UInt8, UInt64) -> Void
  ) -> Bool {
    var offset: UInt64 = 44
    while offset < table.byteCount {
      guard
        let kind = table.word8(at: offset), let length = table.word8(at: offset + 1),
        length >= 2, UInt64(length) <= table.byteCount - offset
      else { return false }
      if length >= 36 { body(kind, offset) }
      offset += UInt64(length)
    }
    return true
  }
}
