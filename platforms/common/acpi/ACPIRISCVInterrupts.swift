import KernelHAL

/// The controller of interrupt lines, and a hart's place in it.
///
/// Source: ACPI Specification 6.6 §5.2.12, Multiple APIC Description Table (MADT): RISC-V
/// Hart Local Interrupt Controller (RINTC), Incoming MSI Controller (IMSIC), Advanced Platform
/// Level Interrupt Controller (APLIC) and Platform Level Interrupt Controller (PLIC).
public struct ACPIPlatformInterrupts: Equatable, Sendable {
  /// How the controller's interrupts reach the hart.
  public enum Delivery: Equatable, Sendable {
    /// From a PLIC: the number of the hart's supervisor mode in it.
    case contexts(UInt64)
    /// From an APLIC by wire: the hart's number in it.
    case wires(UInt64)
    /// From an APLIC as messages: the number of the hart's interrupt file, and how many
    /// identities the file has.
    case messages(file: UInt32, identityCount: UInt32)
  }

  /// Physical address and length of the registers.
  public let base: UInt64
  public let byteCount: UInt64
  /// Sources, without source 0.
  public let sourceCount: UInt16
  /// The number that the controller's source 0 has among all lines of the machine.
  public let firstLine: UInt32
  public let delivery: Delivery

  private enum Kind {
    static var hart: UInt8 { 0x18 }
    static var messageFiles: UInt8 { 0x19 }
    static var advanced: UInt8 { 0x1a }
    static var controller: UInt8 { 0x1b }

    /// Bytes of an entry of a kind; 0 for kinds that are not used here.
    static func byteCount(_ kind: UInt8) -> UInt64 {
      switch kind {
      case hart, advanced, controller: 36
      case messageFiles: 16
      default: 0
      }
    }
  }

  /// What the entry of a hart says.
  private struct Hart {
    /// Bits 31 to 24 the controller, 15 to 0 the hart's number in it.
    let identifier: UInt32
    /// Physical address of its interrupt file, or 0.
    let file: UInt64
  }

  /// - Returns: nil if the hart or its controller is not among the entries.
  public init?<Memory: PhysicalMemoryReader>(
    _ table: ACPITable<Memory>, hart number: UInt64, noting report: inout FirmwareReport
  ) {
    guard let hart = Self.hart(number, in: table, noting: &report) else { return nil }
    if let identities = Self.identityCount(in: table) {
      let file = Self.fileNumber(of: hart, in: table)
      self.init(
        table, .advanced, of: nil, .messages(file: file, identityCount: identities))
    } else if let place = Self(
      table, .advanced, of: hart.identifier, .wires(UInt64(hart.identifier & 0xffff)))
    {
      self = place
    } else {
      self.init(
        table, .platform, of: hart.identifier, .contexts(UInt64(hart.identifier & 0xffff)))
    }
  }

  private enum Controller { case platform, advanced }

  /// The first controller of a kind with the number in `identifier`, or with any.
  private init?<M: PhysicalMemoryReader>(
    _ table: ACPITable<M>, _ controller: Controller, of identifier: UInt32?, _ delivery: Delivery
  ) {
    let isAdvanced = controller == .advanced
    let wanted = identifier.map { UInt8(truncatingIfNeeded: $0 >> 24) }
    let offset = Self.entry(isAdvanced ? Kind.advanced : Kind.controller, in: table) { offset in
      wanted == nil || table.word8(at: offset + 3) == wanted
    }
    guard let offset else { return nil }
    let sources = table.word16(at: offset + (isAdvanced ? 18 : 12))
    let byteCount = table.word32(at: offset + (isAdvanced ? 32 : 20))
    let firstLine = table.word32(at: offset + (isAdvanced ? 20 : 32))
    guard let sources, let byteCount, let firstLine, let base = table.word64(at: offset + 24)
    else { return nil }
    self.base = base
    self.byteCount = UInt64(byteCount)
    sourceCount = sources
    self.firstLine = firstLine
    self.delivery = delivery
  }

  /// Identities of a supervisor's interrupt file; nil where there are no such files.
  private static func identityCount<M: PhysicalMemoryReader>(in table: ACPITable<M>) -> UInt32? {
    guard let offset = entry(Kind.messageFiles, in: table, where: { _ in true }) else { return nil }
    return table.word16(at: offset + 8).map { UInt32($0) }
  }

  /// The place of a hart's interrupt file, by its address, among all of them: that is how an
  /// APLIC counts as long as there is one group.
  private static func fileNumber<M: PhysicalMemoryReader>(
    of hart: Hart, in table: ACPITable<M>
  ) -> UInt32 {
    var before: UInt32 = 0
    _ = entry(Kind.hart, in: table) { offset in
      if let file = table.word64(at: offset + 24), file < hart.file { before += 1 }
      return false
    }
    return before
  }

  /// The entry of a hart; goes through all entries, and notes those that are damaged.
  private static func hart<M: PhysicalMemoryReader>(
    _ number: UInt64, in table: ACPITable<M>, noting report: inout FirmwareReport
  ) -> Hart? {
    var found: Hart? = nil
    var entries = ACPIEntries(ofInterruptControllers: table)
    while let entry = entries.next(noting: &report) {
      if entry.byteCount < Kind.byteCount(entry.kind) {
        report.note(table.name, .badEntryLength)
      } else if found == nil, entry.kind == Kind.hart, table.word64(at: entry.offset + 8) == number,
        let identifier = table.word32(at: entry.offset + 20),
        let file = table.word64(at: entry.offset + 24)
      {
        found = Hart(identifier: identifier, file: file)
      }
    }
    return found
  }

  /// Offset of the first entry of a kind that is long enough and for which `condition` holds.
  private static func entry<M: PhysicalMemoryReader>(
    _ kind: UInt8, in table: ACPITable<M>, where condition: (UInt64) -> Bool
  ) -> UInt64? {
    // Damage was noted by the first pass.
    var report = FirmwareReport()
    var entries = ACPIEntries(ofInterruptControllers: table)
    while let entry = entries.next(noting: &report) {
      guard entry.kind == kind, entry.byteCount >= Kind.byteCount(kind) else { continue }
      if condition(entry.offset) { return entry.offset }
    }
    return nil
  }
}
