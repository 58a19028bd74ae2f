import Libmnos
import ProgramFormat

/// From what the kernel gives to a server that can start services.
extension InitServer {
  /// - Throws: `unavailable` without an initramfs, with a program for an unknown machine or
  ///   a manifest that cannot work; each with a line in the log that says so.
  init(
    _ start: borrowing StartContext, _ boot: BootInfo, _ machine: consuming Machine,
    _ log: inout Log
  ) throws(SyscallStatus) {
    let entries = Manifest.services
    try Self.check(entries, start, &log)
    guard boot.initramfs != 0, boot.initramfsByteCount > 0 else {
      throw Self.complain(&log, "there is no initramfs: nothing can be started")
    }
    let memory = Memory(adopting: Handle(rawValue: boot.initramfs))
    let first = Int(boot.initramfsOffset)
    let archive = try Archive(
      try MappedMemory(try memory.copy(rights: Rights.read.union(.copy)), rights: .read),
      range: first..<(first + Int(boot.initramfsByteCount)))
    try Self.check(archive.bytes, &log)
    let supervisor = try start.budget.makeNotification()
    try supervisor.bind(to: start.thread)
    let authority = Authority(
      machine: machine, archive: memory, endpoint: try start.budget.makeEndpoint(),
      devices: Self.devices(in: boot))
    let spawner = Spawner(
      budget: try start.budget.copy(rights: .all), machine: try Self.machine(boot, &log),
      seed: boot.randomSeed ^ Clock.now())
    self.init(
      entries, authority: authority, spawner: spawner, supervisor: supervisor,
      archive: archive, process: try start.process.copy(rights: .read),
      priority: try start.thread.status().priority)
  }

  private static func complain(_ log: inout Log, _ text: StaticString) -> SyscallStatus {
    log.begin(Name("init"))
    log.write(text)
    log.writeLine()
    return .unavailable
  }

  private static func check(
    _ entries: [ServiceEntry], _ start: borrowing StartContext, _ log: inout Log
  ) throws(SyscallStatus) {
    let priority = try start.thread.status().priority
    do throws(ManifestProblem) {
      try ManifestCheck.check(entries, highestPriority: priority)
    } catch {
      log.begin(error.name)
      throw complain(&log, error.reason)
    }
  }

  private static func check(
    _ archive: Span<UInt8>, _ log: inout Log
  ) throws(SyscallStatus) {
    do throws(TarError) {
      try TarArchive.check(archive)
    } catch {
      throw complain(&log, "the initramfs is not a sound tar archive")
    }
  }

  /// The CPU that init's own program file is for.
  private static func machine(
    _ boot: BootInfo, _ log: inout Log
  ) throws(SyscallStatus) -> ProgramMachine {
    let memory = Memory(adopting: Handle(rawValue: boot.program))
    let file = try MappedMemory(memory, rights: .read, byteCount: Limits.pageByteCount)
    let number = UInt16(file.bytes[18]) | UInt16(file.bytes[19]) << 8
    guard let machine = ProgramMachine(rawValue: number) else {
      throw complain(&log, "init's own program file names an unknown CPU")
    }
    return machine
  }

  private static func devices(in boot: BootInfo) -> [DeviceRecord] {
    let all = [boot.devices.0, boot.devices.1, boot.devices.2, boot.devices.3]
    return Array(all.prefix(Int(boot.deviceCount)))
  }
}

extension ManifestProblem {
  /// Which name it is about, and what is wrong with it.
  var name: Name {
    switch self {
    case .duplicateName(let name), .nobodyServes(let name), .circularNeed(let name),
      .priorityTooHigh(let name), .duplicateGrant(let name), .noBudget(let name),
      .badShare(let name), .tooManyShares(let name), .queueWithoutOneName(let name):
      name
    }
  }

  var reason: StaticString {
    switch self {
    case .duplicateName: "the manifest has this name twice"
    case .nobodyServes: "the manifest needs this name, and nobody serves it"
    case .circularNeed: "the manifest makes this service wait for itself"
    case .priorityTooHigh: "the manifest gives a priority that init does not have"
    case .duplicateGrant: "the manifest gives this service one capability twice"
    case .noBudget: "the manifest gives this service no memory or no objects"
    case .badShare: "the manifest gives this service no share of time, or one that cannot be"
    case .queueWithoutOneName: "the manifest keeps a queue for this service, and not for one name"
    case .tooManyShares: "with this service's the manifest shares out more time than there is"
    }
  }
}
