import KernelHAL

/// A generic interrupt controller, as far as one CPU is concerned.
///
/// Source: ACPI Specification 6.5 §5.2.12.14 to §5.2.12.17, GIC structures of the Multiple APIC
/// Description Table (MADT).
public struct ACPIGenericInterrupts: Equatable, Sendable {
  /// Physical address of the distributor.
  public private(set) var distributor: UInt64 = 0
  /// The architecture's version, or 0 if the table leaves it to be found out.
  public private(set) var version: UInt8 = 0
  /// Physical address of the CPU interface, where it is in memory; 0 elsewhere.
  public private(set) var processorInterface: UInt64 = 0
  /// Where redistributors are.
  public private(set) var redistributors = MemoryRegionList()

  private enum Kind {
    static var processor: UInt8 { 0x0b }
    static var distributor: UInt8 { 0x0c }
    static var redistributors: UInt8 { 0x0e }
  }
  /// Bytes up to and with the last field that is read.
  private static func leastByteCount(_ kind: UInt8) -> UInt64 {
    switch kind {
    case Kind.processor: 40
    case Kind.distributor: 24
    case Kind.redistributors: 16
    default: 2
    }
  }
  /// Two frames of 64 KiB, what the redistributor of one CPU has at least.
  private static var redistributorByteCount: UInt64 { 0x2_0000 }

  /// - Parameter processor: MPIDR_EL1's affinity fields of the CPU.
  /// - Returns: nil if there is no distributor among the entries.
  public init?<Memory: PhysicalMemoryReader>(
    _ table: ACPITable<Memory>, processor: UInt64, noting report: inout FirmwareReport
  ) {
    var ownRedistributor: UInt64 = 0
    var entries = ACPIEntries(ofInterruptControllers: table)
    while let entry = entries.next(noting: &report) {
      guard entry.byteCount >= Self.leastByteCount(entry.kind) else {
        report.note(table.name, .badEntryLength)
        continue
      }
      switch entry.kind {
      case Kind.distributor where distributor == 0:
        distributor = table.word64(at: entry.offset + 8) ?? 0
        version = table.word8(at: entry.offset + 20) ?? 0
      case Kind.redistributors:
        let region = MemoryRegion(
          base: table.word64(at: entry.offset + 4) ?? 0,
          byteCount: UInt64(table.word32(at: entry.offset + 12) ?? 0), kind: .device)
        if !redistributors.append(region) { report.note(table.name, .tooManyEntries) }
      case Kind.processor:
        readProcessor(entry, of: table, processor: processor, &ownRedistributor)
      default: break
      }
    }
    guard distributor != 0 else { return nil }
    // Without regions, each CPU's entry names its own.
    if redistributors.count == 0, ownRedistributor != 0 {
      redistributors.append(
        MemoryRegion(
          base: ownRedistributor, byteCount: Self.redistributorByteCount, kind: .device))
    }
  }

  /// The CPU interface is at the same address for every CPU.
  private mutating func readProcessor<M: PhysicalMemoryReader>(
    _ entry: ACPIEntry, of table: ACPITable<M>, processor: UInt64, _ redistributor: inout UInt64
  ) {
    if processorInterface == 0 {
      processorInterface = table.word64(at: entry.offset + 32) ?? 0
    }
    if entry.byteCount >= 76, table.word64(at: entry.offset + 68) == processor {
      redistributor = table.word64(at: entry.offset + 60) ?? 0
    }
  }
}

/// A few ranges of physical addresses; more are left out.
public struct MemoryRegionList: Equatable, Sendable {
  public static var limit: Int { 4 }

  private var regions: [4 of MemoryRegion] = .init(
    repeating: MemoryRegion(base: 0, byteCount: 0, kind: .device))
  public private(set) var count = 0

  public init() {}

  /// Adds a range, unless it is empty or wraps around.
  ///
  /// - Returns: false if there is no place for it.
  @discardableResult
  public mutating func append(_ region: MemoryRegion) -> Bool {
    guard region.byteCount > 0,
      !region.base.addingReportingOverflow(region.byteCount - 1).overflow
    else { return true }
    guard count < Self.limit else { return false }
    regions[count] = region
    count += 1
    return true
  }

  /// - Precondition: `index < count`.
  public subscript(index: Int) -> MemoryRegion { regions[index] }

  public static func == (left: Self, right: Self) -> Bool {
    guard left.count == right.count else { return false }
    for index in 0..<left.count where left[index] != right[index] { return false }
    return true
  }
}
