import MnosABI

/// An object of the kernel, numbered by the model in the order in which objects were made.
public struct ObjectID: Hashable, Comparable, Sendable {
  public let number: Int
  public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// A capability, wherever it is: it keeps its number when it is moved.
public struct CapabilityID: Hashable, Comparable, Sendable {
  public let number: Int
  public static func < (left: Self, right: Self) -> Bool { left.number < right.number }
}

/// All that the modelled system calls can observe or change, as one value.
///
/// Relations are sets and dictionaries by number. What follows from others (children, names,
/// waiters, counts) is computed in `World+Relations`, not kept.
public struct World: Hashable, Sendable {
  public var capabilities: [CapabilityID: Capability] = [:]
  public var endpoints: [ObjectID: Endpoint] = [:]
  public var notifications: [ObjectID: Notification] = [:]
  public var memories: [ObjectID: Memory] = [:]
  public var processes: [ObjectID: Process] = [:]
  public var threads: [ObjectID: Thread] = [:]
  public var budgets: [ObjectID: Budget] = [:]
  /// The budget to which each object is charged; the root budget and the machine have none.
  public var payers: [ObjectID: ObjectID] = [:]
  /// One past the highest user address, and the alignment of an instruction.
  public var userEnd: UInt64 = 1 << 47
  public var instructionByteCount: UInt64 = 1
  private var lastNumber = 0

  public init() {}

  /// Adds an object that nothing names yet.
  public mutating func makeObject(chargedTo budget: ObjectID?) -> ObjectID {
    lastNumber += 1
    let object = ObjectID(number: lastNumber)
    payers[object] = budget
    return object
  }

  /// Adds a capability.
  @discardableResult
  public mutating func add(_ capability: Capability) -> CapabilityID {
    lastNumber += 1
    let id = CapabilityID(number: lastNumber)
    capabilities[id] = capability
    if case .slot(let process, let handle) = capability.place {
      processes[process]?.lastHandles[UInt16(truncatingIfNeeded: handle)] = handle
    }
    return id
  }
}

extension Rights: Hashable {
  public func hash(into hasher: inout Hasher) { hasher.combine(bits) }
}

/// What a slot, a message or a binding holds.
public struct Capability: Hashable, Sendable {
  public var type: ObjectType
  /// The object named; of a reply right the thread that waits for the answer.
  public var object: ObjectID
  public var rights: Rights
  public var badge: UInt64
  public var parent: CapabilityID?
  public var place: Place

  public init(
    _ type: ObjectType, _ object: ObjectID, rights: Rights = .all, badge: UInt64 = 0,
    parent: CapabilityID? = nil, at place: Place
  ) {
    self.type = type
    self.object = object
    self.rights = rights
    self.badge = badge
    self.parent = parent
    self.place = place
  }
}

/// Where a capability is. All but `slot` are beyond the reach of handles.
public enum Place: Hashable, Sendable {
  case slot(process: ObjectID, handle: UInt32)
  /// In a message that the thread waits to send; `home` is the handle under which a moved one
  /// comes back if the message does not arrive, nil for a copy.
  case message(sender: ObjectID, home: UInt32?)
  /// For a binding of `subject`, made by `process`.
  case binding(BindingRole, subject: ObjectID, process: ObjectID)
}

public struct Endpoint: Hashable, Sendable {
  /// Threads in order of arrival; never both lists at once.
  public var senders: [ObjectID] = []
  public var receivers: [ObjectID] = []
  public var isDestroyed = false
  public init() {}
}

public struct Notification: Hashable, Sendable {
  public var word: UInt64 = 0
  public var waiters: [ObjectID] = []
  public var isDestroyed = false
  public init() {}
}

public struct Memory: Hashable, Sendable {
  public var byteCount: UInt64
  /// The memory of which this is a part; never a part itself.
  public var whole: ObjectID?
  public init(byteCount: UInt64, whole: ObjectID? = nil) {
    self.byteCount = byteCount
    self.whole = whole
  }
}

public struct Budget: Hashable, Sendable {
  public var objectLimit: UInt64
  /// Objects charged to it that the model does not know: those at boot, interrupts and the like.
  public var unmodelledObjects: UInt64 = 0
  public init(objectLimit: UInt64) { self.objectLimit = objectLimit }
}

public struct Process: Hashable, Sendable {
  public var state = ProcessState.new
  public var exitValue: UInt64 = 0
  /// The fault that stopped or ended it.
  public var fault: Fault?
  public var mappings: Set<Mapping> = []
  /// By slot the handle that was last valid for it: the next one is another.
  public var lastHandles: [UInt16: UInt32] = [:]
  public init() {}
}

/// Pages of a process that show memory.
public struct Mapping: Hashable, Sendable {
  public var address: UInt64
  public var byteCount: UInt64
  /// The capability it was made through, and the place in its memory.
  public var memory: CapabilityID
  public var offset: UInt64
  public var rights: Rights
  /// All that `protect` can ever give.
  public var ceiling: Rights
}

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

public enum MessageKind: Hashable, Sendable { case send, call, fault }

public struct Message: Hashable, Sendable {
  public var kind: MessageKind
  public var endpoint: ObjectID
  /// The capability it is sent through; of a fault the binding's.
  public var through: CapabilityID
  public var badge: UInt64
  public var words: [UInt64]
  public var attachments: [Attachment] = []
  /// The four bits of `Leases`, and the two lengths.
  public var leases: UInt8 = 0
  public var leaseLengths: [UInt64] = []
  /// Where a call takes the capabilities of its answer.
  public var acceptance = Acceptance.nothing
}

/// A capability attached to a message.
public struct Attachment: Hashable, Sendable {
  public var source: CapabilityID
  public var rights: Rights
  public var isMove: Bool
  /// The copy that is on its way while the sender waits.
  public var copy: CapabilityID?
}

/// The slots in which a thread takes capabilities, one choice for each that may come.
public struct Acceptance: Hashable, Sendable {
  public var choices: [UInt16]
  static var nothing: Acceptance { Acceptance(choices: []) }
}

public struct Reception: Hashable, Sendable {
  public var endpoint: ObjectID
  public var through: CapabilityID
  /// Whether the capability has `grant`, so that reply rights have it too.
  public var hasGrant: Bool
  public var acceptance: Acceptance
}
