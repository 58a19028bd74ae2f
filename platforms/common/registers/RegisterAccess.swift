/// 32-bit device registers, by their offset in bytes. A driver is generic over it, so that
/// tests can pass a model of the device.
public protocol RegisterAccess {
  func read(at offset: UInt64) -> UInt32
  mutating func write(_ value: UInt32, at offset: UInt64)
}

/// Device registers of 8 bits as well.
public protocol ByteRegisterAccess: RegisterAccess {
  func read8(at offset: UInt64) -> UInt8
  mutating func write8(_ value: UInt8, at offset: UInt64)
}

/// Device registers of 64 bits as well.
public protocol WideRegisterAccess: RegisterAccess {
  func read64(at offset: UInt64) -> UInt64
  mutating func write64(_ value: UInt64, at offset: UInt64)
}
