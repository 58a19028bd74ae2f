/// Entries of the descriptor tables, as the CPU reads them.
///
/// Source: Intel SDM vol. 3A §3.4.5 (segments), §7.2.3 (64-bit TSS), §6.14.1 (gates).
enum Descriptors {
  /// Flat 64-bit code and data segments, already marked accessed.
  static var kernelCode: UInt64 { 0x00af_9b00_0000_ffff }
  static var kernelData: UInt64 { 0x00cf_9300_0000_ffff }
  static var userCode: UInt64 { 0x00af_fb00_0000_ffff }
  static var userData: UInt64 { 0x00cf_f300_0000_ffff }

  /// The two entries of an available 64-bit task state segment.
  static func taskState(base: UInt64, byteCount: UInt64) -> (low: UInt64, high: UInt64) {
    let limit = byteCount - 1
    let low =
      limit & 0xffff | (base & 0xff_ffff) << 16 | 0x89 << 40 | (limit >> 16 & 0xf) << 48
      | (base >> 24 & 0xff) << 56
    return (low, base >> 32)
  }

  /// The two halves of an interrupt gate: interrupts are masked on the way in.
  ///
  /// - Parameters: `stack`: 1 to 7 for an entry of the interrupt stack table, 0 for none.
  ///   `isForUser`: whether INT n may use it.
  static func interruptGate(
    to handler: UInt64, selector: UInt16, stack: UInt64, isForUser: Bool
  ) -> (low: UInt64, high: UInt64) {
    let kind: UInt64 = isForUser ? 0xee : 0x8e
    let low =
      handler & 0xffff | UInt64(selector) << 16 | stack << 32 | kind << 40
      | (handler >> 16 & 0xffff) << 48
    return (low, handler >> 32)
  }
}
