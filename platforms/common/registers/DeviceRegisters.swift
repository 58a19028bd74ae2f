import _Volatile

/// Device registers in the physical window. Fence: accesses the memory of a device.
///
/// Accesses outside the block, or off their boundary, do nothing and read as 0. Those inside
/// happen once each and in program order; ordering them with memory is the platform's task.
@safe public struct DeviceRegisters: ByteRegisterAccess, WideRegisterAccess {
  private let base: UInt64
  private let byteCount: UInt64

  /// No registers.
  public init() {
    base = 0
    byteCount = 0
  }

  /// - Parameters:
  ///   - base: Virtual address of `byteCount` bytes of a device's registers that stay mapped,
  ///     and that no one else uses. On an 8-byte boundary.
  @unsafe public init(base: UInt64, byteCount: UInt64) {
    self.base = base
    self.byteCount = byteCount
  }

  public func read(at offset: UInt64) -> UInt32 {
    guard isInside(offset, byteCount: 4) else { return 0 }
    // SAFETY: aligned, and inside the block that the initialiser's caller answers for.
    return unsafe VolatileMappedRegister<UInt32>(unsafeBitPattern: UInt(base &+ offset)).load()
  }

  public mutating func write(_ value: UInt32, at offset: UInt64) {
    guard isInside(offset, byteCount: 4) else { return }
    // SAFETY: as for `read`.
    unsafe VolatileMappedRegister<UInt32>(unsafeBitPattern: UInt(base &+ offset)).store(value)
  }

  public func read8(at offset: UInt64) -> UInt8 {
    guard isInside(offset, byteCount: 1) else { return 0 }
    // SAFETY: as for `read`.
    return unsafe VolatileMappedRegister<UInt8>(unsafeBitPattern: UInt(base &+ offset)).load()
  }

  public mutating func write8(_ value: UInt8, at offset: UInt64) {
    guard isInside(offset, byteCount: 1) else { return }
    // SAFETY: as for `read`.
    unsafe VolatileMappedRegister<UInt8>(unsafeBitPattern: UInt(base &+ offset)).store(value)
  }

  public func read64(at offset: UInt64) -> UInt64 {
    guard isInside(offset, byteCount: 8) else { return 0 }
    // SAFETY: as for `read`.
    return unsafe VolatileMappedRegister<UInt64>(unsafeBitPattern: UInt(base &+ offset)).load()
  }

  public mutating func write64(_ value: UInt64, at offset: UInt64) {
    guard isInside(offset, byteCount: 8) else { return }
    // SAFETY: as for `read`.
    unsafe VolatileMappedRegister<UInt64>(unsafeBitPattern: UInt(base &+ offset)).store(value)
  }

  private func isInside(_ offset: UInt64, byteCount count: UInt64) -> Bool {
    offset & (count - 1) == 0 && byteCount >= count && offset <= byteCount - count
  }
}
