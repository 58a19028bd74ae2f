import MnosABI

/// query of objects; lists are not modelled.
extension Attempt {
  mutating func query() {
    refuse(.badArgument, value: 1, if: argument(1) > QuerySubject.processes.rawValue)
    guard let id = lookUp(argument(0), needing: .read), let capability = world.capabilities[id]
    else { return }
    refuse(.wrongType, if: capability.type == .reply)
    guard !isRefused else { return }
    let known = facts(of: capability)
    let seen = change.completionSeen(of: caller)?.words ?? []
    let words = (0..<QueryWords.maximum).map { index -> UInt64 in
      guard index < known.count else { return 0 }
      return known[index] ?? (seen.count > index ? seen[index] : 0)
    }
    succeed(words: words)
  }

  /// The words that are told; nil is for time, bytes and other things of the kernel's own.
  private func facts(of capability: Capability) -> [UInt64?] {
    let object = capability.object
    switch capability.type {
    case .process: return world.processes[object].map { facts(of: $0, object) } ?? []
    case .thread: return world.threads[object].map(facts) ?? []
    case .memory: return [world.memories[object]?.byteCount, nil, nil]
    case .budget:
      let charged = world.charged(to: object)
      let members = charged.count { world.processes[$0] != nil || world.budgets[$0] != nil }
      return [
        nil, nil, world.budgets[object]?.objectLimit, world.objectsUsed(of: object),
        UInt64(members), nil, nil, nil,
      ]
    case .notification: return [world.notifications[object]?.word]
    case .endpoint:
      let counts = world.endpoints[object].map { [$0.senders.count, $0.receivers.count] } ?? []
      return counts.map { UInt64(min($0, 64)) }
    default: return Array(repeating: nil, count: QueryWords.maximum)
    }
  }

  private func facts(of process: Process, _ id: ObjectID) -> [UInt64?] {
    let held = world.capabilities.keys.count { world.isCounted($0, in: id) }
    return [
      UInt64(process.state.rawValue), process.exitValue,
      UInt64(world.threads(of: id).filter { world.isAlive($0) }.count), nil, nil,
      UInt64(held), process.fault?.address ?? 0, process.fault?.pc ?? 0,
    ]
  }

  private func facts(of thread: Thread) -> [UInt64?] {
    let running = UInt64(ThreadState.running.rawValue)
    let seen = change.completionSeen(of: caller)?.words.first
    let isRunning = thread.activity == .runnable && seen == running
    return [
      isRunning ? running : UInt64(thread.activity.state.rawValue), thread.exitValue,
      thread.priority, nil, thread.isSuspended ? 1 : 0,
    ]
  }
}

extension World {
  /// Whether a capability counts as held by a process: a right in a spare does not.
  fileprivate func isCounted(_ id: CapabilityID, in process: ObjectID) -> Bool {
    guard let capability = capabilities[id], holder(of: capability) == process else { return false }
    return !threads.values.contains { $0.spare == .holding(id) }
  }

  /// Whether the model knows what the call does: not lists, registers, devices, shares and the
  /// copying of leases.
  public func models(_ request: Request, by caller: ObjectID) -> Bool {
    guard let process = threads[caller]?.process else { return false }
    let handles = request.arguments + [request.words[0]]
    let types = handles.compactMap { find($0, in: process) }.map { capabilities[$0]?.type }
    let isOfDevice = types.contains { [.interrupt, .portRange, .dmaSpace].contains($0) }
    switch SyscallNumber(rawValue: UInt8(request.call.number)) {
    case .readRegisters, .writeRegisters, .acknowledge, .control, .access: return false
    case .query: return request.arguments[1] == 0 && !isOfDevice
    case .bind, .map, .unmap, .derive, .destroy: return !isOfDevice
    case .create: return modelsCreation(request)
    default: return true
    }
  }

  private func modelsCreation(_ request: Request) -> Bool {
    switch UInt8(exactly: request.arguments[1]).flatMap(ObjectType.init) {
    case .interrupt, .portRange, .dmaSpace: false
    case .memory: request.words[1] & ~UInt64(MemoryOptions.contiguous.bits) == 0
    case .budget: request.words[2] == 0 && request.words[3] == 0
    default: true
    }
  }
}
