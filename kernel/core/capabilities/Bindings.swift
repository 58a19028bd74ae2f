import KernelHAL
import MnosABI

/// Bindings: a capability kept by the kernel so that one object can reach another.
///
/// The bound slot is in the table of the process that binds and derived from the
/// capability it used, so it ends with that process or by revoke.
extension Kernel where P: ~Copyable {
  /// Ends a binding. O(1): at most one thread waits through a bound slot.
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
      if objects[process].state == .stopped { objects.doom(holder) }
    case .interruptTarget:
      let interrupt = objects.cast(holder, to: Interrupt.self)
      objects[interrupt].target = .none
      platform.setLine(objects[interrupt].line, isEnabled: false)
    case .ports: removePorts(slot, from: objects.cast(holder, to: Process.self))
    }
    objects.empty(slot)
  }

  /// `bind`: a source to a target, or to nothing.
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
    case .endpoint, .reply, .memory, .budget, .machine, .none: throw .wrongType
    }
    answer(value: 0)
  }

  /// Makes a bound slot in the caller's table, with only the right that the binding uses:
  /// a binding to an endpoint must not count as one of its readers.
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

  /// A thread's faults go to an endpoint, its end to a notification.
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
      guard objects[thread].faultHandler.isNone else { throw .badState }
      objects[thread].faultHandler = try makeBound(
        from: slot, .write, role: .faultHandler, holder: thread.header)
    case .notification:
      guard objects[slot].rights.includes(.write) else { throw .noRight }
      guard objects[thread].endWatcher.isNone else { throw .badState }
      objects[thread].endWatcher = try makeBound(
        from: slot, .write, role: .threadEnd, holder: thread.header)
    default: throw .wrongType
    }
  }

  /// Ends the bindings of a thread to its fault handler and to who watches its end.
  mutating func endThreadBindings(of thread: ThreadID) {
    if !objects[thread].faultHandler.isNone { emptyBound(objects[thread].faultHandler) }
    if !objects[thread].endWatcher.isNone { emptyBound(objects[thread].endWatcher) }
  }

  private mutating func bindProcess(_ process: ProcessID, _ target: UInt64) throws(Failure) {
    guard target != 0 else {
      guard !objects[process].supervisor.isNone else { throw .badState }
      return emptyBound(objects[process].supervisor)
    }
    let watcher = try lookUp(target, as: Notification.self, needing: .write)
    guard objects[process].supervisor.isNone, objects[process].isAlive else { throw .badState }
    objects[process].supervisor = try makeBound(
      from: watcher.slot, .write, role: .supervisor, holder: process.header)
  }

  private mutating func bindInterrupt(
    _ interrupt: InterruptID, _ target: UInt64
  ) throws(Failure) {
    guard target != 0 else {
      guard !objects[interrupt].target.isNone else { throw .badState }
      return emptyBound(objects[interrupt].target)
    }
    let receiver = try lookUp(target, as: Notification.self, needing: .write)
    guard objects[interrupt].target.isNone else { throw .badState }
    objects[interrupt].target = try makeBound(
      from: receiver.slot, .write, role: .interruptTarget, holder: interrupt.header)
    objects[interrupt].isPending = false
    platform.setLine(objects[interrupt].line, isEnabled: true)
  }

  // MARK: I/O ports

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

  private mutating func setPorts(_ slot: SlotID, at place: Int, of process: ProcessID) {
    objects[process].portSlots[place] = slot
    objects[process].ports[place] =
      slot.isNone ? PortRange(first: 0, count: 0) : objects[slot].portRange
    objects[process].hasPorts = !objects[process].ports.isEmpty
    if objects[cpu].activeProcess == process { activatePorts(of: process) }
  }

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
