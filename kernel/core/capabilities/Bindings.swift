import KernelHAL
import MnosABI

/// Bindings: a capability kept by the kernel so that one object can reach another.
///
/// The bound slot is in the table of the process that binds and derived from the
/// capability it used, so it ends with that process or by revoke. Both sides know each other:
///
///     table of the binder                       the object it is bound for
///     ┌───────────────────┐  holder, role      ┌───────────────────────────────┐
///     │ slot, state bound │ ─────────────────> │ thread     boundSlot,         │
///     └───────────────────┘                    │            faultHandler,      │
///         │ object    ^                        │            endWatcher         │
///         v           └─────────────────────── │ process    supervisor, ports  │
///     notification,       a slot per role      │ interrupt  target             │
///     endpoint or none                         └───────────────────────────────┘
///
/// So a binding can end from either side in O(1): when its slot is deleted, the role says which
/// link of the holder to clear; when the holder ends, it knows its slots.
extension Kernel where P: ~Copyable {
  /// Ends a binding, from whichever side it is ended. O(1): at most one thread waits through a
  /// bound slot, the holder with its fault.
  ///
  /// The links are cleared before the slot is emptied: `wake` looks at the slot that its thread
  /// waits through, and an empty slot names nothing.
  ///
  /// - Precondition: `slot` is in state `bound`.
  mutating func emptyBound(_ slot: SlotID) {
    let holder = objects[slot].holder
    switch objects[slot].role {
    case .none: kernelBug("a bound slot without a role")
    case .threadNotification:
      let thread = objects.cast(holder, to: ThreadTag.self)
      objects[objects[thread].boundNotification].boundThread = .none
      objects[thread].boundNotification = .none
      objects[thread].boundSlot = .none
    case .faultHandler:
      let thread = objects.cast(holder, to: ThreadTag.self)
      objects[thread].faultHandler = .none
      // Its fault waits in the handler's queue through this slot.
      if objects[thread].waitSlot == slot { objects.wake(thread, .cancelled) }
    case .threadEnd: objects[objects.cast(holder, to: ThreadTag.self)].endWatcher = .none
    case .supervisor:
      let process = objects.cast(holder, to: Process.self)
      objects[process].supervisor = .none
      // Nobody is told of it any more: the reaper looks whether anybody can still reach it.
      if objects[process].state == .stopped { objects.doom(holder) }
    case .interruptTarget:
      let interrupt = objects.cast(holder, to: Interrupt.self)
      objects[interrupt].target = .none
      // Without a target a delivery would reach nobody.
      platform.setLine(objects[interrupt].line, isEnabled: false)
    case .ports: removePorts(slot, from: objects.cast(holder, to: Process.self))
    }
    objects.empty(slot)
  }

  /// `bind`: a source to a target, or to nothing.
  ///
  /// - Parameter arguments: The source; the target, or 0 to end the source's binding. A thread
  ///   has two, to its fault handler and to what watches its end: 0 ends both.
  /// - Throws: `badCapability`; `noRight` if the source lacks `read` (notification, port range)
  ///   or `manage` (the others); `wrongType` for a source that cannot be bound; then for the
  ///   target `badCapability`, `wrongType` or `noRight`, or `badArgument(1)` for a port range
  ///   without one; `badState` if either side is bound already, ended or destroyed, or if there
  ///   is nothing to end; `noSlot` or `noMemory` if the caller's table has no room. In this
  ///   order, but that a thread which ended is reported before its target's type and rights.
  mutating func bind(_ arguments: BindArguments) throws(Failure) {
    let source = try lookUp(arguments.source)
    let type = objects[source].type
    let needed: Rights = type == .notification || type == .portRange ? .read : .manage
    guard objects[source].rights.includes(needed) else { throw .noRight }
    switch type {
    case .notification:
      try bindNotification(
        try lookUp(arguments.source, as: Notification.self, needing: .read), arguments.target)
    case .thread:
      try bindThread(
        try lookUp(arguments.source, as: ThreadTag.self, needing: .manage).object,
        arguments.target)
    case .process:
      try bindProcess(
        try lookUp(arguments.source, as: Process.self, needing: .manage).object,
        arguments.target)
    case .interrupt:
      try bindInterrupt(
        try lookUp(arguments.source, as: Interrupt.self, needing: .manage).object,
        arguments.target)
    case .portRange: try bindPorts(source, arguments.target)
    case .endpoint, .reply, .memory, .budget, .machine, .dmaSpace, .none: throw .wrongType
    }
    answer(value: 0)
  }

  /// Makes a bound slot in the caller's table, with only the right that the binding uses:
  /// a binding to an endpoint must not count as one of its readers.
  ///
  /// All that the caller of this has to check comes before; what it sets afterwards cannot fail.
  ///
  /// - Parameters:
  ///   - source: The capability that the binding is derived from.
  ///   - role: Which link of the holder names the slot; the caller of this sets that link.
  ///   - holder: The object that the binding is for.
  /// - Throws: `noSlot`, `noMemory`; nothing has changed then but that the table may have grown.
  private mutating func makeBound(
    from source: SlotID, _ rights: Rights, role: BindingRole, holder: AnyObjectID
  ) throws(Failure) -> SlotID {
    let slot = try findSlot(
      UInt64(SlotChoice.any), in: objects[current].process, argument: 0)
    objects.derive(from: source, to: slot, rights: rights)
    objects[slot].state = .bound
    objects[slot].role = role
    objects[slot].holder = holder
    return slot
  }

  /// A thread's receives take the notification's word too. One to one: a second thread would
  /// race with the first for each signal, and a receive looks at one word only.
  private mutating func bindNotification(
    _ source: Capability<Notification>, _ target: UInt64
  ) throws(Failure) {
    let notification = source.object
    guard target != 0 else {
      let bound = objects[notification].boundThread
      guard !bound.isNone else { throw .badState }
      return emptyBound(objects[bound].boundSlot)
    }
    let thread = try lookUp(target, as: ThreadTag.self, needing: .manage).object
    guard objects[notification].boundThread.isNone, objects[thread].boundSlot.isNone,
      objects[thread].state != .ended, !objects[notification].isDestroyed
    else { throw .badState }
    let slot = try makeBound(
      from: source.slot, .read, role: .threadNotification, holder: thread.header)

    objects[thread].boundSlot = slot
    objects[thread].boundNotification = notification
    objects[notification].boundThread = thread
    // A signal that was pending wakes a receive that waits already.
    let word = objects[notification].word
    if word != 0, objects[thread].state == .receiving {
      objects[notification].word = 0
      objects.signal(notification, bits: word)
    }
  }

  /// A thread's faults go to an endpoint, its end to a notification: the target's type says
  /// which is meant.
  private mutating func bindThread(_ thread: ThreadID, _ target: UInt64) throws(Failure) {
    guard target != 0 else {
      guard !objects[thread].faultHandler.isNone || !objects[thread].endWatcher.isNone else {
        throw .badState
      }
      return endThreadBindings(of: thread)
    }
    let slot = try lookUp(target)
    guard objects[thread].state != .ended else { throw .badState }
    switch objects[slot].type {
    case .endpoint:
      guard objects[slot].rights.includes(.write) else { throw .noRight }
      let handler = objects.cast(objects[slot].object, to: Endpoint.self)
      guard objects[thread].faultHandler.isNone, !objects[handler].isDestroyed else {
        throw .badState
      }
      objects[thread].faultHandler = try makeBound(
        from: slot, .write, role: .faultHandler, holder: thread.header)
    case .notification:
      guard objects[slot].rights.includes(.write) else { throw .noRight }
      let watcher = objects.cast(objects[slot].object, to: Notification.self)
      guard objects[thread].endWatcher.isNone, !objects[watcher].isDestroyed else {
        throw .badState
      }
      objects[thread].endWatcher = try makeBound(
        from: slot, .write, role: .threadEnd, holder: thread.header)
    default: throw .wrongType
    }
  }

  /// Ends the bindings of a thread to its fault handler and to who watches its end.
  ///
  /// A fault that waits in the handler's queue is left to the reaper, which stops the process; one
  /// that was received stays with the handler, which has the right to answer it.
  mutating func endThreadBindings(of thread: ThreadID) {
    if !objects[thread].faultHandler.isNone { emptyBound(objects[thread].faultHandler) }
    if !objects[thread].endWatcher.isNone { emptyBound(objects[thread].endWatcher) }
  }

  /// A notification hears when a process stops by a fault, and when it has ended.
  private mutating func bindProcess(_ process: ProcessID, _ target: UInt64) throws(Failure) {
    guard target != 0 else {
      guard !objects[process].supervisor.isNone else { throw .badState }
      return emptyBound(objects[process].supervisor)
    }
    let watcher = try lookUp(target, as: Notification.self, needing: .write)
    guard objects[process].supervisor.isNone, objects[process].isAlive,
      !objects[watcher.object].isDestroyed
    else { throw .badState }
    objects[process].supervisor = try makeBound(
      from: watcher.slot, .write, role: .supervisor, holder: process.header)
  }

  /// A notification hears each time the line fires. A binding begins as if the line had never
  /// fired: what was delivered to an earlier one needs no acknowledgement.
  private mutating func bindInterrupt(
    _ interrupt: InterruptID, _ target: UInt64
  ) throws(Failure) {
    guard target != 0 else {
      guard !objects[interrupt].target.isNone else { throw .badState }
      return emptyBound(objects[interrupt].target)
    }
    let receiver = try lookUp(target, as: Notification.self, needing: .write)
    guard objects[interrupt].target.isNone, !objects[receiver.object].isDestroyed else {
      throw .badState
    }
    objects[interrupt].target = try makeBound(
      from: receiver.slot, .write, role: .interruptTarget, holder: interrupt.header)
    objects[interrupt].isPending = false
    platform.setLine(objects[interrupt].line, isEnabled: true)
  }

  // MARK: I/O ports

  /// A process may use the ports of a range. At most four ranges at a time, as the platform's
  /// permissions take.
  ///
  /// - Throws: `badArgument(1)` for target 0, as a range does not know the processes that use it:
  ///   revoking the capability that was bound ends the binding. `noSlot` for a fifth.
  private mutating func bindPorts(_ source: SlotID, _ target: UInt64) throws(Failure) {
    guard target != 0 else { throw .badArgument(1) }
    let process = try lookUp(target, as: Process.self, needing: .manage).object
    guard objects[process].isAlive else { throw .badState }
    var place = 0
    while place < 4, !objects[process].portSlots[place].isNone { place += 1 }
    guard place < 4 else { throw .noSlot }
    let slot = try makeBound(from: source, .none, role: .ports, holder: process.header)
    setPorts(slot, at: place, of: process)
  }

  /// Sets one of a process's ranges, or empties it, and has the CPU know at once if the process is
  /// the one that is active here.
  private mutating func setPorts(_ slot: SlotID, at place: Int, of process: ProcessID) {
    objects[process].portSlots[place] = slot
    objects[process].ports[place] =
      slot.isNone ? PortRange(first: 0, count: 0) : objects[slot].portRange
    objects[process].hasPorts = !objects[process].ports.isEmpty
    if objects[cpu].activeProcess == process { activatePorts(of: process) }
  }

  /// Takes a slot's range out of a process's permissions.
  private mutating func removePorts(_ slot: SlotID, from process: ProcessID) {
    for place in 0..<4 where objects[process].portSlots[place] == slot {
      setPorts(.none, at: place, of: process)
    }
  }

  /// Ends every port binding of a process.
  mutating func emptyPorts(of process: ProcessID) {
    for place in 0..<4 {
      let slot = objects[process].portSlots[place]
      if !slot.isNone { emptyBound(slot) }
    }
  }
}

extension CapabilitySlot {
  /// The ports that a port-range capability stands for; they are in its badge.
  var portRange: PortRange {
    PortRange(
      first: UInt32(truncatingIfNeeded: badge), count: UInt32(truncatingIfNeeded: badge >> 32))
  }

  /// The badge of a capability for a range of ports.
  static func portBadge(first: UInt64, count: UInt64) -> UInt64 { first | count << 32 }
}
