import KernelHAL

/// An entry of a table that consists of entries with a kind and a length each.
public struct ACPIEntry: Equatable, Sendable {
  public let kind: UInt8
  /// Offset of its first byte in the table.
  public let offset: UInt64
  public let byteCount: UInt64
}

/// The entries of a table, in order. Ends at the first that has no length or runs past the
/// table's end, and notes that.
///
/// Source: ACPI Specification 6.5 §5.2.12: kind and length are the first two bytes.
public struct ACPIEntries<Memory: PhysicalMemoryReader> {
  public let table: ACPITable<Memory>
  private var offset: UInt64

  /// - Parameter start: Offset of the first entry.
  public init(of table: ACPITable<Memory>, from start: UInt64) {
    self.table = table
    offset = start
  }

  /// The entries of a Multiple APIC Description Table.
  public init(ofInterruptControllers table: ACPITable<Memory>) {
    self.init(of: table, from: 44)
  }

  /// The next entry; nil at the end.
  @inline(never)
  public mutating func next(noting report: inout FirmwareReport) -> ACPIEntry? {
    guard offset <= table.byteCount else { return end(.tooShort, &report) }
    guard offset < table.byteCount else { return nil }
    guard let kind = table.word8(at: offset), let length = table.word8(at: offset + 1) else {
      return end(.badEntryLength, &report)
    }
    guard length > 0 else { return end(.emptyEntry, &report) }
    guard length >= 2, UInt64(length) <= table.byteCount - offset else {
      return end(.badEntryLength, &report)
    }
    let entry = ACPIEntry(kind: kind, offset: offset, byteCount: UInt64(length))
    offset += UInt64(length)
    return entry
  }

  private mutating func end(_ defect: FirmwareDefect, _ report: inout FirmwareReport) -> ACPIEntry?
  {
    report.note(table.name, defect)
    offset = table.byteCount
    return nil
  }
}
