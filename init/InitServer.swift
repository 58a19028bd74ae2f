import Libmnos
import ProgramFormat

/// Init at work: starts services, watches them, and answers clients.
struct InitServer: Server, ~Copyable {
  typealias API = InitInterface
  static var acceptedCapabilityCount: Int { 4 }

  let authority: Authority
  let supervisor: Notification
  let archive: Archive
  var spawner: Spawner
  var log: Log
  var services: [Service] = []
  var spawned = SpawnedProcesses()
  var directory: NameDirectory
  /// Init's own number; services and others follow.
  static var ownNumber: UInt32 { 1 }
  var lastNumber = ownNumber
  let ownProcess: Process
  let ownPriority: UInt8

  init(
    _ entries: [ServiceEntry], authority: consuming Authority, spawner: consuming Spawner,
    supervisor: consuming Notification, archive: Archive, process: consuming Process,
    priority: UInt8
  ) {
    log = Log(to: authority.machine)
    self.authority = authority
    self.spawner = spawner
    self.supervisor = supervisor
    self.archive = archive
    ownProcess = process
    ownPriority = priority
    directory = NameDirectory(entries)
    for entry in entries { services.append(Service(entry)) }
  }

  mutating func handle(
    _ request: InitInterface.Request, from badge: UInt64,
    with capabilities: inout ReceivedCapabilities, reply: consuming PendingReply<InitInterface>
  ) -> Answered {
    let client = ClientBadge(badge)
    switch request {
    case .names(let request):
      let reply = reply.narrowed(to: NameProtocol.self)
      guard client.mayUseDirectory else { return reply.fail(.notPermitted) }
      return answer(request, client, &capabilities, reply)
    case .processes(let request):
      let reply = reply.narrowed(to: ProcessProtocol.self)
      guard client.mayUseProcesses else { return reply.fail(.notPermitted) }
      return answer(request, client, &capabilities, reply)
    }
  }

  mutating func handleSignals(_ bits: UInt64) {
    checkServices()
    checkSpawned()
    startServices()
  }

  /// When the next service is due, or never.
  var nextDeadline: UInt64 {
    var next = Deadline.never
    for service in services where service.state == .waiting {
      guard needsAreServed(service), let time = service.startTime else { continue }
      next = min(next, time)
    }
    return next
  }

  mutating func handleDeadline() { startServices() }
}

/// Services: start and restart.
extension InitServer {
  /// Starts every service that is due and whose needs are served.
  mutating func startServices() {
    reserveShares()
    let now = Clock.now()
    for index in services.indices {
      let service = services[index]
      guard service.state == .waiting, let time = service.startTime, time <= now,
        needsAreServed(service)
      else { continue }
      start(service)
      if service.isGivenUp { giveUp(index) }
    }
  }

  /// Tells all who wait for a service, at its queue or for its name, that it will not come.
  private mutating func giveUp(_ index: Int) {
    services[index].queue = nil
    let (dropped, waiters) = directory.ownerGivenUp(index)
    for endpoint in dropped { endpoint.delete() }
    for waiter in waiters { answerWaiter(waiter) }
  }

  /// The queue of a service whose manifest has one kept, made at its first start.
  private mutating func queue(of service: Service) throws(SyscallStatus) -> ServiceQueue? {
    guard service.entry.keepsQueue else { return nil }
    if let queue = service.queue { return queue }
    let queue = try spawner.makeQueue()
    let sender = try queue.makeSender()
    service.queue = queue
    for waiter in directory.keep(service.entry.serves[0], sender.relinquish()) {
      answerWaiter(waiter)
    }
    return queue
  }

  private func needsAreServed(_ service: Service) -> Bool {
    service.entry.needs.allSatisfy { directory.isServed($0) }
  }

  private mutating func start(_ service: Service) {
    let entry = service.entry
    lastNumber += 1
    let number = lastNumber
    // Back before the call returns, and nobody runs before this: init has the highest priority.
    service.reserve = nil
    do throws(SpawnFailure) {
      service.process = try spawn(service, number)
      service.process?.isReported = true
    } catch {
      log.begin(entry.name.asName)
      switch error {
      case .badProgram(let problem):
        service.isMissing = true
        log.write("its program is ")
        log.write(problem.reason)
      case .noProgram:
        service.isMissing = true
        log.write("its program /")
        log.write(entry.path)
        log.write(" is not in the initramfs")
      case .kernel(let status):
        log.write("cannot be started: ")
        log.write(status.words)
        log.writeLine()
        planRestart(service, startedAt: Clock.now(), exitValue: UInt64(status.rawValue))
        return reserveShares()
      case .tooManyGrants:
        service.isMissing = true
        log.write("its manifest grants more than a program can be given")
      }
      log.writeLine()
    }
  }

  private mutating func spawn(
    _ service: Service, _ number: UInt32
  ) throws(SpawnFailure) -> LoadedProcess {
    let entry = service.entry
    let archive = archive
    var path: [UInt8] = []
    path.write(entry.path)
    guard let program = archive.find(path) else { throw .noProgram }
    let order = SpawnOrder(
      number: number, owner: Self.ownNumber, name: entry.name, priority: entry.priority,
      memoryLimit: entry.memoryLimit, objectLimit: entry.objectLimit,
      share: entry.share, arguments: arguments(of: entry))
    var prepared = try spawner.prepare(order, archive.contents(of: program))
    for grant in entry.grants {
      try authority.give(
        grant, to: prepared.loaded.process, number: number, in: &prepared.record)
    }
    let queue: ServiceQueue?
    do throws(SyscallStatus) {
      queue = try self.queue(of: service)
    } catch {
      throw .kernel(error)
    }
    try queue?.give(to: prepared.loaded.process, in: &prepared.record)
    return try spawner.launch(prepared, supervisor: supervisor, machine: authority.machine)
  }

  /// Its name; and for who reads the archive, where in the memory that is.
  private func arguments(of entry: ServiceEntry) -> [UInt8] {
    var text: [UInt8] = []
    text.write(entry.name)
    text.write(byte: 0)
    guard entry.grants.contains(.archive) else { return text }
    text.write(decimal: UInt64(archive.range.lowerBound))
    text.write(byte: 0)
    text.write(decimal: UInt64(archive.range.count))
    text.write(byte: 0)
    return text
  }

  /// Looks for services that ended or stopped, and plans their next start.
  mutating func checkServices() {
    for index in services.indices {
      let service = services[index]
      guard let process = service.process, let end = end(of: process) else { continue }
      for endpoint in directory.ownerEnded(index) { endpoint.delete() }
      service.process = nil
      process.end()
      // At once, and not when the next instance starts: who waits through it may go on.
      service.queue?.takeBack()
      spawned.endAll(ownedBy: process.number)
      planRestart(
        service, startedAt: process.startTime, exitValue: end, wasAsked: process.isEndAsked)
      if service.isGivenUp { giveUp(index) }
    }
    // What was given up above is back, unless it is much: then the next look finds it.
    reserveShares()
  }

  /// Keeps the shares of the CPU's time of services that are to be started again.
  private mutating func reserveShares() {
    for service in services
    where service.process == nil && service.reserve == nil && service.startTime != nil
      && !service.isMissing
    {
      service.reserve = spawner.reserve(service.entry.share)
    }
  }

  private mutating func planRestart(
    _ service: Service, startedAt start: UInt64, exitValue: UInt64, wasAsked: Bool = false
  ) {
    let now = Clock.now()
    service.startTime = service.policy.ended(
      startedAt: start, now: now, exitValue: exitValue, rule: service.entry.restart,
      wasAsked: wasAsked)
    guard let time = service.startTime, RestartPolicy.isNoticed(time &- now) else { return }
    log.begin(service.entry.name.asName)
    log.write("ended too often; starts again in ")
    log.write(decimal: (time &- now) / 1_000_000)
    log.write(" ms")
    log.writeLine()
  }

  /// The exit value of a process that ended or stands still after a fault, which is ended
  /// here; nil while it runs.
  mutating func end(of process: LoadedProcess) -> UInt64? {
    guard let status = process.status() else { return nil }
    switch status.state {
    case .new, .running: return nil
    case .ending, .ended:
      if process.isReported, status.exitValue != 0 { report(process, status.exitValue) }
      return status.exitValue
    case .stopped:
      report(process, status.exitValue)
      log.begin(process.name.asName)
      log.write("at address 0x")
      log.write(hexadecimal: status.faultAddress)
      log.write(", pc image + 0x")
      log.write(hexadecimal: status.faultProgramCounter &- process.imageBase)
      log.writeLine()
      process.kill()
      return status.exitValue
    }
  }

  private mutating func report(_ process: LoadedProcess, _ value: UInt64) {
    log.begin(process.name.asName)
    ProgramEnd(exitValue: value).write(to: &log)
    log.write(", process ")
    log.write(decimal: UInt64(process.number))
    log.writeLine()
  }
}
