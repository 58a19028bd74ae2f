import Libmnos

/// The process service.
extension InitServer {
  mutating func answer(
    _ request: ProcessProtocol.Request, _ client: ClientBadge,
    _ capabilities: inout ReceivedCapabilities, _ reply: consuming PendingReply<ProcessProtocol>
  ) -> Answered {
    switch request {
    case .spawn(let request): return spawn(request, for: client.process, &capabilities, reply)
    case .list(let first): return reply.succeed(list(from: first))
    case .kill(let number): return kill(number, reply)
    case .wait(let number): return wait(number, reply)
    case .service(let index):
      guard index < UInt32(services.count) else { return reply.succeed(.endOfList) }
      return reply.succeed(.service(services[Int(index)].info))
    case .capability(let number, let position):
      guard let process = handle(of: number) else { return reply.fail(.notFound) }
      return reply.succeed(Self.capability(of: process, from: position))
    case .thread(let number, let position):
      guard let process = handle(of: number) else { return reply.fail(.notFound) }
      return reply.succeed(Self.thread(of: process, from: position))
    case .stray(let first): return reply.succeed(stray(from: first))
    case .power(let operation):
      guard client.mayUsePower else { return reply.fail(.notPermitted) }
      return power(operation, reply)
    }
  }

  /// Returns only if the machine cannot.
  private func power(
    _ operation: PowerOperation, _ reply: consuming PendingReply<ProcessProtocol>
  ) -> Answered {
    switch operation {
    case .off: try? authority.machine.powerOff()
    case .reboot: try? authority.machine.reboot()
    }
    return reply.fail(.failed)
  }

  /// The process with the lowest number from `first` on: init itself, services, and others.
  private func list(from first: UInt32) -> ProcessProtocol.Reply {
    if first <= 1 { return .process(ownInfo) }
    var best: LoadedProcess?
    func consider(_ process: LoadedProcess) {
      guard process.number >= first else { return }
      if let found = best, found.number <= process.number { return }
      best = process
    }
    for service in services { if let process = service.process { consider(process) } }
    for process in spawned.running { consider(process) }
    guard let best else { return .endOfList }
    return .process(best.info())
  }

  private var ownInfo: ProcessInfo {
    let status = try? ownProcess.status()
    return ProcessInfo(
      1, ShortName("init"), priority: ownPriority, status: status,
      memoryByteCount: status?.memoryByteCount ?? 0)
  }

  // MARK: What processes have

  /// The capability to a process, its own or one that it started, or nil.
  private func handle(of number: UInt32) -> Handle? {
    if number == Self.ownNumber { return ownProcess.handle }
    return find(number)?.process.handle
  }

  private func find(_ number: UInt32) -> LoadedProcess? {
    spawned.find(number) ?? services.first { $0.process?.number == number }?.process
  }

  /// Of a process that has ended and is given up there is nothing left to list.
  private static func capability(
    of process: Handle, from position: UInt64
  ) -> ProcessProtocol.Reply {
    let step = Process.withBorrowed(process) { try? $0.nextCapability(from: position) }
    return switch step ?? .end {
    case .member(let listing): .capability(listing)
    case .goOn(let position): .goOn(from: position)
    case .end: .endOfList
    }
  }

  private static func thread(of process: Handle, from number: UInt64) -> ProcessProtocol.Reply {
    let step = Process.withBorrowed(process) { try? $0.nextThread(from: number) }
    return switch step ?? .end {
    case .member(let listing): .thread(listing)
    case .goOn(let number): .goOn(from: number)
    case .end: .endOfList
    }
  }

  private func stray(from first: UInt64) -> ProcessProtocol.Reply {
    StrayProcesses.next(
      from: first, on: authority.machine, numberOf: { number(ofKernelNumber: $0) })
  }

  /// The number of a process that it started, or its own, by the kernel's number for it.
  private func number(ofKernelNumber number: UInt64) -> UInt32? {
    if number == 1 { return Self.ownNumber }
    for service in services where service.process?.kernelNumber == number {
      return service.process?.number
    }
    return spawned.running.first { $0.kernelNumber == number }?.number
  }

  private mutating func kill(
    _ number: UInt32, _ reply: consuming PendingReply<ProcessProtocol>
  ) -> Answered {
    if number <= 1 { return reply.fail(.notPermitted) }
    guard let process = find(number) else { return reply.fail(.notFound) }
    process.isEndAsked = true
    process.kill()
    // What it had started ends before the answer, not when its signal comes.
    checkServices()
    checkSpawned()
    return reply.succeed(.done)
  }

  private mutating func wait(
    _ number: UInt32, _ reply: consuming PendingReply<ProcessProtocol>
  ) -> Answered {
    if let value = spawned.takeEnd(of: number) { return reply.succeed(.ended(exitValue: value)) }
    guard spawned.find(number) != nil else { return reply.fail(.notFound) }
    guard spawned.hasRoomForWaiter else { return reply.fail(.exhausted) }
    var held = Handle.none
    let answered = reply.postpone { held = $0.relinquish() }
    spawned.addWaiter(for: number, reply: held)
    return answered
  }

  /// Looks for processes that ended, and tells who waits for them. What one had started is
  /// further behind in the list, and so is found in the same pass.
  mutating func checkSpawned() {
    for process in spawned.running {
      guard let value = end(of: process) else { continue }
      // Before anybody is told: who waited may look at what is left.
      process.end()
      spawned.endAll(ownedBy: process.number)
      for handle in spawned.ended(process.number, value: value) {
        HeldReply<ProcessProtocol>(adopting: handle).succeed(.ended(exitValue: value))
      }
    }
  }
}
