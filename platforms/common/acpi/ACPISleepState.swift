/// The numbers that tell the power-management hardware to turn the machine off.
///
/// They are in the object `_S5_` of a definition block, which is byte code. The kernel has no
/// interpreter: it looks for the one form in which compilers write the object, a name
/// followed by a package of constants, and takes nothing else.
/// Source: ACPI Specification 6.5 §7.4.2, §20.2 (AML encoding).
public struct ACPISleepState: Equatable, Sendable {
  /// For PM1a control, and the sleep control register of hardware-reduced machines.
  public let typeA: UInt8
  /// For PM1b control.
  public let typeB: UInt8

  /// - Returns: nil if the block has no such object. Cost: one pass over the block.
  public init?<Memory: PhysicalMemoryReader>(off block: ACPITable<Memory>) {
    var offset = ACPITable<Memory>.headerByteCount
    // The smallest object: name operator, 4 letters, package operator, length, count.
    while offset + 8 <= block.byteCount {
      if block.memory.byte(at: block.address &+ offset) == AML.name,
        let state = Self(named: block, at: offset + 1)
      {
        self = state
        return
      }
      offset += 1
    }
    return nil
  }

  private enum AML {
    static var name: UInt8 { 0x08 }
    static var root: UInt8 { 0x5c }
    static var package: UInt8 { 0x12 }
    static var zero: UInt8 { 0x00 }
    static var one: UInt8 { 0x01 }
    static var byte: UInt8 { 0x0a }
    static var word: UInt8 { 0x0b }
    static var doubleWord: UInt8 { 0x0c }
    /// "_S5_" as bytes.
    static var off: UInt32 { 0x5f35_535f }
  }

  /// Reads what follows a name operator.
  private init?<Memory: PhysicalMemoryReader>(named block: ACPITable<Memory>, at start: UInt64) {
    var offset = start
    if block.word8(at: offset) == AML.root { offset += 1 }
    guard block.word32(at: offset) == AML.off, block.word8(at: offset + 4) == AML.package,
      let lead = block.word8(at: offset + 5)
    else { return nil }
    // Bits 6 and 7 count the further bytes of the package's length.
    offset += 6 + UInt64(lead >> 6)
    guard let count = block.word8(at: offset), count >= 1,
      let first = Self.constant(block, at: offset + 1)
    else { return nil }
    typeA = UInt8(truncatingIfNeeded: first.value & 7)
    let second = count >= 2 ? Self.constant(block, at: first.end) : nil
    typeB = UInt8(truncatingIfNeeded: (second?.value ?? first.value) & 7)
  }

  private static func constant<Memory: PhysicalMemoryReader>(
    _ block: ACPITable<Memory>, at offset: UInt64
  ) -> (value: UInt64, end: UInt64)? {
    guard let kind = block.word8(at: offset) else { return nil }
    let byteCount: UInt64
    switch kind {
    case AML.zero: return (0, offset + 1)
    case AML.one: return (1, offset + 1)
    case AML.byte: byteCount = 1
    case AML.word: byteCount = 2
    case AML.doubleWord: byteCount = 4
    default: return nil
    }
    guard let value = block.integer(at: offset + 1, byteCount: byteCount) else { return nil }
    return (value, offset + 1 + byteCount)
  }
}
