/// The system calls, by number.
///
/// Raw values are ABI: dense from 0, never renumbered, never reused. A number at or
/// past `count` answers `unknownSyscall`.
public enum SyscallNumber: UInt8, BitwiseCopyable, Sendable {
  case send = 0
  case receive = 1
  case call = 2
  case reply = 3
  case replyAndReceive = 4
  case signal = 5
  case wait = 6
  case copy = 7
  case move = 8
  case delete = 9
  case revoke = 10
  case inspect = 11
  case create = 12
  case derive = 13
  case map = 14
  case unmap = 15
  case protect = 16
  case start = 17
  case suspend = 18
  case resume = 19
  case readRegisters = 20
  case writeRegisters = 21
  case setPriority = 22
  case bind = 23
  case acknowledge = 24
  case destroy = 25
  case exit = 26
  case yield = 27
  case clock = 28
  case query = 29
  case control = 30
  case access = 31

  /// One more than the last number.
  public static var count: UInt64 { 32 }
}
