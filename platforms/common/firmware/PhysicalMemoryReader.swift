/// Physical memory that firmware tables are read from: the kernel's window on a machine,
/// an array of bytes in a test.
public protocol PhysicalMemoryReader {
  /// Whether all of these bytes can be read.
  func canRead(at address: UInt64, byteCount: UInt64) -> Bool
  /// - Precondition: `canRead` said yes for a range that holds `address`.
  func byte(at address: UInt64) -> UInt8
}
