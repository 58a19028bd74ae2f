import Libmnos

/// What the judge has: init's directory and process service, and the services behind names.
final class System {
  static var subject: Name { Name("vfs") }

  let directory: Client<NameProtocol>
  let processes: Client<ProcessProtocol>
  let console: Client<ConsoleProtocol>
  /// The send end that was found first. Init keeps the queue, so it leads to every instance.
  let service: Client<FileSystemProtocol>
  let report = Report()
  private let pause: Notification

  init(
    _ start: borrowing StartContext, _ directory: consuming Client<NameProtocol>,
    _ processes: consuming Client<ProcessProtocol>
  ) throws(SyscallStatus) {
    console = Client(try Self.find(Name("console"), directory))
    service = Client(try Self.find(Self.subject, directory))
    pause = try start.budget.makeNotification()
    self.directory = directory
    self.processes = processes
  }

  private static func find(
    _ name: Name, _ directory: borrowing Client<NameProtocol>
  ) throws(SyscallStatus) -> SendEndpoint {
    guard let end = try? directory.lookUp(name) else { throw .unavailable }
    return end
  }

  // MARK: The service

  /// What came of asking the service.
  enum Answer: Equatable {
    case number(UInt64)
    case done
    /// The instance that had the call did not live to answer it.
    case gone
    case other
  }

  func ask(_ command: Command) -> Answer { Self.ask(command, service) }

  static func ask(
    _ command: Command, _ service: borrowing Client<FileSystemProtocol>
  ) -> Answer {
    do throws(CallFailure<FileSystemError>) {
      switch try service.call(command.request, deadline: Clock.now() + patience) {
      case .count(let number): return .number(number)
      case .done: return .done
      default: return .other
      }
    } catch {
      if case .kernel(.peerGone) = error { return .gone }
      return .other
    }
  }

  /// Nanoseconds after which something that has to come counts as lost: longer than any pause of
  /// a service that keeps ending.
  static var patience: UInt64 { 45_000_000_000 }

  // MARK: Init

  func info(of name: Name) -> ServiceInfo? {
    for index in 0..<16 as Range<UInt32> {
      guard case .service(let info)? = try? processes.call(.service(at: index)) else { return nil }
      if info.name.asName == name { return info }
    }
    return nil
  }

  /// A service that runs, once it does.
  func running(_ name: Name) -> ServiceInfo? {
    var found: ServiceInfo?
    _ = wait {
      found = info(of: name)
      return found?.state == .running
    }
    return found
  }

  /// Ends a service once it runs.
  func kill(_ name: Name) -> Bool {
    guard let info = running(name) else { return false }
    return (try? processes.call(.kill(info.process))) != nil
  }

  /// Waits until something holds, looking every half millisecond.
  func wait(until holds: () -> Bool) -> Bool {
    let deadline = Clock.now() + Self.patience
    while !holds() {
      guard Clock.now() < deadline else { return false }
      sleep(500_000)
    }
    return true
  }

  func sleep(_ nanoseconds: UInt64) {
    _ = try? pause.wait(deadline: Clock.now() + nanoseconds)
  }

  /// A further client of the service, for another thread.
  func makeClient() throws(SyscallStatus) -> Client<FileSystemProtocol> {
    Client(try service.endpoint.copy(rights: ReceiveEndpoint.senderRights))
  }
}

/// Facts, kept until all are judged: the kernel's log has lines of its own meanwhile.
final class Report {
  private var facts: [(name: StaticString, problem: StaticString?, number: UInt64)] = []

  /// - Parameter problem: What is wrong; nil if nothing is.
  func judge(_ name: StaticString, _ problem: StaticString?, _ number: UInt64 = 0) {
    facts.append((name, problem, number))
  }

  func finish(_ console: borrowing Client<ConsoleProtocol>) {
    var hasFailed = false
    show("\n", console)
    for fact in facts {
      var line = TextBuffer<300>()
      line.write(fact.problem == nil ? "ok supervision." : "not ok supervision.")
      line.write(fact.name)
      if let problem = fact.problem {
        hasFailed = true
        line.write(": ")
        line.write(problem)
        line.write(" (0x")
        line.write(hexadecimal: fact.number)
        line.write(")")
      }
      line.writeLine()
      _ = try? console.call(.writeLent, lending: line.bytes)
    }
    show(hasFailed ? "FAIL\n" : "PASS\n", console)
    _ = try? console.call(.flush)
  }

  private func show(_ text: StaticString, _ console: borrowing Client<ConsoleProtocol>) {
    var line = TextBuffer<300>()
    line.write(text)
    _ = try? console.call(.writeLent, lending: line.bytes)
  }
}
