// What a stack frame holds. Fence: reads the kernel's own stack.

extension LoongArchPlatform {
  /// Source: ELF for the LoongArch Architecture, as compilers lay frames out: the return
  /// address is one word below the frame pointer, the caller's frame pointer two.
  public static func frameLink(at frame: UInt64) -> (caller: UInt64, returnAddress: UInt64) {
    // SAFETY: the caller checked that both words are in the kernel's stack.
    let words = unsafe UnsafePointer<UInt64>(bitPattern: UInt(frame - 16)).unsafelyUnwrapped
    return unsafe (words[0], words[1])
  }
}
