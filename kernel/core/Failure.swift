import MnosABI

/// Why a system call fails: the status and the value that goes with it.
public struct Failure: Error, Equatable {
  public let status: SyscallStatus
  /// The index of the bad argument, the unknown number, or 0.
  public let value: UInt64

  init(_ status: SyscallStatus, value: UInt64 = 0) {
    self.status = status
    self.value = value
  }

  /// Argument `index` is out of range: 0-2 arguments, 3-10 words, 11 the call word.
  static func badArgument(_ index: UInt64) -> Failure { Failure(.badArgument, value: index) }
  static var badCapability: Failure { Failure(.badCapability) }
  static var wrongType: Failure { Failure(.wrongType) }
  static var noRight: Failure { Failure(.noRight) }
  static var badState: Failure { Failure(.badState) }
  static var badPointer: Failure { Failure(.badPointer) }
  static var noMemory: Failure { Failure(.noMemory) }
  static var noSlot: Failure { Failure(.noSlot) }
}
