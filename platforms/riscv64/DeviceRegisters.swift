import RISCVShims

/// Device registers in the physical window. Fence: accesses the memory of a device.
///
/// Accesses outside the block do nothing and read as 0.
@safe struct DeviceRegisters: RegisterAccess {
  private let base: UInt64
  private let byteCount: UInt64

  /// - Parameters:
  ///   - base: Virtual address of `byteCount` bytes of a device's registers that stay mapped,
  ///     and that no one else uses.
  @unsafe init(base: UInt64, byteCount: UInt64) {
    self.base = base
    self.byteCount = byteCount
  }

  func read(at offset: UInt64) -> UInt32 {
    guard isInside(offset) else { return 0 }
    // Aligned, and inside the block that the initialiser's caller answers for.
    return mnos_riscv_load32(base &+ offset)
  }

  mutating func write(_ value: UInt32, at offset: UInt64) {
    guard isInside(offset) else { return }
    // As for `read`.
    mnos_riscv_store32(base &+ offset, value)
  }

  private func isInside(_ offset: UInt64) -> Bool {
    offset % 4 == 0 && byteCount >= 4 && offset <= byteCount - 4
  }
}
