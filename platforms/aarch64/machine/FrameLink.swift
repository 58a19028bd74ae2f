import PlatformCommon

// What a stack frame holds. Fence: has the kernel's own stack read.

extension AArch64Platform {
  /// Source: Procedure Call Standard for the Arm 64-bit Architecture §6.4.6, The Frame Pointer:
  /// the caller's frame pointer is at the frame pointer, the return address one word above.
  public static func frameLink(at frame: UInt64) -> (caller: UInt64, returnAddress: UInt64) {
    // SAFETY: the caller checked that the frame is in the kernel's stack.
    unsafe FrameRecord.link(at: frame, .atPointer)
  }
}
