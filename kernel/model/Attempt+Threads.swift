import MnosABI

/// start, suspend, resume, setPriority, destroy, exit, and what binds and signals.
extension Attempt {
  mutating func start() {
    let thread = object(argument(0), .thread, needing: .manage)
    let isMisaligned = argument(1) % world.instructionByteCount != 0
    refuse(.badArgument, value: 1, if: argument(1) >= world.userEnd || isMisaligned)
    refuse(.badArgument, value: 2, if: argument(2) > world.userEnd)
    guard let thread, let owner = world.threads[thread]?.process else { return }
    let state = world.processes[owner]?.state
    refuse(.badState, if: world.threads[thread]?.activity != .new)
    refuse(.badState, if: state != .new && state != .running)
    guard !isRefused else { return }
    change.world.threads[thread]?.activity = .runnable
    change.world.processes[owner]?.state = .running
    succeed()
  }

  mutating func suspend() {
    guard let id = object(argument(0), .thread, needing: .manage), let thread = world.threads[id]
    else { return }
    let isStill = thread.isSuspended || thread.activity == .new || thread.activity == .ended
    refuse(.badState, if: isStill)
    guard !isRefused else { return }
    change.world.threads[id]?.isSuspended = true
    succeed()
  }

  mutating func resume() {
    guard let id = object(argument(0), .thread, needing: .manage) else { return }
    refuse(.badState, if: world.threads[id]?.isSuspended != true)
    guard !isRefused else { return }
    change.world.threads[id]?.isSuspended = false
    succeed()
  }

  mutating func setPriority() {
    let thread = object(argument(0), .thread, needing: .manage)
    let priority = argument(1)
    refuse(.badArgument, value: 1, if: priority > world.threads[caller]?.priority ?? 0)
    guard let thread else { return }
    refuse(.badState, if: !world.isAlive(thread))
    guard !isRefused else { return }
    change.world.threads[thread]?.priority = priority
    succeed()
  }

  mutating func exit() {
    guard !isRefused else { return }
    change.endThread(caller, exitValue: argument(0) & ~(ExitValue.killed | ExitValue.faulted))
  }

  mutating func destroy() {
    let types: Set<ObjectType> = [.process, .thread, .endpoint, .notification, .budget]
    guard let id = lookUp(argument(0), as: types, needing: .manage),
      let capability = world.capabilities[id]
    else { return }
    let object = capability.object
    refuse(.badState, if: !world.canBeDestroyed(object))
    guard !isRefused else { return }
    switch capability.type {
    case .process: change.endProcess(object, exitValue: ExitValue.killed)
    case .thread: change.endThread(object, exitValue: ExitValue.killed)
    case .endpoint: change.destroyEndpoint(object)
    case .notification: change.destroyNotification(object)
    default: change.destroyBudget(object)
    }
    succeed()
  }

  // MARK: Notifications

  mutating func signal() {
    guard let id = lookUp(argument(0), as: [.notification], needing: .write),
      let capability = world.capabilities[id]
    else { return }
    refuse(.peerGone, if: world.notifications[capability.object]?.isDestroyed == true)
    guard !isRefused else { return }
    change.signal(through: capability)
    succeed()
  }

  mutating func wait() {
    guard let id = lookUp(argument(0), as: [.notification], needing: .read),
      let object = world.capabilities[id]?.object, let notification = world.notifications[object]
    else { return }
    let isPoll = argument(1) == Deadline.poll
    refuse(.peerGone, if: notification.isDestroyed)
    refuse(.wouldBlock, if: isPoll && notification.word == 0)
    guard !isRefused else { return }
    guard notification.word == 0 else { return succeed(value: change.takeWord(of: object)) }
    change.world.threads[caller]?.activity = .waiting(for: object, through: id)
    change.world.notifications[object]?.waiters.append(caller)
  }

  // MARK: bind

  mutating func bind() {
    guard let source = lookUp(argument(0)), let subject = world.capabilities[source] else { return }
    let needed: Rights = subject.type == .notification ? .read : .manage
    refuse(.noRight, if: !subject.rights.includes(needed))
    guard [.notification, .thread, .process].contains(subject.type) else {
      return refuse(.wrongType)
    }
    guard argument(1) != 0 else { return unbind(subject) }
    guard let target = lookUp(argument(1)), let capability = world.capabilities[target] else {
      return
    }
    let types = [subject.type, capability.type]
    switch types {
    case [.notification, .thread]:
      let isBound = world.boundThread(of: subject.object) != nil
      refuse(.badState, if: isBound || world.notifications[subject.object]?.isDestroyed == true)
      refuse(.badState, if: !world.isAlive(capability.object))
      refuse(.noRight, if: !capability.rights.includes(.manage))
      bind(.threadNotification, of: capability.object, to: source, with: .read)
    case [.thread, .endpoint]:
      bindThread(.faultHandler, subject, to: target)
    case [.thread, .notification]:
      bindThread(.threadEnd, subject, to: target)
    case [.process, .notification]:
      refuse(.badState, if: world.processes[subject.object]?.state == .ended)
      refuse(.noRight, if: !capability.rights.includes(.write))
      bind(.supervisor, of: subject.object, to: target, with: .write)
    default: refuse(.wrongType)
    }
    refuse(.badState, if: world.threads[subject.object].map { $0.activity == .ended } ?? false)
  }

  private mutating func bindThread(
    _ role: BindingRole, _ subject: Capability, to target: CapabilityID
  ) {
    refuse(.badState, if: !world.isAlive(subject.object))
    refuse(.noRight, if: world.capabilities[target]?.rights.includes(.write) == false)
    bind(role, of: subject.object, to: target, with: .write)
  }

  /// Keeps a child of `parent` in the caller's table for the binding.
  private mutating func bind(
    _ role: BindingRole, of subject: ObjectID, to parent: CapabilityID, with rights: Rights
  ) {
    guard let capability = world.capabilities[parent] else { return }
    let isDestroyed =
      world.endpoints[capability.object]?.isDestroyed == true
      || world.notifications[capability.object]?.isDestroyed == true
    refuse(.badState, if: isDestroyed || world.binding(role, of: subject) != nil)
    refuse(.noSlot, if: world.isTableFull(of: process))
    scarcities.insert(.noMemory)
    guard !isRefused else { return }
    change.world.add(
      capability.copy(
        of: parent, rights: rights, at: .binding(role, subject: subject, process: process)))
    // A word that is there already reaches a thread that receives already.
    if role == .threadNotification { change.offerWord(of: capability.object) }
    succeed()
  }

  private mutating func unbind(_ subject: Capability) {
    let bindings: [CapabilityID]
    switch subject.type {
    case .notification:
      let thread = world.boundThread(of: subject.object)
      bindings = [thread.flatMap { world.binding(.threadNotification, of: $0) }].compactMap { $0 }
    case .thread:
      bindings = [BindingRole.faultHandler, .threadEnd].compactMap {
        world.binding($0, of: subject.object)
      }
    default: bindings = [world.binding(.supervisor, of: subject.object)].compactMap { $0 }
    }
    refuse(.badState, if: bindings.isEmpty)
    guard !isRefused else { return }
    for binding in bindings { change.remove(binding) }
    succeed()
  }
}

extension World {
  fileprivate func canBeDestroyed(_ object: ObjectID) -> Bool {
    if let process = processes[object] { return process.state != .ended }
    if threads[object] != nil { return isAlive(object) }
    if let endpoint = endpoints[object] { return !endpoint.isDestroyed }
    if let notification = notifications[object] { return !notification.isDestroyed }
    return payers[object] != nil
  }
}
