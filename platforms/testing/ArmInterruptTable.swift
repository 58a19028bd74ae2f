/// ACPI tables about the interrupts of an Arm board, like those QEMU's `virt` machine has.
public struct ArmInterruptTable {
  /// What the distributor's entry says; 0 says nothing.
  public var version: UInt64 = 3
  /// Address and length of each region of redistributors.
  public var regions: [(UInt64, UInt64)] = [(0x80a_0000, 0xf6_0000)]
  public var hasDistributor = true
  /// MPIDR_EL1's affinity fields of each CPU.
  public var processors: [UInt64] = [0, 1, 2]

  public init() {}

  /// The Multiple APIC Description Table.
  public func build(_ change: (inout TableBuilder) -> Void = { _ in }) -> [UInt8] {
    var table = TableBuilder("APIC", revision: 4)
    table.add(0, byteCount: 8)
    if hasDistributor {
      Self.add(
        [(0x0c, 1), (24, 1), (0, 2), (0, 4), (0x800_0000, 8), (0, 4), (version, 1), (0, 3)],
        to: &table)
    }
    for (index, processor) in processors.enumerated() { add(processor, UInt64(index), to: &table) }
    for (base, byteCount) in regions {
      Self.add([(0x0e, 1), (16, 1), (0, 2), (base, 8), (byteCount, 4)], to: &table)
    }
    change(&table)
    return table.finished()
  }

  /// Source: ACPI Specification 6.5 §5.2.12.14, GIC CPU Interface (GICC) Structure.
  private func add(_ processor: UInt64, _ index: UInt64, to table: inout TableBuilder) {
    Self.add(
      [
        (0x0b, 1), (80, 1), (0, 2), (index, 4), (index, 4), (1, 4), (0, 4), (23, 4), (0, 8),
        (0x801_0000, 8), (0, 8), (0, 8), (0, 4), (0x80a_0000 + index * 0x2_0000, 8),
        (processor, 8), (0, 4),
      ], to: &table)
  }

  private static func add(_ fields: [(UInt64, Int)], to table: inout TableBuilder) {
    for (value, count) in fields { table.add(value, byteCount: count) }
  }

  /// The Generic Timer Description Table, with the virtual timer's interrupt.
  public static func timerTable(interrupt: UInt64 = 27) -> [UInt8] {
    var table = TableBuilder("GTDT", revision: 3)
    add(
      [
        (.max, 8), (0, 4), (29, 4), (0, 4), (30, 4), (0, 4), (interrupt, 4), (0, 4), (26, 4),
        (0, 4), (.max, 8), (0, 16),
      ], to: &table)
    return table.finished()
  }
}
