import MnosABI

/// Questions about a world. Each looks at everything: the model need not be fast.
extension World {
  // MARK: Capabilities

  /// The capability that a handle names in a process's table.
  public func find(_ handle: UInt64, in process: ObjectID) -> CapabilityID? {
    guard let handle = UInt32(exactly: handle) else { return nil }
    let place = Place.slot(process: process, handle: handle)
    return capabilities.first { $0.value.place == place }?.key
  }

  /// What a process can name, by handle.
  public func table(of process: ObjectID) -> [UInt32: CapabilityID] {
    capabilities.reduce(into: [:]) { table, entry in
      if case .slot(process, let handle) = entry.value.place { table[handle] = entry.key }
    }
  }

  public func children(of parent: CapabilityID) -> Set<CapabilityID> {
    Set(capabilities.filter { $0.value.parent == parent }.keys)
  }

  /// All that was derived from a capability, directly or not.
  public func descendants(of ancestor: CapabilityID) -> Set<CapabilityID> {
    children(of: ancestor).reduce(into: []) { found, child in
      found.formUnion(descendants(of: child).union([child]))
    }
  }

  /// The capabilities that name an object, without the rights to answer a thread.
  public func names(of object: ObjectID) -> [CapabilityID] {
    capabilities.filter { $0.value.object == object && $0.value.type != .reply }.keys.sorted()
  }

  func rightToAnswer(_ thread: ObjectID) -> CapabilityID? {
    capabilities.first { $0.value.object == thread && $0.value.type == .reply }?.key
  }

  /// The process in whose table a capability lies, reachable by a handle or not.
  func holder(of capability: Capability) -> ObjectID? {
    switch capability.place {
    case .slot(let process, _), .binding(_, _, let process): process
    case .message(let sender, _): threads[sender]?.process
    }
  }

  func isHeld(_ capability: Capability, by process: ObjectID) -> Bool {
    if case .slot(process, _) = capability.place { true } else { false }
  }

  func binding(_ role: BindingRole, of subject: ObjectID) -> CapabilityID? {
    capabilities.first {
      if case .binding(role, subject, _) = $0.value.place { true } else { false }
    }?.key
  }

  // MARK: Slots

  /// The slots of a table that are known to be in use: filled, kept for a moved capability that may
  /// come back, or a thread's spare.
  func slotsInUse(of process: ObjectID) -> Set<UInt16> {
    var slots: Set<UInt16> = []
    for capability in capabilities.values where holder(of: capability) == process {
      switch capability.place {
      case .slot(_, let handle), .message(_, let handle?):
        slots.insert(UInt16(truncatingIfNeeded: handle))
      default: break
      }
    }
    for thread in threads.values where thread.process == process {
      if case .empty(let slot?) = thread.spare { slots.insert(slot) }
    }
    return slots
  }

  /// How many slots are in use of which nobody knows which: bindings, copies in messages, spares
  /// that were never filled.
  func hiddenSlotCount(of process: ObjectID) -> Int {
    let hidden = capabilities.values.filter {
      guard holder(of: $0) == process else { return false }
      switch $0.place {
      case .binding, .message(_, nil): return true
      default: return false
      }
    }
    let spares = threads.values.filter { $0.process == process && $0.spare == .empty(slot: nil) }
    return hidden.count + spares.count
  }

  func isTableFull(of process: ObjectID) -> Bool {
    slotsInUse(of: process).count + hiddenSlotCount(of: process) >= Int(Limits.tableSlots) - 1
  }

  // MARK: Waits

  /// The threads whose wait ends when a capability goes or is moved.
  func threads(waitingThrough id: CapabilityID) -> [ObjectID] {
    threads.filter { $0.value.activity.depends(on: id) }.keys.sorted()
  }

  /// Whether the capability cannot be moved: memory is mapped through it, or too many wait.
  func isImmovable(_ ids: Set<CapabilityID>) -> Bool {
    let waits = Set(ids.flatMap { threads(waitingThrough: $0) })
    let cost = waits.reduce(0) { $0 + 1 + (threads[$1]?.activity.attachments.count ?? 0) }
    let mapped = Set(processes.values.flatMap(\.mappings).map(\.memory))
    return cost > 16 || !mapped.isDisjoint(with: ids)
  }

  /// Whether a message to the endpoint can still find a receiver.
  func canBeReceived(from endpoint: ObjectID) -> Bool {
    guard endpoints[endpoint]?.isDestroyed == false else { return false }
    return capabilities.values.contains { capability in
      guard capability.type == .endpoint, capability.object == endpoint else { return false }
      if case .binding = capability.place { return false }
      return capability.rights.includes(.read)
    }
  }

  // MARK: Threads, processes and budgets

  func threads(of process: ObjectID) -> [ObjectID] {
    threads.filter { $0.value.process == process }.keys.sorted()
  }

  func isAlive(_ thread: ObjectID) -> Bool {
    threads[thread].map { $0.activity != .ended } ?? false
  }

  /// Whether the thread may be the one that runs.
  func mayRun(_ id: ObjectID) -> Bool {
    guard let thread = threads[id], thread.activity == .runnable, !thread.isSuspended else {
      return false
    }
    return processes[thread.process]?.state == .running
  }

  func charged(to budget: ObjectID) -> Set<ObjectID> {
    Set(payers.filter { $0.value == budget }.keys)
  }

  /// Objects that a budget pays for: a child counts with its limit and itself, a mapping as one.
  public func objectsUsed(of budget: ObjectID) -> UInt64 {
    charged(to: budget).reduce(budgets[budget]?.unmodelledObjects ?? 0) { sum, object in
      let limit = budgets[object]?.objectLimit ?? 0
      return sum + 1 + limit + UInt64(processes[object]?.mappings.count ?? 0)
    }
  }

  func hasRoom(in budget: ObjectID, for objects: UInt64) -> Bool {
    let used = objectsUsed(of: budget)
    guard let limit = budgets[budget]?.objectLimit, used <= limit else { return false }
    return objects <= limit - used
  }
}

extension Activity {
  /// The capabilities without which the wait ends.
  func depends(on id: CapabilityID) -> Bool {
    switch self {
    case .sending(let message):
      message.through == id
        || message.attachments.contains { ($0.isMove ? $0.source : $0.copy) == id }
    case .receiving(let reception): reception.through == id
    case .waiting(_, let through): through == id
    default: false
    }
  }

  var attachments: [Attachment] {
    if case .sending(let message) = self { message.attachments } else { [] }
  }

  /// Whether it is to send a message that nobody answers.
  var isSendingPlainly: Bool {
    if case .sending(let message) = self { message.kind == .send } else { false }
  }

  /// The fault that somebody is to handle, or may be handling.
  var isReportedFault: Bool {
    switch self {
    case .sending(let message): message.kind == .fault
    case .awaitingAnswer(let kind, _): kind == .fault
    default: false
    }
  }

  var hasDeadline: Bool {
    switch self {
    case .sending, .receiving, .awaitingAnswer, .waiting: !isReportedFault
    default: false
    }
  }

  /// The state that `query` answers, but that `running` shows as `ready`.
  public var state: ThreadState {
    switch self {
    case .new: .new
    case .runnable: .ready
    case .sending: .sending
    case .receiving: .receiving
    case .awaitingAnswer: .awaitingReply
    case .waiting: .waiting
    case .faulted: .faulted
    case .ended: .ended
    }
  }
}
