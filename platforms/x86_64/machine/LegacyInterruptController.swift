import X86Shims

/// The two 8259 controllers that PCs still have: moved out of the way and masked.
///
/// Source: Intel 8259A datasheet, initialization command words.
enum LegacyInterruptController {
  static func mask() {
    let vector = UInt8(X86_LEGACY_VECTOR)
    x86_out8(0x20, 0x11)
    x86_out8(0xa0, 0x11)
    x86_out8(0x21, vector)
    x86_out8(0xa1, vector + 8)
    x86_out8(0x21, 1 << 2)
    x86_out8(0xa1, 2)
    x86_out8(0x21, 1)
    x86_out8(0xa1, 1)
    x86_out8(0x21, 0xff)
    x86_out8(0xa1, 0xff)
  }
}
