import PlatformCommon

/// Memory that holds firmware tables: bytes from one address on, and nothing elsewhere.
public struct FirmwareMemory: PhysicalMemoryReader {
  public let base: UInt64
  public var bytes: [UInt8]

  public init(_ bytes: [UInt8], at base: UInt64 = 0x8000_0000) {
    self.base = base
    self.bytes = bytes
  }

  public func canRead(at address: UInt64, byteCount: UInt64) -> Bool {
    guard address >= base, address - base <= UInt64(bytes.count) else { return false }
    return byteCount <= UInt64(bytes.count) - (address - base)
  }

  /// Traps outside the bytes, so that a test finds each read that was not asked for.
  public func byte(at address: UInt64) -> UInt8 { bytes[Int(address - base)] }
}
