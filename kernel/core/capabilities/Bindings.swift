import KernelHAL
import MnosABI

/// Bindings: a capability kept by the kernel so that one object can reach another.
///
/// The bound slot is in the table of the process that binds and derived from the
/// capability it used, so it ends with that process or by revoke.
extension Kernel where P: ~Copyable {
  /// Ends a binding.
  mutating func emptyBound(_ slot: SlotID) {
    let holder = objects[slot].holder
    switch objects[slot].role {
    case .none: kernelBug("a bound slot without a role")
    case .threadNotification:
      let thread = ThreadID(granule: holder)
      objects[NotificationID(granule: objects[slot].object)].boundThread = .none
      objects[thread].boundNotification = .none
      objects[thread].boundSlot = .none
    case .faultHandler: objects[ThreadID(granule: holder)].faultHandler = .none
    case .threadEnd: objects[ThreadID(granule: holder)].endWatcher = .none
    case .supervisor: objects[ProcessID(granule: holder)].supervisor = .none
    case .interruptTarget: objects[InterruptID(granule: holder)].target = .none
    case .ports: removePorts(slot, from: ProcessID(granule: holder))
    }
    // Faults that wait in the handler's queue wait through this slot.
    while objects[slot].dependents != 0 {
      wake(ThreadID(granule: objects[slot].dependents), status: .cancelled)
    }
    empty(slot)
  }

  /// `bind`: argument 0 the source, argument 1 the target or 0 to unbind.
  mutating func bind() throws(Failure) {
    let target = objects[current].registers.argument1
    let source = try lookUp(objects[current].registers.argument0)
    guard objects[source].rights.includes(bindRights(objects[source].type)) else {
      throw .noRight
    }
    switch objects[source].type {
    case .notification: try bindNotification(source, to: target)
    case .thread: try bindThread(source, to: target)
    case .process: try bindProcess(source, to: target)
    case .interrupt: try bindInterrupt(source, to: target)
    case .portRange: try bindPorts(source, to: target)
    case .endpoint, .reply, .memory, .budget, .machine, .none: throw .wrongType
    }
    answer(value: 0)
  }

  private mutating func bindRights(_ type: ObjectType) -> Rights {
    type == .notification || type == .portRange ? .read : .manage
  }

  /// Makes a bound slot in the caller's table, with only the right that the binding uses:
  /// a binding to an endpoint must not count as one of its readers.
  private mutating func makeBound(
    from source: SlotID, _ rights: Rights, role: BindingRole, holder: UInt32
  ) throws(Failure) -> SlotID {
    let slot = try findSlot(
      UInt64(SlotChoice.any), in: objects[current].process, argument: 0)
    derive(from: source, to: slot, rights: rights)
    objects[slot].state = .bound
    objects[slot].role = role
    objects[slot].holder = holder
    return slot
  }

  private mutating func bindNotification(_ source: SlotID, to target: UInt64) throws(Failure) {
    let notification = NotificationID(granule: objects[source].object)
    guard target != 0 else {
      let bound = objects[notification].boundThread
      guard !bound.isNone else { throw .badState }
      return emptyBound(objects[bound].boundSlot)
    }
    let targetSlot = try lookUp(target, .thread, needing: .manage)
    let thread = ThreadID(granule: objects[targetSlot].object)
    guard objects[notification].boundThread.isNone, objects[thread].boundSlot.isNone,
      objects[thread].state != .ended, !objects[notification].isDestroyed
    else { throw .badState }
    let slot = try makeBound(
      from: source, .read, role: .threadNotification, holder: thread.granule)
    objects[thread].boundSlot = slot
    objects[thread].boundNotification = notification
    objects[notification].boundThread = thread
    // A signal that was pending wakes a receive that waits already.
    let word = objects[notification].word
    if word != 0, objects[thread].state == .receiving {
      objects[notification].word = 0
      signal(notification, bits: word)
    }
  }

  /// A thread's faults go to an endpoint, its end to a notification.
  private mutating func bindThread(_ source: SlotID, to target: UInt64) throws(Failure) {
    let thread = ThreadID(granule: objects[source].object)
    guard target != 0 else {
      guard !objects[thread].faultHandler.isNone || !objects[thread].endWatcher.isNone else {
        throw .badState
      }
      if !objects[thread].faultHandler.isNone { emptyBound(objects[thread].faultHandler) }
      if !objects[thread].endWatcher.isNone { emptyBound(objects[thread].endWatcher) }
      return
    }
    let targetSlot = try lookUp(target)
    guard objects[thread].state != .ended else { throw .badState }
    switch objects[targetSlot].type {
    case .endpoint:
      guard objects[targetSlot].rights.includes(.write) else { throw .noRight }
      guard objects[thread].faultHandler.isNone else { throw .badState }
      objects[thread].faultHandler = try makeBound(
        from: targetSlot, .write, role: .faultHandler, holder: thread.granule)
    case .notification:
      guard objects[targetSlot].rights.includes(.write) else { throw .noRight }
      guard objects[thread].endWatcher.isNone else { throw .badState }
      objects[thread].endWatcher = try makeBound(
        from: targetSlot, .write, role: .threadEnd, holder: thread.granule)
    default: throw .wrongType
    }
  }

  private mutating func bindProcess(_ source: SlotID, to target: UInt64) throws(Failure) {
    let process = ProcessID(granule: objects[source].object)
    guard target != 0 else {
      guard !objects[process].supervisor.isNone else { throw .badState }
      return emptyBound(objects[process].supervisor)
    }
    let targetSlot = try lookUp(target, .notification, needing: .write)
    guard objects[process].supervisor.isNone, objects[process].isAlive else { throw .badState }
    objects[process].supervisor = try makeBound(
      from: targetSlot, .write, role: .supervisor, holder: process.granule)
  }

  private mutating func bindInterrupt(_ source: SlotID, to target: UInt64) throws(Failure) {
    let interrupt = InterruptID(granule: objects[source].object)
    guard target != 0 else {
      guard !objects[interrupt].target.isNone else { throw .badState }
      platform.setLine(objects[interrupt].line, isEnabled: false)
      return emptyBound(objects[interrupt].target)
    }
    let targetSlot = try lookUp(target, .notification, needing: .write)
    guard objects[interrupt].target.isNone else { throw .badState }
    objects[interrupt].target = try makeBound(
      from: targetSlot, .write, role: .interruptTarget, holder: interrupt.granule)
    objects[interrupt].isPending = false
    platform.setLine(objects[interrupt].line, isEnabled: true)
  }

  private mutating func bindPorts(_ source: SlotID, to target: UInt64) throws(Failure) {
    guard target != 0 else { throw .badArgument(1) }
    let targetSlot = try lookUp(target, .process, needing: .manage)
    let process = ProcessID(granule: objects[targetSlot].object)
    guard objects[process].isAlive else { throw .badState }
    var place = 0
    while place < 4, !portSlot(place, of: process).isNone { place += 1 }
    guard place < 4 else { throw .noSlot }
    let slot = try makeBound(from: source, .none, role: .ports, holder: process.granule)
    setPorts(slot, at: place, of: process)
  }

  // MARK: I/O ports

  private mutating func portSlot(_ place: Int, of process: ProcessID) -> SlotID {
    switch place {
    case 0: objects[process].portSlots.0
    case 1: objects[process].portSlots.1
    case 2: objects[process].portSlots.2
    default: objects[process].portSlots.3
    }
  }

  private mutating func setPorts(_ slot: SlotID, at place: Int, of process: ProcessID) {
    var range = PortRange(first: 0, count: 0)
    if !slot.isNone {
      range = PortRange(
        first: UInt32(truncatingIfNeeded: objects[slot].badge),
        count: UInt32(truncatingIfNeeded: objects[slot].badge >> 32))
    }
    switch place {
    case 0: (objects[process].portSlots.0, objects[process].ports.ranges.0) = (slot, range)
    case 1: (objects[process].portSlots.1, objects[process].ports.ranges.1) = (slot, range)
    case 2: (objects[process].portSlots.2, objects[process].ports.ranges.2) = (slot, range)
    default: (objects[process].portSlots.3, objects[process].ports.ranges.3) = (slot, range)
    }
    if objects[cpu].activeProcess == process {
      objects[cpu].ports = objects[process].ports
      platform.activatePorts(objects[process].ports)
    }
  }

  private mutating func removePorts(_ slot: SlotID, from process: ProcessID) {
    for place in 0..<4 where portSlot(place, of: process) == slot {
      setPorts(.none, at: place, of: process)
    }
  }

  /// Ends every port binding of a process.
  mutating func emptyPorts(of process: ProcessID) {
    for place in 0..<4 {
      let slot = portSlot(place, of: process)
      if !slot.isNone { emptyBound(slot) }
    }
  }
}
