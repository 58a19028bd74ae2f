/// A capability that this program owns, of a kind that the type names.
///
/// It cannot be copied by assignment: using one after it was moved away does not compile,
/// and the end of its scope deletes it.
@frozen public struct Capability<Kind: CapabilityKind>: ~Copyable {
  /// The number that the kernel knows it by; naming it in a call transfers nothing.
  public let handle: Handle

  /// Takes over a handle that nothing else will delete.
  public init(adopting handle: Handle) { self.handle = handle }

  /// Gives up ownership: the caller must see to it that the capability is deleted, by
  /// `Handle.delete` or by another owner.
  public consuming func relinquish() -> Handle {
    let handle = self.handle
    discard self
    return handle
  }

  deinit { handle.delete() }
}

/// What a capability names, as a type.
public protocol CapabilityKind {
  static var objectType: ObjectType { get }
}

public enum SendEndpointKind: CapabilityKind {
  public static var objectType: ObjectType { .endpoint }
}
public enum ReceiveEndpointKind: CapabilityKind {
  public static var objectType: ObjectType { .endpoint }
}
public enum NotificationKind: CapabilityKind {
  public static var objectType: ObjectType { .notification }
}
public enum MemoryKind: CapabilityKind { public static var objectType: ObjectType { .memory } }
public enum ProcessKind: CapabilityKind { public static var objectType: ObjectType { .process } }
public enum ThreadKind: CapabilityKind { public static var objectType: ObjectType { .thread } }
public enum InterruptKind: CapabilityKind {
  public static var objectType: ObjectType { .interrupt }
}
public enum PortRangeKind: CapabilityKind {
  public static var objectType: ObjectType { .portRange }
}
public enum BudgetKind: CapabilityKind { public static var objectType: ObjectType { .budget } }
public enum MachineKind: CapabilityKind { public static var objectType: ObjectType { .machine } }
public enum DMASpaceKind: CapabilityKind {
  public static var objectType: ObjectType { .dmaSpace }
}

/// The end that asks: send and call.
public typealias SendEndpoint = Capability<SendEndpointKind>
/// The end that serves: receive, and make send ends.
public typealias ReceiveEndpoint = Capability<ReceiveEndpointKind>
public typealias Notification = Capability<NotificationKind>
public typealias Memory = Capability<MemoryKind>
public typealias Process = Capability<ProcessKind>
public typealias Thread = Capability<ThreadKind>
public typealias Interrupt = Capability<InterruptKind>
public typealias PortRange = Capability<PortRangeKind>
public typealias Budget = Capability<BudgetKind>
public typealias Machine = Capability<MachineKind>
public typealias DMASpace = Capability<DMASpaceKind>

/// What `inspect` answers about a capability.
public struct Inspection: Equatable, Sendable {
  public let type: ObjectType
  public let rights: Rights
  public let badge: UInt64
  /// Whether it names the same object as the one it was compared with.
  public let isSameObject: Bool
  /// Whether its object is charged to the one it was compared with, a budget.
  public let isCharged: Bool
  /// The number by which the list of the other one has it: a process in the machine's, a thread
  /// in its process's. 0 of what is in no such list, or if the other lacks `read`.
  public let number: UInt64

  /// Inspects what a handle names, whoever owns it.
  ///
  /// - Throws: `badCapability` if it names nothing.
  public init(
    of handle: Handle, comparedWith other: Handle = .none
  ) throws(SyscallStatus) {
    let words = try SystemCall.query(
      .inspect, UInt64(handle.rawValue), UInt64(other.rawValue))
    type = ObjectType(rawValue: UInt8(truncatingIfNeeded: words[0])) ?? .none
    rights = Rights(bits: UInt16(truncatingIfNeeded: words[1]))
    badge = words[2]
    isSameObject = words[3] == 1
    isCharged = words[4] == 1
    number = words[5]
  }
}

extension Capability {
  var argument: UInt64 { UInt64(handle.rawValue) }

  /// Another capability to the same object, with no more rights.
  ///
  /// - Parameters:
  ///   - rights: What to pass on; the source must have all of them.
  ///   - badge: Identifies the copy to its receiver; 0 keeps the source's.
  /// - Throws: `noRight` without the copy right or for rights that the source lacks.
  public func copy(rights: Rights, badge: UInt64 = 0) throws(SyscallStatus) -> Capability {
    Capability(adopting: try copyHandle(rights: rights, badge: badge))
  }

  func copyHandle(rights: Rights, badge: UInt64 = 0) throws(SyscallStatus) -> Handle {
    Handle(
      value: try SystemCall.invoke(
        .copy, argument, 0, UInt64(SlotChoice.any), word0: UInt64(rights.bits), word1: badge))
  }

  /// A copy in another process's table.
  ///
  /// - Returns: The handle by which that process knows it.
  public func copy(
    into process: borrowing Process, rights: Rights, badge: UInt64 = 0
  ) throws(SyscallStatus) -> Handle {
    try handle.copy(into: process, rights: rights, badge: badge)
  }

  /// Deletes every capability derived from this one, wherever it is. Cost: O(descendants).
  public func revoke() throws(SyscallStatus) { try SystemCall.invoke(.revoke, argument) }

  public func inspect() throws(SyscallStatus) -> Inspection { try Inspection(of: handle) }

  /// The same, with what another capability tells more: see `Inspection`.
  public func inspect<Other>(
    with other: borrowing Capability<Other>
  ) throws(SyscallStatus) -> Inspection {
    try Inspection(of: handle, comparedWith: other.handle)
  }

  /// The words of `query`, in the order of `QueryWords`.
  public func query() throws(SyscallStatus) -> [8 of UInt64] {
    try SystemCall.query(.query, argument)
  }
}

extension Capability {
  /// Runs `body` with the capability that `handle` names and somebody else owns.
  public static func withBorrowed<R: ~Copyable, E: Error>(
    _ handle: Handle, _ body: (borrowing Capability) throws(E) -> R
  ) throws(E) -> R {
    let capability = Capability(adopting: handle)
    do throws(E) {
      let result = try body(capability)
      _ = capability.relinquish()
      return result
    } catch {
      _ = capability.relinquish()
      throw error
    }
  }
}

extension Handle {
  /// Deletes the capability, of whatever type; one that is gone already is none too many.
  public func delete() { _ = try? SystemCall.invoke(.delete, UInt64(rawValue)) }

  /// Copies what the handle names, of whatever type, into another process's table.
  ///
  /// - Returns: The handle by which that process knows it.
  public func copy(
    into process: borrowing Process, rights: Rights, badge: UInt64 = 0
  ) throws(SyscallStatus) -> Handle {
    Handle(
      value: try SystemCall.invoke(
        .copy, UInt64(rawValue), process.argument, UInt64(SlotChoice.any),
        word0: UInt64(rights.bits), word1: badge))
  }

  /// The handle in a call's value.
  init(value: UInt64) { self.init(rawValue: UInt32(truncatingIfNeeded: value)) }
}
