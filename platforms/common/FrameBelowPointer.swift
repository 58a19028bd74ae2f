/// What a function keeps of its caller, where the calling convention has it below the frame
/// pointer. Fence: reads the kernel's own stack.
public enum FrameBelowPointer {
  /// The return address is one word below the frame pointer, the caller's frame pointer two.
  ///
  /// - Parameter frame: 8-byte aligned, and both words are in the kernel's stack.
  @unsafe public static func link(
    at frame: UInt64
  ) -> (caller: UInt64, returnAddress: UInt64) {
    // SAFETY: the parameter's promise.
    let words = unsafe UnsafePointer<UInt64>(bitPattern: UInt(frame - 16)).unsafelyUnwrapped
    return unsafe (words[0], words[1])
  }
}
