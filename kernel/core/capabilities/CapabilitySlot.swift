import KernelHAL
import MnosABI

/// One place in a capability table: a capability, its place in the derivation tree, and
/// what depends on it. Exactly one granule. What it is used for is its state:
///
///                 fill                    attach (move)
///         free ─────────> held ──────────────────────> inTransit
///          ^ ^             │ │ ^                        │   │
///          │ │  delete     │ │ └────────────────────────┘   │
///          │ └─────────── ending     message not delivered  │ delivered, cancelled
///          └────────────────────────────────────────────────┘
///
/// A slot is filled as `reserved` or `bound` too; a thread's `spare` is filled and emptied in
/// place, see ipc/SpareSlot.swift. Every way back to `free` gives the slot
/// a new generation, so that no token or handle of before names it.
public struct CapabilitySlot: BitwiseCopyable {
  /// The object; none for types that have none (portRange, machine).
  var object = AnyObjectID.none
  var typeCode: UInt8 = 0
  public internal(set) var state = SlotState.free
  var rightsBits: UInt8 = 0
  var role = BindingRole.none
  /// Delivered with messages and signals; for a port range: first port, count << 32.
  public internal(set) var badge: UInt64 = 0
  var generation: UInt16 = 1
  public let index: UInt16
  /// The process whose table this is.
  public let owner: ProcessID

  // The derivation tree. `previous` of a first child and `next` of a last one name the
  // parent. A root is both first and last, with no parent; where a root was deleted, its
  // children are a chain whose ends name no parent. Free slots use both for the free list.
  var firstChild = SlotID.none
  var lastChild = SlotID.none
  var previous = SlotID.none
  var next = SlotID.none

  /// Threads that wait through this capability, and mappings made through it.
  var waiters = List<WaitersOfSlot>()
  var mappings = List<MappingsOfSlot>()
  /// In transit: the sending thread. Bound: the object it is bound for. Reserved: the thread
  /// that clears its memory. Spare, or a right to answer held in a spare: whose spare it is.
  var holder = AnyObjectID.none
  var isFirstChild = true
  var isLastChild = true
  /// How often `generation` came round.
  var lap: UInt16 = 0
  /// Its place among the capabilities that name the same object.
  var ofObject = Links<CapabilitySlot>()

  init(index: UInt16, owner: ProcessID) {
    self.index = index
    self.owner = owner
  }

  public var type: ObjectType { ObjectType(rawValue: typeCode) ?? .none }
  public var rights: Rights { Rights(bits: UInt16(rightsBits)) }
  public var handle: Handle { Handle(slot: index, generation: generation) }
  /// Whether a thread waits through it, or a mapping was made through it.
  var hasDependents: Bool { !waiters.isEmpty || !mappings.isEmpty }
}

extension Rights {
  /// As a slot keeps them: all rights there are fit in 8 bits.
  var slotBits: UInt8 { UInt8(truncatingIfNeeded: bits) }
}

/// A capability that is to be found again later, when it may be gone or another.
///
/// Whatever can happen between two steps of long work, redeeming the token says whether
/// the slot still holds what it held: each time that it is emptied, its generation grows. A
/// thread can stand still in the middle of its work for as long as its process likes, so the
/// 16 bits that handles have are too few here.
public struct SlotToken: Equatable, BitwiseCopyable {
  let slot: SlotID
  let generation: UInt16
  let lap: UInt16
}

/// The capabilities that name an object.
enum NamesOfObject: ListRole {
  static subscript<P: Platform & ~Copyable>(
    _ slot: SlotID, in store: ObjectStore<P>
  ) -> Links<CapabilitySlot> {
    @inline(__always) get { store[slot].ofObject }
    @inline(__always) set { store[slot].ofObject = newValue }
  }
}

/// The free slots of a table.
enum FreeSlots: ListRole {
  static subscript<P: Platform & ~Copyable>(
    _ slot: SlotID, in store: ObjectStore<P>
  ) -> Links<CapabilitySlot> {
    @inline(__always) get { Links(next: store[slot].next, previous: store[slot].previous) }
    @inline(__always) set {
      store[slot].next = newValue.next
      store[slot].previous = newValue.previous
    }
  }
}

extension ObjectStore where P: ~Copyable {
  func token(for slot: SlotID) -> SlotToken {
    SlotToken(slot: slot, generation: self[slot].generation, lap: self[slot].lap)
  }

  /// The slot, if nothing was taken out of it since the token was made; else none.
  ///
  /// - Precondition: The table that the slot is in still exists: it is the table of the
  ///   process whose thread keeps the token.
  func redeem(_ token: SlotToken) -> SlotID {
    self.token(for: token.slot) == token ? token.slot : .none
  }
}
