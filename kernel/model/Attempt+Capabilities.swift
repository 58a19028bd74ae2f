import MnosABI

/// copy, move, delete, revoke, derive, inspect and create.
extension Attempt {
  mutating func copy() {
    let rights = Rights(bits: UInt16(truncatingIfNeeded: word(0)))
    let badge = word(1)
    let source = lookUp(argument(0), needing: .copy.union(rights))
    let target = checkTarget()
    refuse(.badArgument, value: 3, if: word(0) & ~UInt64(Rights.all.bits) != 0)
    guard let source, let capability = world.capabilities[source] else { return }
    let takesBadge = [.endpoint, .notification].contains(capability.type)
    let isOther = capability.badge != 0 && badge != capability.badge
    refuse(.badArgument, value: 4, if: badge != 0 && (!takesBadge || isOther))
    guard let target, !isRefused else { return }
    let handle = takeSlot(in: target)
    change.world.add(
      capability.copy(
        of: source, rights: rights, badge: badge == 0 ? capability.badge : badge,
        at: .slot(process: target, handle: handle)))
    succeed(value: UInt64(handle))
  }

  mutating func move() {
    let target = checkTarget()
    let isAway = target != nil && target != process
    let source = lookUp(argument(0), needing: isAway ? .transfer : .none)
    if let source { refuse(.badState, if: world.isImmovable([source])) }
    guard let source, let target, !isRefused else { return }
    let handle = takeSlot(in: target)
    change.cancelWaits(through: source)
    change.put(source, into: target, as: handle)
    succeed(value: UInt64(handle))
  }

  /// The process to whose table a capability is to go, with its slot checked.
  private mutating func checkTarget() -> ObjectID? {
    let target = destination(argument(1))
    checkSlot(in: target)
    if let target { refuse(.badState, if: world.processes[target]?.state == .ended) }
    return target
  }

  mutating func delete() {
    guard let capability = lookUp(argument(0)), !isRefused else { return }
    change.remove(capability)
    succeed()
  }

  mutating func revoke() {
    guard let ancestor = lookUp(argument(0)), !isRefused else { return }
    for descendant in world.descendants(of: ancestor).sorted() { change.remove(descendant) }
    guard world.capabilities[ancestor] != nil else {
      return change.complete(caller, Completion(.cancelled))
    }
    succeed()
  }

  mutating func derive() {
    let rights = Rights(bits: UInt16(truncatingIfNeeded: word(1)))
    let source = lookUp(argument(0), as: [.memory, .portRange], needing: .copy.union(rights))
    checkSlot(in: process)
    refuse(.badArgument, value: 4, if: word(1) & ~UInt64(Rights.all.bits) != 0)
    let budget = world.payers[process]
    if let budget { refuse(.noSlot, if: !world.hasRoom(in: budget, for: 1)) }
    guard let source, let capability = world.capabilities[source],
      let memory = world.memories[capability.object]
    else { return }
    let isOffsetBad = argument(1) >= memory.byteCount || !isPageMultiple(argument(1))
    let rest = memory.byteCount - min(argument(1), memory.byteCount)
    refuse(.badArgument, value: 1, if: isOffsetBad)
    // An offset and a length that are too large together: either may be blamed.
    refuse(.badArgument, value: 1, if: word(0) > rest && word(0) <= memory.byteCount)
    refuse(
      .badArgument, value: 3, if: word(0) == 0 || word(0) > rest || !isPageMultiple(word(0)))
    guard !isRefused else { return }
    let handle = takeSlot(in: process)
    let part = change.world.makeObject(chargedTo: budget)
    change.world.memories[part] = Memory(byteCount: word(0), whole: capability.object)
    change.world.add(
      Capability(
        .memory, part, rights: rights, parent: source,
        at: .slot(process: process, handle: handle)))
    succeed(value: UInt64(handle))
  }

  mutating func inspect() {
    let first = lookUp(argument(0)).flatMap { world.capabilities[$0] }
    let second = argument(1) == 0 ? nil : lookUp(argument(1)).flatMap { world.capabilities[$0] }
    guard let first, !isRefused else { return }
    let isSame = second.map { $0.type == first.type && $0.object == first.object } ?? false
    let isCharged =
      first.type != .reply && second?.type == .budget
      && world.payers[first.object] == second?.object
    let isListed =
      first.type == .process && second?.type == .machine
      || first.type == .thread && second?.type == .process
        && world.threads[first.object]?.process == second?.object
    let isTold = isListed && second?.rights.includes(.read) == true
    let seen = change.completionSeen(of: caller)?.words ?? []
    // The number is the kernel's; it is never 0.
    let number = !isTold ? 0 : seen.count == 6 && seen[5] != 0 ? seen[5] : 1
    succeed(words: [
      UInt64(first.type.rawValue), UInt64(first.rights.bits), first.badge, isSame ? 1 : 0,
      isCharged ? 1 : 0, number,
    ])
  }

  // MARK: create

  mutating func create() {
    let budget = object(argument(0), .budget, needing: .write)
    checkSlot(in: process)
    let type = UInt8(exactly: argument(1)).flatMap(ObjectType.init)
    var host: ObjectID?
    var objects: UInt64 = 1
    switch type {
    case .endpoint, .notification, .process: break
    case .memory: checkMemory()
    case .thread: host = checkThread()
    case .budget:
      refuse(.badArgument, value: 3, if: word(0) >= 1 << 63)
      refuse(.badArgument, value: 4, if: word(1) >= 1 << 63)
      objects += min(word(1), 1 << 63)
    default: refuse(.badArgument, value: 1)
    }
    if let budget { refuse(.noSlot, if: !world.hasRoom(in: budget, for: objects)) }
    guard let budget, let type, !isRefused else { return }
    let handle = takeSlot(in: process)
    let object = change.world.makeObject(chargedTo: budget)
    add(object, of: type, in: host)
    change.world.add(Capability(type, object, at: .slot(process: process, handle: handle)))
    succeed(value: UInt64(handle))
  }

  private mutating func add(_ object: ObjectID, of type: ObjectType, in host: ObjectID?) {
    switch type {
    case .endpoint: change.world.endpoints[object] = Endpoint()
    case .notification: change.world.notifications[object] = Notification()
    case .process: change.world.processes[object] = Process()
    case .memory: change.world.memories[object] = Memory(byteCount: word(0))
    case .thread:
      change.world.threads[object] = Thread(in: host ?? process, priority: word(1))
    default: change.world.budgets[object] = Budget(objectLimit: word(1))
    }
  }

  private mutating func checkMemory() {
    let options = MemoryOptions(bits: word(1))
    refuse(
      .badArgument, value: 3,
      if: word(0) == 0 || !isPageMultiple(word(0)) || word(0) > 1 << 40)
    refuse(.badArgument, value: 4, if: !options.isDefined)
    let leavesNoRoom = word(2) != 0 && word(2) < word(0)
    refuse(.badArgument, value: 5, if: !isPageMultiple(word(2)) || leavesNoRoom)
    let isAlignment =
      word(3).nonzeroBitCount == 1 && word(3) >= Limits.pageByteCount && word(3) <= 1 << 40
    let isMisplaced = !isAlignment || !options.includes(.contiguous)
    refuse(.badArgument, value: 6, if: word(3) != 0 && isMisplaced)
  }

  private mutating func checkThread() -> ObjectID? {
    refuse(.badArgument, value: 4, if: word(1) > world.threads[caller]?.priority ?? 0)
    guard let host = object(word(0), .process, needing: .manage) else { return nil }
    let state = world.processes[host]?.state
    refuse(.badState, if: state == .stopped || state == .ended)
    return host
  }

  func isPageMultiple(_ count: UInt64) -> Bool { count % Limits.pageByteCount == 0 }
}
