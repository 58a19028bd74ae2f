import KernelHAL
import X86Shims

/// The x87, MMX and SSE registers of a thread, as FXSAVE stores them.
///
/// AVX is not enabled, so this is all that user code can have in vector registers.
/// Source: Intel SDM vol. 1 §10.5, FXSAVE and FXRSTOR; the area is aligned to 16.
@_alignment(16)
public struct X86ExtendedState: ExtendedStateAccess {
  private var words: [64 of UInt64]

  /// All registers 0, all exceptions masked: FCW 0x37f, MXCSR 0x1f80.
  public init() {
    words = .init(repeating: 0)
    words[0] = 0x37f
    words[3] = 0x1f80
  }

  @inline(__always)
  mutating func save() {
    unsafe withUnsafeMutableBytes(of: &words) { bytes in
      // SAFETY: the area is 512 bytes, aligned, and this value's own.
      unsafe x86_save_extended_state(bytes.baseAddress)
    }
  }

  /// - Parameter clearsPointers: Whether FXRSTOR leaves the x87's error pointers as they are, so
  ///   that another thread's would show. The x87 is loaded with a word of this state first.
  ///   Source: AMD64 APM vol. 2 §11.4.4.3, on FXSAVE and FXRSTOR; CVE-2006-1056.
  @inline(__always)
  mutating func load(clearsPointers: Bool) {
    unsafe withUnsafeMutableBytes(of: &words) { bytes in
      // SAFETY: as below; only a word is read.
      if clearsPointers { unsafe x86_replace_error_pointers(bytes.baseAddress) }
      // SAFETY: the area is 512 bytes, aligned, and holds what `init` or `save` made.
      unsafe x86_load_extended_state(bytes.baseAddress)
    }
  }
}
