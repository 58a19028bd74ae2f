/// How a program ended, as its exit value says: what supervisors print in words.
///
/// | exit value | meaning |
/// | --- | --- |
/// | 0 | success |
/// | 100 to 299 | a `SyscallStatus`: why the program could not go on |
/// | any other below 2^62 | the program's own |
/// | `ExitValue.faulted` set | stopped by a fault, whose kind is in bits 0-7 |
/// | `ExitValue.killed` set | ended from outside |
public enum ProgramEnd: Equatable, Sendable {
  case succeeded
  /// The program's own number.
  case failed(UInt64)
  /// It could not go on; `noMemory` if it ran out of memory.
  case refused(SyscallStatus)
  case faulted(FaultKind)
  case killed

  public init(exitValue value: UInt64) {
    if value & ExitValue.faulted != 0 {
      self = .faulted(FaultKind(rawValue: UInt8(truncatingIfNeeded: value)) ?? .other)
    } else if value & ExitValue.killed != 0 {
      self = .killed
    } else if value == 0 {
      self = .succeeded
    } else if let status = UInt16(exactly: value).flatMap(SyscallStatus.init(rawValue:)) {
      self = .refused(status)
    } else {
      self = .failed(value)
    }
  }

  /// Writes it as words that may follow "program: ".
  public func write<Output: TextOutput & ~Copyable>(to output: inout Output) {
    switch self {
    case .succeeded: output.write("ended well")
    case .failed(let value):
      output.write("ended with status ")
      output.write(decimal: value)
    case .refused(let status):
      output.write(status.words)
      output.write(" (ended with status ")
      output.write(decimal: UInt64(status.rawValue))
      output.write(")")
    case .faulted(let kind): output.write(kind.words)
    case .killed: output.write("was ended by kill or Ctrl-C")
    }
  }
}

extension SyscallStatus {
  /// What it says, in words.
  public var words: StaticString {
    switch self {
    case .ok: "success"
    case .unknownSyscall: "the kernel does not know this system call"
    case .badArgument: "an argument makes no sense"
    case .badCapability: "a capability that it needs is not there"
    case .wrongType: "a capability is of the wrong type"
    case .noRight: "a capability lacks a right"
    case .slotBusy: "a capability slot is in use already"
    case .badPointer: "an address is not mapped"
    case .badState: "not possible in the present state"
    case .failed: "the system could not do what it asked"
    case .unavailable: "something that it needs is not there"
    case .noMemory: "out of memory"
    case .noSlot: "out of capability slots or kernel objects"
    case .timedOut: "a deadline passed"
    case .cancelled: "a wait was cancelled"
    case .peerGone: "a service that it talked to is gone"
    case .wouldBlock: "nothing was ready"
    }
  }
}

extension FaultKind {
  /// What it says, in words. A check of the program's own that fails, such as an index out of
  /// range, executes a trap: which of two kinds that is depends on the CPU.
  public var words: StaticString {
    switch self {
    case .read: "stopped by a fault: read of memory that it may not read"
    case .write: "stopped by a fault: write to memory that it may not write"
    case .execute: "stopped by a fault: jump to memory that it may not execute"
    case .illegalInstruction:
      "stopped by a fault: a failed check of its own, or an illegal instruction"
    case .breakpoint: "stopped by a fault: a failed check of its own, or a breakpoint"
    case .arithmetic: "stopped by a fault: arithmetic"
    case .misaligned: "stopped by a fault: misaligned address"
    case .other: "stopped by a fault"
    }
  }
}
