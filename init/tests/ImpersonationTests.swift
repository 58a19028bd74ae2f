import LibmnosHost
import Testing

@testable import InitService
@testable import Libmnos

/// What those may not do who have init's endpoint for something else: to end, start or stand in
/// for others.
struct ImpersonationTests {
  private static var services: [ServiceEntry] {
    [
      entry("first", serves: ["x"]), entry("second", serves: ["y"], keepsQueue: true),
      entry("third", grants: [.directory, .processes(mayUsePower: false)]),
    ]
  }
  /// Of the services, in order; what users start follows.
  private static let numbers: [UInt32] = [2, 3, 4]

  private func makeServer(_ kernel: InitKernel) throws -> InitServer {
    let archive =
      [TarBlock.file("bin/program", TestProgram().bytes)].flatMap { $0 }
      + [UInt8](repeating: 0, count: 1024)
    let memory = kernel.makeMemory(archive)
    let authority = Authority(
      machine: Machine(adopting: kernel.make(.machine)),
      archive: Memory(adopting: kernel.make(.memory)),
      endpoint: ReceiveEndpoint(adopting: kernel.make(.endpoint)), devices: [])
    let spawner = Spawner(
      budget: Budget(adopting: kernel.make(.budget)), machine: .x86_64, seed: 7)
    var server = InitServer(
      Self.services, authority: authority, spawner: spawner,
      supervisor: Notification(adopting: kernel.make(.notification)),
      archive: try Archive(MappedMemory(memory, rights: .read), range: 0..<archive.count),
      process: Process(adopting: kernel.make(.process)), priority: 255)
    server.startServices()
    kernel.calls = []
    return server
  }

  /// - Parameter brings: A capability that comes along.
  /// - Returns: The first word of the answer; nil if it is kept for later.
  private func ask(
    _ server: inout InitServer, _ request: InitInterface.Request, as badge: ClientBadge,
    bringing handle: Handle = .none
  ) -> UInt64? {
    var capabilities = ReceivedCapabilities(
      adopting: [handle, .none, .none, .none], count: handle == .none ? 0 : 1)
    let reply = PendingReply<InitInterface>(ReplyRight(adopting: Handle(rawValue: 900)))
    let answered = server.handle(
      request, from: badge.rawValue, with: &capabilities, reply: reply)
    return answered.message?.words[0]
  }

  /// Who serves what, and the processes that run.
  private func state(_ server: borrowing InitServer) -> [String] {
    ["x", "y", "z"].map { "\(server.directory.find(Name(Array($0.utf8).span)!))" }
      + server.services.map { "\($0.process?.number ?? 0) \($0.state) \($0.isGivenUp)" }
      + server.spawned.running.map { "\($0.number)" }
  }

  private static let refused = ProcessProtocol.Failure.notPermitted.rawValue

  /// Init, itself, each other, the number behind the last, and what is no number.
  private static let targets: [UInt32] = Array(0...6) + [255, 256, .max - 1, .max]

  private static var requests: [ProcessProtocol.Request] {
    targets.flatMap { [.kill($0), .wait($0), .list(from: $0), .service(at: $0)] }
      + targets.flatMap { [.capability(of: $0, from: 0), .thread(of: $0, from: 0)] }
      + [.stray(from: 0), .power(.off), .power(.reboot)]
      + [.spawn(SpawnRequest(argumentByteCount: 4)), .spawn(SpawnRequest(argumentByteCount: 0))]
  }

  /// From each process, and from those that there are not, with every badge that lacks the right.
  @Test(arguments: [0, 1, 2, 3, 4, 5, .max] as [UInt32], 0..<4)
  func `SUP_006 withoutTheRightNothingIsDoneWithProcesses`(process: UInt32, others: Int) throws {
    let kernel = InitKernel()
    try kernel.run {
      var server = try makeServer(kernel)
      let before = state(server)
      let badge = ClientBadge(
        process: process, mayUseDirectory: others & 1 != 0, mayUsePower: others & 2 != 0)
      for request in Self.requests {
        #expect(ask(&server, .processes(request), as: badge) == Self.refused, "\(request)")
      }
      #expect(!kernel.hasActed)
      #expect(state(server) == before)
    }
  }

  /// With the right to processes: neither init, nor what is none, nor the power.
  @Test func `SUP_006 initAndWhatIsNoProcessAreNotEnded`() throws {
    let kernel = InitKernel()
    try kernel.run {
      var server = try makeServer(kernel)
      let before = state(server)
      let badge = ClientBadge(process: 4, mayUseProcesses: true)
      for number in Self.targets where !Self.numbers.contains(number) {
        let failure: ProcessProtocol.Failure = number <= 1 ? .notPermitted : .notFound
        #expect(ask(&server, .processes(.kill(number)), as: badge) == failure.rawValue)
        #expect(
          ask(&server, .processes(.wait(number)), as: badge)
            == ProcessProtocol.Failure.notFound.rawValue)
      }
      for operation in [PowerOperation.off, .reboot] {
        #expect(ask(&server, .processes(.power(operation)), as: badge) == Self.refused)
      }
      #expect(!kernel.hasActed)
      #expect(state(server) == before)
    }
  }

  /// Who has ended, or never was, starts nothing: nobody would end what it started.
  @Test(arguments: [0, 1, 5, .max] as [UInt32])
  func `SUP_006 nobodyStartsProgramsForAnother`(process: UInt32) throws {
    let kernel = InitKernel()
    try kernel.run {
      var server = try makeServer(kernel)
      let before = state(server)
      let request = ProcessProtocol.Request.spawn(SpawnRequest(argumentByteCount: 4))
      let badge = ClientBadge(process: process, mayUseProcesses: true)

      #expect(ask(&server, .processes(request), as: badge) == Self.refused)
      #expect(!kernel.hasActed)
      #expect(state(server) == before)
    }
  }

  /// Each process, and each number that is none's, for each name: only its owner serves it.
  @Test(arguments: [0, 1, 2, 3, 4, 5, 2 + 256, .max] as [UInt32], [false, true])
  func `SUP_006 namesAreRegisteredByTheirOwnersOnly`(process: UInt32, brings: Bool) throws {
    let kernel = InitKernel()
    try kernel.run {
      var server = try makeServer(kernel)
      let owners: [(name: String, owner: UInt32)] = [("x", 2), ("y", 3), ("z", 0), ("first", 0)]
      for (name, owner) in owners where owner != process || owner == 0 {
        let before = state(server)
        let endpoint = brings ? kernel.make(.endpoint, badge: 5) : .none
        let request = NameProtocol.Request.register(Name(Array(name.utf8).span)!)
        let badge = ClientBadge(process: process, mayUseDirectory: true)
        let without = ClientBadge(process: process, mayUseProcesses: true, mayUsePower: true)

        let failure = NameProtocol.Failure.notPermitted.rawValue
        #expect(ask(&server, .names(request), as: badge, bringing: endpoint) == failure)
        #expect(ask(&server, .names(request), as: without) == failure)
        #expect(state(server) == before, "\(name)")
      }
    }
  }

  /// The owner itself cannot lead callers of its kept queue elsewhere, nor hand out an end whose
  /// holders could speak as anybody.
  @Test func `SUP_006 ownersRegisterOnlyWhatTheyMay`() throws {
    let kernel = InitKernel()
    try kernel.run {
      var server = try makeServer(kernel)
      let before = state(server)
      let failure = NameProtocol.Failure.badCapability.rawValue
      func register(_ name: Name, _ process: UInt32, _ handle: Handle) -> UInt64? {
        ask(
          &server, .names(.register(name)),
          as: ClientBadge(process: process, mayUseDirectory: true), bringing: handle)
      }

      #expect(register(Name("y"), 3, kernel.make(.endpoint, badge: 5)) == failure)
      #expect(register(Name("x"), 2, kernel.make(.endpoint, badge: 0)) == failure)
      #expect(register(Name("x"), 2, kernel.make(.memory, badge: 5)) == failure)
      #expect(register(Name("x"), 2, .none) == failure)
      #expect(state(server) == before)
      // And what they may is done.
      #expect(register(Name("x"), 2, kernel.make(.endpoint, badge: 5)) == 0)
      #expect(register(Name("y"), 3, .none) == 0)
      #expect(server.directory.isServed(Name("x")) && server.directory.isServed(Name("y")))
    }
  }
}
