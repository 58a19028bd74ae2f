import Libmnos

/// (F) The code of remote threads and what is known about it; see asm/<architecture>.S.
@_silgen_name("mnos_test_code_address")
private func codeAddress() -> UInt64
@_silgen_name("mnos_test_code_fact")
private func codeFact(_ index: UInt64) -> UInt64
@_silgen_name("mnos_test_code_written")
private func codeWritten()
@_silgen_name("mnos_test_forbidden_address")
private func forbiddenAddress() -> UInt64
@_silgen_name("mnos_test_image_data")
private func imageData() -> UInt64
@_silgen_name("mnos_test_image_zeros")
private func imageZeros() -> UInt64

/// (F) What lies in the writable part of this program's image; see asm/<architecture>.S.
public enum OwnImage {
  public static var patternCount: UInt64 { 32 }
  public static var zeroByteCount: UInt64 { 6000 }

  /// Addresses of words from the program's file, and of bytes that the file does not have.
  public static var patterns: UInt64 { imageData() }
  public static var zeros: UInt64 { imageZeros() }

  /// What word `index` of the patterns holds.
  public static func pattern(_ index: UInt64) -> UInt64 { 0x6d6e_6f73_0000_0000 | index }

  /// A word of this program's own image or stack.
  ///
  /// - Parameter address: 8-byte aligned, and in a page of the image or the stack: anything else
  ///   faults, or is a page that this program shares.
  public static func word(at address: UInt64) -> UInt64 {
    let page = address & ~(Limits.pageByteCount - 1)
    // SAFETY: the kernel lets this program read what is mapped in it, and nothing else.
    return unsafe ControlPage(at: page)[Int(address - page)]
  }
}

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
  public static var argument1Pattern: Int { Int(codeFact(43)) }
  public static var argument2Pattern: Int { Int(codeFact(44)) }
  /// Those that `hold` and `holdInFault` find again.
  public static var heldPatterns: UInt64 { codeFact(11) }
  /// Those that hold a value at a thread's start: the argument, the stack pointer.
  public static var startPattern: Int { Int(codeFact(20)) }
  public static var stackPattern: Int { Int(codeFact(21)) }

  /// Words that the vector registers have, at most 64.
  public static var vectorWordCount: Int { Int(codeFact(22)) }

  /// Registers of status and control that user mode can write, at most 8; a mask of those that each thread
  /// has to itself, the others being as at the start after a switch between processes.
  public static var statusCount: Int { Int(codeFact(23)) }
  public static var ownStatus: UInt64 { codeFact(24) }
  /// What they are at a thread's start, and another value.
  public static func initialStatus(_ index: Int) -> UInt64 { codeFact(25 + UInt64(index)) }
  public static func otherStatus(_ index: Int) -> UInt64 { codeFact(33 + UInt64(index)) }

  /// Instructions that user mode must not execute, and the address of each, in this program's text. Behind each
  /// is a breakpoint.
  public static var forbiddenCount: UInt64 { codeFact(41) }
  public static func forbiddenInstruction(_ index: UInt64) -> UInt64 {
    forbiddenAddress() + index * codeFact(42)
  }

  /// Whether the machine has an exclusive load that a context switch must break.
  public static var hasExclusiveLoad: Bool { codeFact(12) != 0 }

  /// Where the user half of the smallest address space ends.
  public static var userEnd: UInt64 { codeFact(13) }
  /// An address that lies in neither half.
  public static var addressInNoHalf: UInt64 { codeFact(14) }

  /// Whether the machine refuses a jump to a page that loads and stores use. Where an emulator
  /// does not, only jumps to pages that nobody used before can be tried.
  public static var judgesEveryFetch: Bool { codeFact(15) != 0 }

  /// Offset of the instruction that uses registers which the kernel does not save.
  public static var unsavedInstruction: UInt64 { codeFact(16) }

  /// Offsets of where a thread may start to store what it finds in its registers; of the instruction of
  /// `holdInFault` that faults, and of what follows it.
  static var firstEntry: UInt64 { codeFact(17) }
  public static var heldInstruction: UInt64 { codeFact(18) }
  public static var storeHeld: UInt64 { codeFact(19) }

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
