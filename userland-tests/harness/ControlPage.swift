import Libmnos

/// (F) Words in memory that other threads and processes, and the kernel, read and write.
@safe public struct ControlPage {
  public let address: UInt64

  /// - Parameter address: 16-byte aligned and mapped, one page long, as long as it is used.
  @unsafe public init(at address: UInt64) { self.address = address }

  /// The word at a byte offset.
  public subscript(offset: Int) -> UInt64 {
    get { read(offset) }
    nonmutating set { write(offset, newValue) }
  }

  // Calls that are never inlined: nothing about the memory is remembered across them.
  @inline(never) private func read(_ offset: Int) -> UInt64 {
    // SAFETY: the initialiser's promise; offsets stay inside the page.
    guard let word = unsafe UnsafePointer<UInt64>(bitPattern: place(offset)) else { return 0 }
    return unsafe word.pointee
  }

  @inline(never) private func write(_ offset: Int, _ value: UInt64) {
    // SAFETY: as above.
    guard let word = unsafe UnsafeMutablePointer<UInt64>(bitPattern: place(offset)) else {
      return
    }
    unsafe word.pointee = value
  }

  private func place(_ offset: Int) -> UInt {
    precondition(offset >= 0 && offset <= 4088 && offset & 7 == 0)
    return UInt(address) + UInt(offset)
  }
}

/// Byte offsets in the page that a remote thread follows; asm/<architecture>.S has the same.
enum ControlOffset {
  static var operation: Int { 0 }
  static var go: Int { 8 }
  static var done: Int { 16 }
  static var address: Int { 24 }
  static var value: Int { 32 }
  static var counter: Int { 40 }
  static var stop: Int { 48 }
  static var call: Int { 64 }
  static var transfer: Int { 256 }
  static var patternsIn: Int { 512 }
  static var patternsOut: Int { 768 }
  static var vectorsIn: Int { 1024 }
  static var vectorsOut: Int { 1536 }
  static var scratch: Int { 2048 }
  static var statusIn: Int { 3072 }
  static var statusOut: Int { 3136 }
}

/// What a remote thread does when it is told to go; asm/<architecture>.S has the same order.
public enum RemoteOperation: UInt64 {
  /// The system call in its call record.
  case call = 0
  /// Loads the word at `address` into `value`.
  case load = 1
  /// Stores `value` at `address`.
  case store = 2
  case jump = 3
  case illegalInstruction = 4
  /// Adds to `counter` until `stop` is not 0.
  case spin = 5
  /// A system call with a pattern in every register.
  case patterns = 6
  /// Holds patterns in the vector registers while it yields `counter` times.
  case vectors = 7
  /// An exclusive load, a yield, the store; `value` is 0 if that was made.
  case exclusive = 8
  /// Holds words in the registers of status and control while it yields `counter` times.
  case status = 9
  /// Holds patterns in all registers, `heldPatterns` and vectors, until `stop` is not 0.
  case hold = 10
  case privilegedInstruction = 11
  /// Counts in `value` which of the `counter` handles from `address` on name something.
  case probe = 12
  /// An instruction that needs registers which the kernel does not save, on a CPU that has them.
  case unsavedRegisters = 13
  /// Moves the stack pointer down from `address`, yields and stores there, again and again: it ends
  /// by a fault only. `counter` says how many stores there were.
  case overflow = 14
  /// Faults at address 0 with what `hold` holds; goes on at `storeHeld`.
  case holdInFault = 15
}
