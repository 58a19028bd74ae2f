/// The list of all tables: XSDT where there is one, RSDT otherwise.
///
/// Source: ACPI Specification 6.5 §5.2.5, Root System Description Pointer.
public struct ACPIRoot<Memory: PhysicalMemoryReader> {
  private let list: ACPITable<Memory>
  private let entryByteCount: UInt64

  /// Follows the pointer at a physical address; nil unless pointer and list are sound.
  public init?(pointerAt address: UInt64, in memory: Memory) {
    guard address != 0, memory.canRead(at: address, byteCount: 20) else { return nil }
    let pointer = ACPITable(memory: memory, address: address, byteCount: 20)
    guard pointer.word64(at: 0) == Self.pointerSignature, pointer.hasZeroSum(upTo: 20) else {
      return nil
    }
    let revision = pointer.word8(at: 15) ?? 0
    if revision >= 2, let list = Self.extendedList(at: address, in: memory) {
      self.list = list
      entryByteCount = 8
      return
    }
    guard let rootAddress = pointer.word32(at: 16),
      let list = ACPITable(.root, at: UInt64(rootAddress), in: memory)
    else { return nil }
    self.list = list
    entryByteCount = 4
  }

  /// "RSD PTR " as bytes.
  private static var pointerSignature: UInt64 { 0x2052_5450_2044_5352 }

  private static func extendedList(at address: UInt64, in memory: Memory) -> ACPITable<Memory>? {
    guard memory.canRead(at: address, byteCount: 36) else { return nil }
    let pointer = ACPITable(memory: memory, address: address, byteCount: 36)
    guard let length = pointer.word32(at: 20), length >= 36, length <= 4096,
      memory.canRead(at: address, byteCount: UInt64(length)),
      pointer.hasZeroSum(upTo: UInt64(length)), let listAddress = pointer.word64(at: 24)
    else { return nil }
    return ACPITable(.extendedRoot, at: listAddress, in: memory)
  }

  /// Tables named in the list, sound or not.
  public var count: UInt64 {
    (list.byteCount - ACPITable<Memory>.headerByteCount) / entryByteCount
  }

  /// The first sound table so named, or the one after `skip` of them.
  public func table(_ signature: ACPISignature, skip: UInt64 = 0) -> ACPITable<Memory>? {
    var remaining = skip
    var index: UInt64 = 0
    while index < count {
      let offset = ACPITable<Memory>.headerByteCount + index * entryByteCount
      index += 1
      guard let address = list.integer(at: offset, byteCount: entryByteCount),
        let table = ACPITable(signature, at: address, in: list.memory)
      else { continue }
      if remaining == 0 { return table }
      remaining -= 1
    }
    return nil
  }

  /// A table that another one points to.
  public func table(_ signature: ACPISignature, at address: UInt64) -> ACPITable<Memory>? {
    ACPITable(signature, at: address, in: list.memory)
  }
}
