import Libmnos

/// Services that fault.
extension System {
  func checkFaults(_ start: borrowing StartContext) {
    report.judge("SUP_001_aServiceThatFaultsAnswersAfresh", freshness())
    let problem: StaticString?
    do throws(SyscallStatus) {
      problem = try clientsOfAFault(start)
    } catch {
      problem = "a thread could not be started"
    }
    report.judge("SUP_002_whoWaitsLearnsItOnceAndANewLookUpReachesTheNext", problem)
  }

  /// What is wrong with the instance behind one that faulted; nil if nothing is.
  private func freshness() -> StaticString? {
    for way in [Command.trap, .overflow] {
      guard let before = running(Self.subject) else { return "it does not run" }
      for wanted in 1...3 as ClosedRange<UInt64> where ask(.count) != .number(wanted) {
        return "an instance counts wrong"
      }
      guard ask(way) == .gone else { return "the call that it fell over was not told so" }
      // The next one waits in the queue until it is there.
      guard ask(.count) == .number(1) else { return "the next instance is not fresh" }
      guard let after = running(Self.subject) else { return "it did not come back" }
      guard after.process != before.process, after.restartCount == before.restartCount + 1 else {
        return "it was not started anew, once"
      }
      // So that the next way counts from 1.
      guard kill(Self.subject) else { return "it cannot be ended" }
    }
    return nil
  }

  private func clientsOfAFault(
    _ start: borrowing StartContext
  ) throws(SyscallStatus) -> StaticString? {
    guard ask(.count) != .gone else { return "it does not run" }
    let (held, fatal) = (try Asking(.hold, self), try Asking(.trap, self))
    let heldThread = try held.start(start)
    guard wait(until: { ask(.held) == .number(1) }) else { return "the call is not held" }
    let fatalThread = try fatal.start(start)
    guard wait(until: { held.answer != nil && fatal.answer != nil }) else {
      return "a caller hangs"
    }
    guard held.answer == .gone, fatal.answer == .gone else { return "a caller was told else" }
    guard let end = try? directory.lookUp(Self.subject) else { return "it cannot be found" }
    let next = Client<FileSystemProtocol>(end)
    guard Self.ask(.count, next) == .number(1), Self.ask(.held, next) == .number(0) else {
      return "the look-up did not lead to the next instance"
    }
    guard ask(.count) == .number(2) else { return "both ends do not lead to the same one" }
    _ = consume heldThread
    _ = consume fatalThread
    return nil
  }

  // MARK: A service that ends whenever it starts

  private static var crashCount: Int { 5 }

  /// Each instance finds a call in its queue over which it falls.
  func checkSpacing(_ start: borrowing StartContext) {
    var clients: [Asking] = []
    for _ in 0..<Self.crashCount {
      guard let client = try? Asking(.trap, self) else { continue }
      clients.append(client)
    }
    guard clients.count == Self.crashCount, ask(.count) != .gone else {
      return report.judge("SUP_003_restartsAreSpaced", "there are no clients")
    }
    let begin = Clock.now()
    let promptness = crash(clients, 0, start)
    report.judge("SUP_003_restartsAreSpaced", spacing(of: clients, since: begin))
    let isPrompt = promptness.late * 10 <= promptness.count && promptness.count > 0
    report.judge(
      "SUP_003_theRestIsResponsiveMeanwhile",
      isPrompt ? nil : "more than one of ten answers took 100 ms", promptness.late)
    report.judge(
      "SUP_003_itRunsOnceItNoLongerEnds",
      ask(.count) == .number(1) ? nil : "it does not answer")
  }

  /// Starts the clients from this one on, and looks how soon the console answers until all are
  /// told.
  private func crash(
    _ clients: [Asking], _ index: Int, _ start: borrowing StartContext
  ) -> (count: UInt64, late: UInt64) {
    guard index < clients.count else { return askConsole(while: { !Self.areTold(clients) }) }
    guard let thread = try? clients[index].start(start) else { return (0, 0) }
    let result = crash(clients, index + 1, start)
    _ = consume thread
    return result
  }

  private static func areTold(_ clients: [Asking]) -> Bool {
    clients.allSatisfy { $0.answer != nil }
  }

  /// Asks the console every 7 ms.
  ///
  /// - Returns: How often, and how often the answer took more than 100 ms.
  func askConsole(while goesOn: () -> Bool) -> (count: UInt64, late: UInt64) {
    var (count, late) = (UInt64(0), UInt64(0))
    let deadline = Clock.now() + Self.patience
    while goesOn(), Clock.now() < deadline {
      let due = Clock.now() + 7_000_000
      sleep(7_000_000)
      count += 1
      guard (try? console.call(.flush)) != nil else {
        late += 1
        continue
      }
      if Clock.now() - due > 100_000_000 { late += 1 }
    }
    return (count, late)
  }

  /// What is wrong with the times at which callers of instances that ended were told.
  private func spacing(of clients: [Asking], since begin: UInt64) -> StaticString? {
    guard clients.allSatisfy({ $0.answer == .gone }) else { return "a caller was told else" }
    var times: [UInt64] = []
    for client in clients { times.append(client.time) }
    times.sort()
    // The pauses before the instance that a caller fell with: 50 ms, and twice as much each time.
    for index in times.indices {
      let least = UInt64(50_000_000) * ((1 << UInt64(index)) - 1)
      guard times[index] - begin >= least else { return "an instance came too early" }
    }
    return nil
  }
}
