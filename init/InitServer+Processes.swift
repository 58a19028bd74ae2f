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

  private mutating func kill(
    _ number: UInt32, _ reply: consuming PendingReply<ProcessProtocol>
  ) -> Answered {
    if number <= 1 { return reply.fail(.notPermitted) }
    if let process = spawned.find(number) {
      process.kill()
    } else if let service = services.first(where: { $0.process?.number == number }) {
      service.process?.kill()
    } else {
      return reply.fail(.notFound)
    }
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
