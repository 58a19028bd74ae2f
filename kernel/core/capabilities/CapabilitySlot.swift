import MnosABI

/// What a slot is used for.
public enum SlotState: UInt8, BitwiseCopyable {
  /// Empty: in the table's free list.
  case free
  /// A capability that user code can name.
  case held
  /// Attached to a message that its holder, a blocked thread, waits to send.
  case inTransit
  /// Kept by the kernel for a binding of its holder; see `BindingRole`.
  case bound
  /// Filled, but not yet to be named: its memory is still being cleared.
  case reserved
  /// Being deleted: no handle names it any more, its dependents are being ended.
  case ending
}

/// What a bound slot is for, and so what its holder is.
public enum BindingRole: UInt8, BitwiseCopyable {
  case none
  /// A notification bound to a thread (holder: thread).
  case threadNotification
  /// Where a thread's faults go (holder: thread).
  case faultHandler
  /// What is signalled when a thread ends (holder: thread).
  case threadEnd
  /// What is signalled when a process ends or stops (holder: process).
  case supervisor
  /// What an interrupt signals (holder: interrupt).
  case interruptTarget
  /// A port range that a process may use (holder: process).
  case ports
}

/// One place in a capability table: a capability, its place in the derivation tree, and
/// what depends on it. Exactly one granule.
public struct CapabilitySlot: BitwiseCopyable {
  /// First granule of the object; 0 for types that have none (portRange, machine).
  var object: UInt32 = 0
  var typeCode: UInt8 = 0
  public internal(set) var state = SlotState.free
  var rightsBits: UInt16 = 0
  /// Delivered with messages and signals; for a port range: first port, count << 32.
  public internal(set) var badge: UInt64 = 0
  var generation: UInt16 = 1
  public let index: UInt16
  /// The process whose table this is.
  public let owner: ProcessID

  // The derivation tree. `previous` of a first child and `next` of a last one name the
  // parent; a root is both first and last, with no parent. Free slots use `next` only.
  var firstChild = SlotID.none
  var lastChild = SlotID.none
  var previous = SlotID.none
  var next = SlotID.none

  /// First of the threads that wait through this capability, or of the mappings made
  /// through it, by the type of its object.
  var dependents: UInt32 = 0
  /// In transit: the sending thread. Bound: the object it is bound for.
  var holder: UInt32 = 0
  var role = BindingRole.none
  var isFirstChild = true
  var isLastChild = true
  private var padding: (UInt8, UInt32) = (0, 0)

  init(index: UInt16, owner: ProcessID, next: SlotID) {
    self.index = index
    self.owner = owner
    self.next = next
  }

  public var type: ObjectType { ObjectType(rawValue: typeCode) ?? .none }
  public var rights: Rights { Rights(bits: rightsBits) }
  public var handle: Handle { Handle(slot: index, generation: generation) }
}
