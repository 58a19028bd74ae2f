import KernelHAL

/// The list of all tables: XSDT where there is one, RSDT otherwise.
///
/// What is wrong with a table on the way is noted in the caller's report, and the table
/// passed over.
/// Source: ACPI Specification 6.5 §5.2.5, Root System Description Pointer.
public struct ACPIRoot<Memory: PhysicalMemoryReader> {
  private let list: ACPITable<Memory>
  private let entryByteCount: UInt64

  /// Follows the pointer at a physical address; nil unless pointer and list are sound.
  public init?(
    pointerAt address: UInt64, in memory: Memory, noting report: inout FirmwareReport
  ) {
    guard address != 0, memory.canRead(at: address, byteCount: 20) else {
      report.note(.acpiRoot, .unreadable)
      return nil
    }
    let pointer = ACPITable(memory, .root, at: address, byteCount: 20)
    guard pointer.word64(at: 0) == Self.pointerSignature else {
      report.note(.acpiRoot, .malformed)
      return nil
    }
    guard pointer.hasZeroSum(upTo: 20) else {
      report.note(.acpiRoot, .badChecksum)
      return nil
    }
    let revision = pointer.word8(at: 15) ?? 0
    if revision >= 2,
      let listAddress = Self.extendedListAddress(at: address, in: memory, noting: &report),
      let list = Self.open(.extendedRoot, at: listAddress, in: memory, noting: &report)
    {
      self.list = list
      entryByteCount = 8
      return
    }
    guard let listAddress = pointer.word32(at: 16), listAddress != 0 else {
      // A pointer of revision 2 may leave this one out: what is wrong with its own is noted.
      if revision < 2 { report.note(.acpiRoot, .badPointer) }
      return nil
    }
    guard let list = Self.open(.root, at: UInt64(listAddress), in: memory, noting: &report) else {
      return nil
    }
    self.list = list
    entryByteCount = 4
  }

  /// "RSD PTR " as bytes.
  private static var pointerSignature: UInt64 { 0x2052_5450_2044_5352 }

  /// What the longer pointer of revision 2 says.
  private static func extendedListAddress(
    at address: UInt64, in memory: Memory, noting report: inout FirmwareReport
  ) -> UInt64? {
    guard memory.canRead(at: address, byteCount: 36) else {
      report.note(.acpiRoot, .unreadable)
      return nil
    }
    let pointer = ACPITable(memory, .root, at: address, byteCount: 36)
    guard let length = pointer.word32(at: 20), length >= 36, length <= 4096,
      memory.canRead(at: address, byteCount: UInt64(length))
    else {
      report.note(.acpiRoot, .tooShort)
      return nil
    }
    guard pointer.hasZeroSum(upTo: UInt64(length)) else {
      report.note(.acpiRoot, .badChecksum)
      return nil
    }
    return pointer.word64(at: 24)
  }

  @inline(never)
  private static func open(
    _ signature: ACPISignature, at address: UInt64, in memory: Memory,
    noting report: inout FirmwareReport
  ) -> ACPITable<Memory>? {
    do throws(ACPITableRefusal) {
      return try ACPITable(signature, at: address, in: memory)
    } catch {
      switch error {
      case .nothing, .otherTable: report.note(.acpi(signature.rawValue), .unreadable)
      case .defect(let defect): report.note(.acpi(signature.rawValue), defect)
      }
      return nil
    }
  }

  /// More tables than any machine has; what a list names after them is passed over.
  public static var countLimit: UInt64 { 512 }

  /// Tables named in the list, sound or not.
  public var count: UInt64 {
    min((list.byteCount - ACPITable<Memory>.headerByteCount) / entryByteCount, Self.countLimit)
  }

  /// The first sound table so named.
  public func table(
    _ signature: ACPISignature, noting report: inout FirmwareReport
  ) -> ACPITable<Memory>? {
    var index: UInt64 = 0
    return table(signature, from: &index, noting: &report)
  }

  /// The next sound table so named, from the list's entry `index` on; `index` is then that of
  /// the entry behind it.
  @inline(never)
  public func table(
    _ signature: ACPISignature, from index: inout UInt64, noting report: inout FirmwareReport
  ) -> ACPITable<Memory>? {
    while index < count {
      let offset = ACPITable<Memory>.headerByteCount + index * entryByteCount
      index += 1
      guard let address = list.integer(at: offset, byteCount: entryByteCount) else { continue }
      do throws(ACPITableRefusal) {
        return try ACPITable(signature, at: address, in: list.memory)
      } catch {
        switch error {
        case .nothing: report.note(list.name, .badPointer)
        case .otherTable: break
        case .defect(let defect): report.note(.acpi(signature.rawValue), defect)
        }
      }
    }
    return nil
  }

  /// A table that another one points to; nil without a note if that is 0.
  public func table(
    _ signature: ACPISignature, at address: UInt64, noting report: inout FirmwareReport
  ) -> ACPITable<Memory>? {
    guard address != 0 else { return nil }
    return Self.open(signature, at: address, in: list.memory, noting: &report)
  }
}
