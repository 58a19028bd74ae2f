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
