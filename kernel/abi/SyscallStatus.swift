/// Outcome of a system call, in the low half of the result word.
///
/// 0 is success, 100-199 blame the caller (the same call again cannot help), 200-299
/// say that the kernel could not. Raw values are ABI: never renumbered, never reused.
public enum SyscallStatus: UInt16, Error, BitwiseCopyable, Sendable {
  case ok = 0
  /// No such system call; the value is the number.
  case unknownSyscall = 100
  /// A value out of range or not representable; the value is the argument's index.
  case badArgument = 101
  /// The slot is empty, outside the table, or of another generation.
  case badCapability = 102
  /// The object is of another type than the call takes.
  case wrongType = 103
  /// The capability lacks a right that the call needs.
  case noRight = 104
  /// The destination slot holds a capability already.
  case slotBusy = 105
  /// User memory that the call names is not mapped for this access.
  case badPointer = 106
  /// Not possible in the object's present state.
  case badState = 107
  /// The request was valid; carrying it out failed.
  case failed = 200
  /// Kernel state that the call needs is not there yet.
  case unavailable = 201
  /// No frames are left, or the budget's memory is spent.
  case noMemory = 202
  /// The table is full, or the budget's object count is spent.
  case noSlot = 203
  /// The deadline passed.
  case timedOut = 204
  /// The wait ended because its capability was revoked, deleted or moved.
  case cancelled = 205
  /// The peer is gone: endpoint destroyed, server died, or reply right dropped.
  case peerGone = 206
  /// Poll form, and nothing was ready.
  case wouldBlock = 207

  /// Whether the caller is to blame.
  public var isCallerError: Bool { rawValue >= 100 && rawValue < 200 }
  /// Whether the kernel could not carry out a valid request.
  public var isKernelError: Bool { rawValue >= 200 }
}
