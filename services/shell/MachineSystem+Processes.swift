import Libmnos

// Processes and the machine.
extension MachineSystem {
  func processes() throws(SystemFailure) -> [ProcessInfo] {
    var processes: [ProcessInfo] = []
    var next: UInt32 = 0
    while case .process(let info) = try processService.ask(.list(from: next)) {
      processes.append(info)
      next = info.number + 1
    }
    return processes
  }

  func strays(_ body: (StrayInfo) -> Bool) throws(SystemFailure) {
    var next: UInt64 = 0
    while true {
      switch try processService.ask(.stray(from: next)) {
      case .stray(let info):
        guard body(info) else { return }
        next = info.number + 1
      case .goOn(let number): next = number
      default: return
      }
    }
  }

  func capabilities(
    of process: UInt32, _ body: (CapabilityListing) -> Bool
  ) throws(SystemFailure) {
    var next: UInt64 = 0
    while true {
      switch try processService.ask(.capability(of: process, from: next)) {
      case .capability(let listing):
        guard body(listing) else { return }
        next = UInt64(listing.slot) + 1
      case .goOn(let slot): next = slot
      default: return
      }
    }
  }

  func threads(of process: UInt32, _ body: (ThreadListing) -> Bool) throws(SystemFailure) {
    var next: UInt64 = 0
    while case .thread(let listing) = try processService.ask(.thread(of: process, from: next)) {
      guard body(listing) else { return }
      next = listing.number + 1
    }
  }

  func services() throws(SystemFailure) -> [ServiceInfo] {
    var services: [ServiceInfo] = []
    while case .service(let info) = try processService.ask(
      .service(at: UInt32(services.count)))
    { services.append(info) }
    return services
  }

  func kill(_ process: UInt32) throws(SystemFailure) {
    _ = try processService.ask(.kill(process))
  }

  func power(_ operation: PowerOperation) throws(SystemFailure) {
    _ = try processService.ask(.power(operation))
  }

  func capabilities() -> [HeldCapability] {
    var held = given
    if let handle = console?.endpoint.handle { held.append((Text.bytes("console"), handle)) }
    if let handle = files?.service.endpoint.handle { held.append((Text.bytes("vfs"), handle)) }
    var capabilities: [HeldCapability] = []
    for (name, handle) in held {
      guard let inspection = try? Inspection(of: handle) else { continue }
      capabilities.append(HeldCapability(name: name, handle: handle, inspection: inspection))
    }
    return capabilities
  }

  func memory() throws(SystemFailure) -> MemoryReport {
    guard let usage = try? budget.usage() else {
      throw SystemFailure(text: "the shell's budget does not answer")
    }
    return MemoryReport(machine: try? machine?.statistics(), budget: usage)
  }

  func run(_ path: [UInt8], _ arguments: [[UInt8]]) throws(SystemFailure) -> ProgramEnd {
    let started: Result<UInt32, SystemFailure>
    do throws(SyscallStatus) {
      started = try spawn(path, arguments)
    } catch {
      throw SystemFailure(text: "not enough memory or capabilities to start it")
    }
    let number = try started.get()
    waiter.begin(number)
    while true {
      let bits = waitForSignals()
      if bits & Self.interruptBit != 0 { _ = try? processService.ask(.kill(number)) }
      if bits & Self.endBit != 0 { return ProgramEnd(exitValue: waiter.exitValue) }
    }
  }

  /// Asks init for a process: from the archive, or from a copy of a file in memory.
  private func spawn(
    _ path: [UInt8], _ arguments: [[UInt8]]
  ) throws(SyscallStatus) -> Result<UInt32, SystemFailure> {
    var record = Array(path.dropFirst())
    record.append(0)
    for argument in arguments.dropFirst() { record += argument + [0] }
    var attachments = Attachments()
    attachments.attach(try share(record))
    var request = SpawnRequest(argumentByteCount: UInt32(record.count))
    if path.starts(with: Text.bytes("/tmp/")) {
      guard let program = try copyOfFile(path) else {
        return .failure(SystemFailure(text: "cannot be read"))
      }
      request.programByteCount = program.byteCount
      attachments.attach(program.takeMemory())
    }
    connectConsole()
    if console != nil {
      request.hasConsole = true
      Self.attachCopy(of: console!, to: &attachments)
    }
    if files != nil {
      request.hasFiles = true
      Self.attachCopy(of: files!, to: &attachments)
    }
    return processService.spawn(request, attachments)
  }

  private static func attachCopy(
    of files: borrowing FileClient, to attachments: inout Attachments
  ) {
    attachments.attachCopy(of: files.service.endpoint, rights: ReceiveEndpoint.senderRights)
  }

  private static func attachCopy(
    of console: borrowing Client<ConsoleProtocol>, to attachments: inout Attachments
  ) {
    attachments.attachCopy(of: console.endpoint, rights: ReceiveEndpoint.senderRights)
  }

  /// Memory with a copy of a file, to give away; nil if the file cannot be read.
  ///
  /// The file goes there piece by piece: the heap would hold it twice over.
  private func copyOfFile(_ path: [UInt8]) throws(SyscallStatus) -> SharedFile? {
    guard let byteCount = try? status(path).byteCount else { return nil }
    let memory = try budget.makeMemory(byteCount: max(byteCount, 1))
    let shared = try memory.copy(rights: Rights.read.union(.transfer).union(.copy))
    var mapped = try MappedMemory(memory)
    var end = 0
    do throws(FileSystemError) {
      try read(path) { (piece) in
        var span = mapped.mutableBytes
        let count = min(piece.count, Int(byteCount) - end)
        for index in 0..<count { span[end + index] = piece[index] }
        end += count
        return end < Int(byteCount)
      }
    } catch {
      return nil
    }
    return SharedFile(shared, byteCount: byteCount)
  }

  /// Memory with a copy of `bytes`, to give away.
  private func share(_ bytes: [UInt8]) throws(SyscallStatus) -> Memory {
    let memory = try budget.makeMemory(byteCount: UInt64(max(bytes.count, 1)))
    let shared = try memory.copy(rights: Rights.read.union(.transfer).union(.copy))
    var mapped = try MappedMemory(memory)
    var span = mapped.mutableBytes
    for index in bytes.indices { span[index] = bytes[index] }
    return shared
  }
}

/// A file's bytes in memory that may be given away.
struct SharedFile: ~Copyable {
  let byteCount: UInt64
  private let memory: Memory

  init(_ memory: consuming Memory, byteCount: UInt64) {
    self.memory = memory
    self.byteCount = byteCount
  }

  consuming func takeMemory() -> Memory { memory }
}
