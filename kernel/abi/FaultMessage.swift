/// What a thread did that it cannot go on from.
public enum FaultKind: UInt8, BitwiseCopyable, Sendable {
  case read = 1
  case write = 2
  case execute = 3
  /// An undefined or privileged instruction.
  case illegalInstruction = 4
  /// Arithmetic: division by zero, overflow trap, floating-point exception.
  case arithmetic = 5
  /// A misaligned address where the CPU needs an aligned one.
  case misaligned = 6
  /// A breakpoint or single-step trap.
  case breakpoint = 7
  /// Anything else that the CPU reported; the detail word has its own code.
  case other = 8
}

/// The words of a fault message, delivered with kind `fault` and a reply right.
///
/// word 0: `FaultKind`; word 1: the address accessed (or the pc); word 2: the pc;
/// word 3: the CPU's own code for the fault; word 4: the stack pointer. The reply's
/// word 0 is a `FaultAnswer`.
public enum FaultMessage {
  @inlinable public static var wordCount: UInt64 { 5 }
}

/// What to do with a faulting thread: word 0 of the reply to a fault message.
public enum FaultAnswer: UInt64, Sendable {
  /// Runs the instruction again.
  case resume = 0
  /// Ends the thread.
  case kill = 1
}
