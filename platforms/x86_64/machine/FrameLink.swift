import PlatformCommon

// What a stack frame holds. Fence: has the kernel's own stack read.

extension X86Platform {
  /// Source: System V ABI for AMD64, §3.2.2, "The Stack Frame".
  public static func frameLink(at frame: UInt64) -> (caller: UInt64, returnAddress: UInt64) {
    // SAFETY: the caller checked that the frame is in the kernel's stack.
    unsafe FrameRecord.link(at: frame, .atPointer)
  }
}
