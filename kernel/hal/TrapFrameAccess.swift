import MnosABI

/// The saved registers of a thread, by their role in a system call.
///
/// The type is laid out as entry assembly stores it. Which register plays which role is
/// in docs/manual/system-calls.md; the kernel writes only those named here, so all others
/// survive a system call.
public protocol TrapFrameAccess: BitwiseCopyable {
  /// A user-mode frame with all registers zero but these; interrupts enabled.
  ///
  /// - Parameters: as given by `isValidEntry`; `argument` lands in argument 0.
  init(entry: VirtualAddress, stack: VirtualAddress, argument: UInt64)

  /// In: the `CallWord`. Out: the `ResultWord`.
  var callWord: UInt64 { get set }
  /// In: usually a handle. Out: the value or badge.
  var argument0: UInt64 { get set }
  /// In: usually a deadline. Out: handles of received capabilities 0 and 1.
  var argument1: UInt64 { get set }
  /// In: usually an address. Out: handles of received capabilities 2 and 3.
  var argument2: UInt64 { get set }
  /// The message words, in argument registers 3 to 10.
  ///
  /// - Precondition: `0 <= index < 8`.
  subscript(word index: Int) -> UInt64 { get set }

  var programCounter: UInt64 { get }
  var stackPointer: UInt64 { get }

  /// Words of a register record that this machine uses, at most `Limits.registerWords`.
  static var recordWordCount: Int { get }
  /// Word `index` of the register record: pc, sp, flags, then the general registers.
  ///
  /// - Precondition: `0 <= index < recordWordCount`.
  func recordWord(at index: Int) -> UInt64
  /// Sets a word of the record. Bits that user code must not choose (mode, interrupt
  /// enable, I/O privilege) keep safe values, whatever `value` has.
  mutating func setRecordWord(at index: Int, to value: UInt64)

  /// Whether user code may run from `entry`: canonical, in the user half, aligned.
  static func isValidEntry(_ entry: UInt64) -> Bool
}

/// The floating-point and vector registers of a thread.
public protocol ExtendedStateAccess: BitwiseCopyable {
  /// What a new thread starts with: all zero, control registers at their defaults.
  init()
}
