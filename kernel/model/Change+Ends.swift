import MnosABI

/// What ends when something goes: the ENDS tables of the manual's object pages.
extension Change {
  /// Ends a capability: its children become its parent's, what waits or is mapped through it ends.
  ///
  /// - Parameter isKept: For a reply right that was spent or whose caller went: a thread's spare
  ///   stays one.
  mutating func remove(_ id: CapabilityID, keepingSpare isKept: Bool = false) {
    releaseSpare(of: id, keeping: isKept)
    guard let capability = world.capabilities.removeValue(forKey: id) else { return }
    for child in world.children(of: id) { world.capabilities[child]?.parent = capability.parent }
    cancelWaits(through: id)
    for (process, state) in world.processes {
      world.processes[process]?.mappings = state.mappings.filter { $0.memory != id }
    }
    if capability.type == .reply, case .awaitingAnswer? = world.threads[capability.object]?.activity
    {
      endWait(of: capability.object, with: .peerGone)
    }
  }

  mutating func cancelWaits(through id: CapabilityID) {
    for thread in world.threads(waitingThrough: id) { endWait(of: thread, with: .cancelled) }
  }

  // MARK: Threads and processes

  /// Ends a thread; with its last one a process that ran ends.
  mutating func endThread(_ id: ObjectID, exitValue: UInt64) {
    guard world.isAlive(id), let process = world.threads[id]?.process else { return }
    withdraw(id)
    world.threads[id]?.activity = .ended
    world.threads[id]?.isSuspended = false
    world.threads[id]?.exitValue = exitValue
    completions[id] = nil
    if case .holding(let right)? = world.threads[id]?.spare { remove(right) }
    world.threads[id]?.spare = nil
    if let end = world.binding(.threadEnd, of: id), let capability = world.capabilities[end] {
      announce(through: capability)
    }
    for role in [BindingRole.threadNotification, .faultHandler, .threadEnd] {
      if let binding = world.binding(role, of: id) { remove(binding) }
    }
    let isLast = !world.threads(of: process).contains { world.isAlive($0) }
    if isLast && world.processes[process]?.state != .new {
      endProcess(process, exitValue: exitValue)
    }
  }

  /// Ends a process with all that its table holds. What was reported first stays: the exit value of
  /// one that a fault stopped.
  mutating func endProcess(_ id: ObjectID, exitValue: UInt64) {
    guard let process = world.processes[id], process.state != .ended else { return }
    world.processes[id]?.state = .ended
    let value = process.state == .stopped ? process.exitValue : exitValue
    world.processes[id]?.exitValue = value
    for thread in world.threads(of: id) { endThread(thread, exitValue: value) }
    world.processes[id]?.mappings = []
    let table = world.capabilities.filter { world.holder(of: $0.value) == id }.keys
    for capability in table.sorted() { remove(capability) }
    guard let supervisor = world.binding(.supervisor, of: id) else { return }
    if let capability = world.capabilities[supervisor] { announce(through: capability) }
    remove(supervisor)
  }

  /// A fault is reported to its handler like a call, or stops the process.
  mutating func fault(of thread: ObjectID, _ fault: Fault) {
    world.threads[thread]?.fault = fault
    guard let binding = world.binding(.faultHandler, of: thread),
      let handler = world.capabilities[binding], world.canBeReceived(from: handler.object)
    else { return stop(at: thread) }
    let report = Message(
      kind: .fault, endpoint: handler.object, through: binding, badge: handler.badge,
      words: fault.words)
    post(report, from: thread)
  }

  /// A fault that nobody handles: the process stands still if somebody supervises it, else it ends.
  mutating func stop(at thread: ObjectID) {
    guard let process = world.threads[thread]?.process, let fault = world.threads[thread]?.fault
    else { return }
    world.threads[thread]?.activity = .faulted
    guard world.processes[process]?.state == .running else { return }
    world.processes[process]?.fault = fault
    guard let supervisor = world.binding(.supervisor, of: process),
      let capability = world.capabilities[supervisor],
      world.notifications[capability.object]?.isDestroyed == false
    else { return endProcess(process, exitValue: fault.exitValue) }
    world.processes[process]?.state = .stopped
    world.processes[process]?.exitValue = fault.exitValue
    announce(through: capability)
  }

  // MARK: Objects that are destroyed

  /// Destroys an endpoint: who waits in its queues learns it. What reports to it stays bound.
  mutating func destroyEndpoint(_ id: ObjectID) {
    world.endpoints[id]?.isDestroyed = true
    let queued = (world.endpoints[id]?.senders ?? []) + (world.endpoints[id]?.receivers ?? [])
    for thread in queued { endWait(of: thread, with: .peerGone) }
  }

  /// Destroys a notification: who waits for it learns it, and no thread's receives look at it.
  mutating func destroyNotification(_ id: ObjectID) {
    world.notifications[id]?.isDestroyed = true
    for thread in world.notifications[id]?.waiters ?? [] { endWait(of: thread, with: .peerGone) }
    if let thread = world.boundThread(of: id),
      let binding = world.binding(.threadNotification, of: thread)
    {
      remove(binding)
    }
  }

  /// Ends all that is charged to a budget or to one below it, whoever names it, and the budget.
  mutating func destroyBudget(_ id: ObjectID) {
    let doomed = world.chargedBelow(id).union([id]).sorted()
    for object in doomed where world.endpoints[object] != nil { destroyEndpoint(object) }
    for object in doomed where world.notifications[object] != nil { destroyNotification(object) }
    for object in doomed where world.processes[object] != nil {
      endProcess(object, exitValue: ExitValue.killed)
    }
    for object in doomed { endThread(object, exitValue: ExitValue.killed) }
    for object in doomed + world.parts(of: Set(doomed)).sorted() {
      for name in world.names(of: object) { remove(name) }
    }
  }

  // MARK: Objects without a reason to live

  /// Ends one thing that nothing keeps any more.
  ///
  /// - Returns: Whether there was one.
  mutating func endOne() -> Bool {
    for (id, endpoint) in world.endpoints {
      guard let sender = endpoint.senders.first, !world.canBeReceived(from: id) else { continue }
      endWait(of: sender, with: .peerGone)
      return true
    }
    let names = Names(in: world)
    if let id = world.processes.keys.filter({ world.isForgotten($0, names) }).min() {
      endProcess(id, exitValue: ExitValue.killed)
      return true
    }
    let unnamed = world.payers.keys.filter { !names.objects.contains($0) && !world.isKept($0) }
    guard let id = unnamed.min() else { return false }
    if world.threads[id]?.activity == .new { endThread(id, exitValue: ExitValue.killed) }
    forget(id)
    return true
  }

  private mutating func forget(_ id: ObjectID) {
    world.payers[id] = nil
    world.endpoints[id] = nil
    world.notifications[id] = nil
    world.memories[id] = nil
    world.processes[id] = nil
    world.threads[id] = nil
    world.budgets[id] = nil
  }
}

/// What capabilities name, but for the rights to answer.
private struct Names {
  var objects: Set<ObjectID> = []
  /// The processes among them that another table than their own names.
  var knownToOthers: Set<ObjectID> = []

  init(in world: World) {
    for capability in world.capabilities.values where capability.type != .reply {
      objects.insert(capability.object)
      if capability.type == .process, world.holder(of: capability) != capability.object {
        knownToOthers.insert(capability.object)
      }
    }
  }
}

extension World {
  /// A process that nobody can reach: no name, or, once it is stopped, none in another table.
  fileprivate func isForgotten(_ id: ObjectID, _ names: Names) -> Bool {
    switch processes[id]?.state {
    case .new, .running: !names.objects.contains(id)
    case .stopped: !names.knownToOthers.contains(id)
    default: false
    }
  }

  /// What lives without a name: a started thread, a whole of which there are parts, the budget of
  /// something.
  fileprivate func isKept(_ id: ObjectID) -> Bool {
    if let thread = threads[id] { return thread.activity != .new && thread.activity != .ended }
    if budgets[id] != nil { return !charged(to: id).isEmpty }
    return memories.values.contains { $0.whole == id }
  }

  /// The parts of memories, and theirs.
  fileprivate func parts(of wholes: Set<ObjectID>) -> Set<ObjectID> {
    let parts = memories.filter { $0.value.whole.map(wholes.contains) ?? false }.keys
    return parts.isEmpty ? [] : Set(parts).union(self.parts(of: Set(parts)))
  }

  fileprivate func chargedBelow(_ budget: ObjectID) -> Set<ObjectID> {
    charged(to: budget).reduce(into: []) { $0.formUnion(chargedBelow($1).union([$1])) }
  }
}
