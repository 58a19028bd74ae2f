import PlatformCommon

// What a stack frame holds. Fence: has the kernel's own stack read.

extension LoongArchPlatform {
  /// Source: ELF for the LoongArch Architecture, "Frame Pointer" of its procedure calls.
  public static func frameLink(at frame: UInt64) -> (caller: UInt64, returnAddress: UInt64) {
    // SAFETY: the caller checked that the frame is in the kernel's stack.
    unsafe FrameRecord.link(at: frame, .belowPointer)
  }
}
