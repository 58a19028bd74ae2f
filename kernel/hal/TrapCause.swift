import MnosABI

/// Why a CPU entered the kernel, other than by a system call.
public enum TrapCause: Equatable, Sendable {
  /// This CPU's timer reached its deadline.
  case timer
  /// A device's line; it stays claimed until `acceptInterrupt`.
  case interrupt(line: UInt32)
  /// Another CPU asks this one to look at its run queue.
  case wakeup
  /// The running thread cannot go on.
  case fault(Fault)
  /// Nothing to do.
  case spurious
}

/// What the CPU said of a fault.
public struct Fault: Equatable, BitwiseCopyable, Sendable {
  public let kind: FaultKind
  /// The address accessed, or the pc where the fault has none. All bits as the CPU has them.
  public let address: UInt64
  /// The CPU's own code: x86 vector and error code, RISC-V scause.
  public let code: UInt64
  @inlinable public init(kind: FaultKind, address: UInt64, code: UInt64) {
    self.kind = kind
    self.address = address
    self.code = code
  }
}
