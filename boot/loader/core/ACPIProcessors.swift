/// Memory that holds the firmware's tables.
public protocol FirmwareBytes {
  /// The byte at a physical address that a table of the firmware leads to.
  func byte(at address: UInt64) -> UInt8
}

/// What ACPI calls the processors, by their hardware's numbers.
///
/// Source: ACPI Specification 6.5 §5.2.5.3 (RSDP), §5.2.7 (RSDT), §5.2.8 (XSDT), §5.2.12 (MADT).
public struct ACPIProcessors<Memory: FirmwareBytes> {
  private let memory: Memory
  /// The table of interrupt controllers.
  private let table: Range<UInt64>

  /// More bytes than any list or table has that is read here.
  private static var byteLimit: UInt64 { 1 << 20 }

  /// - Returns: nil without that table.
  public init?(rootPointer: UInt64, in memory: Memory) {
    self.memory = memory
    guard rootPointer != 0, Self.number(rootPointer, 8, memory) == 0x2052_5450_2044_5352 else {
      return nil
    }
    let extended =
      Self.number(rootPointer + 15, 1, memory) >= 2 ? Self.number(rootPointer + 24, 8, memory) : 0
    let address = extended != 0 ? extended : Self.number(rootPointer + 16, 4, memory)
    let name: UInt64 = extended != 0 ? 0x5444_5358 : 0x5444_5352
    guard let list = Self.table(name, at: address, memory) else { return nil }
    let width: UInt64 = extended != 0 ? 8 : 4
    var next = list.lowerBound + 36
    while next + width <= list.upperBound {
      if let found = Self.table(0x4349_5041, at: Self.number(next, width, memory), memory) {
        table = found
        return
      }
      next += width
    }
    return nil
  }

  /// The bytes of the table at `address`, if it has this name and a sound checksum.
  private static func table(
    _ name: UInt64, at address: UInt64, _ memory: Memory
  ) -> Range<UInt64>? {
    guard address != 0, address <= UInt64.max - byteLimit, number(address, 4, memory) == name
    else { return nil }
    let byteCount = number(address + 4, 4, memory)
    guard byteCount >= 36, byteCount <= byteLimit else { return nil }
    var sum: UInt8 = 0
    for offset in 0..<byteCount { sum &+= memory.byte(at: address + offset) }
    return sum == 0 ? address..<address + byteCount : nil
  }

  private static func number(_ address: UInt64, _ byteCount: UInt64, _ memory: Memory) -> UInt64 {
    var value: UInt64 = 0
    for index in 0..<byteCount { value |= UInt64(memory.byte(at: address + index)) << (8 * index) }
    return value
  }

  /// ACPI's number of the processor, or nil if the table does not name it.
  ///
  /// - Parameters:
  ///   - hardware: Number of the local APIC, affinity fields, or number of the hart.
  ///   - layout: Tells the machines apart, as the protocol does.
  public func number(of hardware: UInt64, layout: ProcessorLayout) -> UInt64? {
    var entry = table.lowerBound + 44
    while entry + 2 <= table.upperBound {
      let byteCount = field(entry, 1, 1)
      guard byteCount >= 2, byteCount <= table.upperBound - entry else { return nil }
      // Where the hardware's number is, and ACPI's: offset and bytes of each.
      let found: UInt64?
      switch (layout, field(entry, 0, 1), byteCount) {
      case (.narrow, 0, 8...): found = field(entry, 3, 1) == hardware ? field(entry, 2, 1) : nil
      case (.narrow, 9, 16...): found = field(entry, 4, 4) == hardware ? field(entry, 12, 4) : nil
      case (.mixed, 11, 76...): found = field(entry, 68, 8) == hardware ? field(entry, 8, 4) : nil
      case (.wide, 24, 20...): found = field(entry, 8, 8) == hardware ? field(entry, 16, 4) : nil
      default: found = nil
      }
      if let found { return found }
      entry += byteCount
    }
    return nil
  }

  private func field(_ entry: UInt64, _ offset: UInt64, _ byteCount: UInt64) -> UInt64 {
    Self.number(entry + offset, byteCount, memory)
  }
}
