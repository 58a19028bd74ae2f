/// What a function keeps of its caller: its frame pointer, and above it the return address.
/// Fence: reads the kernel's own stack.
public enum FrameRecord {
  /// Where the record begins, counted from the frame pointer.
  public enum Place: UInt64 {
    /// At the frame pointer itself.
    case atPointer = 0
    /// It ends there.
    case belowPointer = 16
  }

  /// - Parameter frame: The frame pointer: 8-byte aligned, and the record is in the kernel's
  ///   stack.
  @unsafe public static func link(
    at frame: UInt64, _ place: Place
  ) -> (caller: UInt64, returnAddress: UInt64) {
    // SAFETY: the parameter's promise.
    let words = unsafe UnsafePointer<UInt64>(bitPattern: UInt(frame - place.rawValue))
      .unsafelyUnwrapped
    return unsafe (words[0], words[1])
  }
}
