// What a stack frame holds. Fence: reads the kernel's own stack.

extension AArch64Platform {
  /// Source: Procedure Call Standard for the Arm 64-bit Architecture §6.4.6, The Frame Pointer:
  /// the caller's frame pointer is at the frame pointer, the return address one word above.
  public static func frameLink(at frame: UInt64) -> (caller: UInt64, returnAddress: UInt64) {
    // SAFETY: the caller checked that both words are in the kernel's stack.
    let words = unsafe UnsafePointer<UInt64>(bitPattern: UInt(frame)).unsafelyUnwrapped
    return unsafe (words[0], words[1])
  }
}
