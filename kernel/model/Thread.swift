import MnosABI

/// The words of a fault message.
public struct Fault: Hashable, Sendable {
  public var kind: FaultKind
  public var address, pc, detail, stackPointer: UInt64
  public init(
    _ kind: FaultKind, address: UInt64 = 0, pc: UInt64 = 0, detail: UInt64 = 0,
    stackPointer: UInt64 = 0
  ) {
    self.kind = kind
    self.address = address
    self.pc = pc
    self.detail = detail
    self.stackPointer = stackPointer
  }
  var words: [UInt64] { [UInt64(kind.rawValue), address, pc, detail, stackPointer] }
  var exitValue: UInt64 { ExitValue.faulted | UInt64(kind.rawValue) }
}

public struct Thread: Hashable, Sendable {
  public var process: ObjectID
  public var priority: UInt64
  public var activity = Activity.new
  public var isSuspended = false
  public var exitValue: UInt64 = 0
  /// The slot it keeps for the right to answer whoever calls it, once it has received.
  public var spare: Spare?
  /// Its latest fault.
  public var fault: Fault?
  public init(in process: ObjectID, priority: UInt64) {
    self.process = process
    self.priority = priority
  }
}

public enum Spare: Hashable, Sendable {
  /// The slot is known once a right was in it.
  case empty(slot: UInt16?)
  case holding(CapabilityID)
}

public enum Activity: Hashable, Sendable {
  case new
  /// Ready or running: which of the two is the scheduler's business.
  case runnable
  case sending(Message)
  case receiving(Reception)
  case awaitingAnswer(MessageKind, Acceptance)
  case waiting(for: ObjectID, through: CapabilityID)
  /// Its fault is not handled: the process stands still.
  case faulted
  case ended
}
