import KernelHAL
import MnosABI

/// A capability that a handle names: the slot, and the object with its type.
struct Capability<Object: KernelObject> {
  let slot: SlotID
  let object: ObjectID<Object>
}

/// From handles, which are claims of user code, to capabilities.
extension Kernel where P: ~Copyable {
  /// The slot that a handle of the current thread's process names.
  ///
  /// - Throws: `badCapability` if it names none.
  @inline(__always)
  mutating func lookUp(_ handle: UInt64) throws(Failure) -> SlotID {
    guard handle <= UInt64(UInt32.max) else { throw .badCapability }
    let handle = Handle(rawValue: UInt32(truncatingIfNeeded: handle))
    let slot = objects[objects[current].process].table.slot(at: handle.slot, in: objects)
    guard !slot.isNone, objects[slot].state == .held,
      objects[slot].generation == handle.generation
    else { throw .badCapability }
    return slot
  }

  /// The capability of this type with these rights that a handle names.
  ///
  /// - Throws: `badCapability`, `wrongType`, `noRight`, checked in this order.
  @inline(__always)
  mutating func lookUp<Object: KernelObject>(
    _ handle: UInt64, as type: Object.Type, needing rights: Rights
  ) throws(Failure) -> Capability<Object> {
    let slot = try lookUp(handle)
    guard objects[slot].typeCode == Object.type.rawValue else { throw .wrongType }
    guard objects[slot].rights.includes(rights) else { throw .noRight }
    return Capability(slot: slot, object: objects[slot].object.narrowed(to: type))
  }

  /// Checks that a handle names the machine's own capability, with `manage`.
  ///
  /// - Returns: The slot, as the parent of what is made by that authority.
  /// - Throws: `badCapability`, `wrongType`, `noRight`, checked in this order.
  mutating func lookUpMachine(_ handle: UInt64) throws(Failure) -> SlotID {
    let slot = try lookUp(handle)
    guard objects[slot].type == .machine else { throw .wrongType }
    guard objects[slot].rights.includes(.manage) else { throw .noRight }
    return slot
  }

  /// The process that a handle names, or the caller's own for 0.
  ///
  /// - Throws: `badCapability`, `wrongType`; `noRight` without `manage`. The caller's own needs no
  ///   capability: a program may always change its own address space and table.
  mutating func lookUpProcess(_ handle: UInt64) throws(Failure) -> ProcessID {
    if handle == 0 { return objects[current].process }
    return try lookUp(handle, as: Process.self, needing: .manage).object
  }
}
