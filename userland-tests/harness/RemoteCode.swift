import Libmnos

/// (F) The code of remote threads and what is known about it; see asm/<architecture>.S.
@_silgen_name("mnos_test_code_address")
private func codeAddress() -> UInt64
@_silgen_name("mnos_test_code_fact")
private func codeFact(_ index: UInt64) -> UInt64
@_silgen_name("mnos_test_code_written")
private func codeWritten()

public enum RemoteCode {
  public static var byteCount: UInt64 { codeFact(0) }

  /// Offsets of instructions from the code's start.
  public static var finish: UInt64 { codeFact(1) }
  public static var loadInstruction: UInt64 { codeFact(2) }
  public static var storeInstruction: UInt64 { codeFact(3) }
  public static var illegalInstruction: UInt64 { codeFact(4) }
  public static var privilegedInstruction: UInt64 { codeFact(5) }
  public static var callInstruction: UInt64 { codeFact(6) }

  /// Register patterns: how many, a mask of those that every call keeps, and the places of
  /// the call word and of argument 0.
  public static var patternCount: Int { Int(codeFact(7)) }
  public static var keptPatterns: UInt64 { codeFact(8) }
  public static var callWordPattern: Int { Int(codeFact(9)) }
  public static var argument0Pattern: Int { Int(codeFact(10)) }

  /// The floating-point control register at a thread's start, and another value.
  public static var initialControl: UInt64 { codeFact(11) }
  public static var otherControl: UInt64 { codeFact(12) }

  /// Whether the machine has an exclusive load that a context switch must break.
  public static var hasExclusiveLoad: Bool { codeFact(13) != 0 }

  /// Where the user half of the smallest address space ends.
  public static var userEnd: UInt64 { codeFact(14) }
  /// An address that lies in neither half.
  public static var addressInNoHalf: UInt64 { codeFact(15) }

  /// Whether the machine refuses a jump to a page that loads and stores use. Where an emulator
  /// does not, only jumps to pages that nobody used before can be tried.
  public static var judgesEveryFetch: Bool { codeFact(16) != 0 }

  /// Offset of the instruction that uses registers which the kernel does not save.
  public static var unsavedInstruction: UInt64 { codeFact(17) }

  /// An address inside this program's own text.
  public static var textAddress: UInt64 { codeAddress() }

  /// Writes the code, word by word, to `page`.
  ///
  /// - Returns: false if it does not fit.
  static func copy(to page: ControlPage) -> Bool {
    guard byteCount <= Limits.pageByteCount else { return false }
    // SAFETY: the code lies in this program's text, whose pages can be read.
    let source = unsafe ControlPage(at: codeAddress())
    for offset in stride(from: 0, to: Int(byteCount), by: 8) { page[offset] = source[offset] }
    codeWritten()
    return true
  }
}
