// What a stack frame holds. Fence: reads the kernel's own stack.

extension X86Platform {
  /// Source: System V ABI for AMD64, §3.2.2, "The Stack Frame".
  public static func frameLink(at frame: UInt64) -> (caller: UInt64, returnAddress: UInt64) {
    // SAFETY: the caller checked that both words are in the kernel's stack.
    let words = unsafe UnsafePointer<UInt64>(bitPattern: UInt(frame)).unsafelyUnwrapped
    return unsafe (words[0], words[1])
  }
}
