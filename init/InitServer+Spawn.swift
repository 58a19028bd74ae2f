import Libmnos

/// Starting what a client asks for.
extension InitServer {
  mutating func spawn(
    _ request: SpawnRequest, for owner: UInt32, _ capabilities: inout ReceivedCapabilities,
    _ reply: consuming PendingReply<ProcessProtocol>
  ) -> Answered {
    guard !spawned.isFull else { return reply.fail(.exhausted) }
    // A client that ended with its request on the way is nobody's owner.
    guard isRunning(owner) else { return reply.fail(.notPermitted) }
    do throws(ProcessProtocol.Failure) {
      let process = try spawn(request, for: owner, &capabilities)
      spawned.add(process)
      return reply.succeed(.started(process: process.number))
    } catch {
      return reply.fail(error)
    }
  }

  private func isRunning(_ number: UInt32) -> Bool {
    spawned.find(number) != nil || services.contains { $0.process?.number == number }
  }

  private mutating func spawn(
    _ request: SpawnRequest, for owner: UInt32, _ capabilities: inout ReceivedCapabilities
  ) throws(ProcessProtocol.Failure) -> LoadedProcess {
    let arguments = try Self.readArguments(request, &capabilities)
    guard let name = SpawnArguments.programName(arguments) else { throw .badArguments }
    lastNumber += 1
    let defaults = Manifest.spawned
    let order = SpawnOrder(
      number: lastNumber, owner: owner, name: name, priority: defaults.priority,
      memoryLimit: defaults.memoryLimit, objectLimit: defaults.objectLimit,
      arguments: arguments)
    var prepared = try prepare(order, request, &capabilities)
    var next = request.programByteCount > 0 ? 2 : 1
    try Self.pass(request.hasConsole, "console", &next, &capabilities, to: &prepared)
    try Self.pass(request.hasFiles, "files", &next, &capabilities, to: &prepared)
    do throws(SpawnFailure) {
      try authority.give(
        .directory, to: prepared.loaded.process, number: order.number, in: &prepared.record)
      return try spawner.launch(prepared, supervisor: supervisor, machine: authority.machine)
    } catch {
      throw Self.failure(error)
    }
  }

  /// Loads the program that came along, or else the one at the first argument's path.
  private mutating func prepare(
    _ order: SpawnOrder, _ request: SpawnRequest, _ capabilities: inout ReceivedCapabilities
  ) throws(ProcessProtocol.Failure) -> PreparedProcess {
    if request.programByteCount > 0 {
      let program = try Self.mapBytes(1, request.programByteCount, &capabilities)
      return try prepare(order, program.bytes.extracting(0..<Int(request.programByteCount)))
    }
    let archive = archive
    guard let entry = archive.find(SpawnArguments.path(order.arguments)) else {
      throw .notFound
    }
    return try prepare(order, archive.contents(of: entry))
  }

  private mutating func prepare(
    _ order: SpawnOrder, _ file: Span<UInt8>
  ) throws(ProcessProtocol.Failure) -> PreparedProcess {
    do throws(SpawnFailure) {
      return try spawner.prepare(order, file)
    } catch {
      throw Self.failure(error)
    }
  }

  /// Copies the arguments out of the client's memory, which it may change at any time.
  private static func readArguments(
    _ request: SpawnRequest, _ capabilities: inout ReceivedCapabilities
  ) throws(ProcessProtocol.Failure) -> [UInt8] {
    let count = Int(request.argumentByteCount)
    guard count > 0, count <= StartRecord.argumentCapacity else { throw .badArguments }
    let memory = try mapBytes(0, UInt64(count), &capabilities)
    var arguments: [UInt8] = []
    arguments.write(memory.bytes.extracting(0..<count))
    return arguments
  }

  /// Maps the memory that came at `index`, which must hold at least `byteCount` bytes.
  private static func mapBytes(
    _ index: Int, _ byteCount: UInt64, _ capabilities: inout ReceivedCapabilities
  ) throws(ProcessProtocol.Failure) -> MappedMemory {
    do throws(SyscallStatus) {
      let memory: Memory = try capabilities.take(index)
      guard try memory.byteCount() >= byteCount else { throw .badArgument }
      return try MappedMemory(memory, rights: .read)
    } catch {
      throw error == .noMemory || error == .noSlot ? .exhausted : .badCapability
    }
  }

  /// Gives the send end that came at `next`, if the request says so, to the new process.
  private static func pass(
    _ isPresent: Bool, _ name: StaticString, _ next: inout Int,
    _ capabilities: inout ReceivedCapabilities, to prepared: inout PreparedProcess
  ) throws(ProcessProtocol.Failure) {
    guard isPresent else { return }
    guard let endpoint: SendEndpoint = try? capabilities.take(next),
      let rights = try? endpoint.inspect().rights
    else { throw .badCapability }
    next += 1
    do throws(SpawnFailure) {
      try Authority.give(
        endpoint, name, rights: rights, to: prepared.loaded.process, in: &prepared.record)
    } catch {
      throw .badCapability
    }
  }

  private static func failure(_ error: SpawnFailure) -> ProcessProtocol.Failure {
    switch error {
    case .badProgram: .badProgram
    case .tooManyGrants: .badArguments
    case .kernel(.noMemory), .kernel(.noSlot): .exhausted
    case .kernel(.badArgument): .badArguments
    case .kernel, .noProgram: .failed
    }
  }
}

/// What a spawn request's arguments say about the program. Pure.
enum SpawnArguments {
  /// The first argument.
  static func path(_ arguments: [UInt8]) -> [UInt8] {
    Array(arguments.prefix { $0 != 0 })
  }

  /// Its last path component, cut to what a short name holds; nil if there is none or the
  /// arguments have no end.
  static func programName(_ arguments: [UInt8]) -> ShortName? {
    guard arguments.last == 0 else { return nil }
    let path = path(arguments)
    let start = path.lastIndex(of: 0x2f).map { $0 + 1 } ?? 0
    let name = Array(path[start...].prefix(ShortName.capacity))
    return ShortName(name.span)
  }
}
