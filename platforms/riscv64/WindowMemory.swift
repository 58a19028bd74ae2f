import PlatformCommon

/// Firmware tables in the physical window. Fence: reads memory by its physical address.
@safe struct WindowMemory: PhysicalMemoryReader {
  private let windowBase: UInt64

  /// - Parameter windowBase: Where physical address 0 appears. Firmware tables are mapped
  ///   there and stay so.
  @unsafe init(windowBase: UInt64) {
    self.windowBase = windowBase
  }

  func canRead(at address: UInt64, byteCount: UInt64) -> Bool {
    // Physical addresses have 56 bits; none is 0.
    let limit: UInt64 = 1 << 56
    return address > 0 && address < limit && byteCount <= limit - address
  }

  func byte(at address: UInt64) -> UInt8 {
    guard let pointer = unsafe UnsafePointer<UInt8>(bitPattern: UInt(windowBase &+ address))
    else { return 0 }
    // SAFETY: tables are in memory that the window maps; a table that points elsewhere is
    // the firmware's fault, and ends in a panic that names the address.
    return unsafe pointer.pointee
  }
}
