import Libmnos

/// Kills vfs, initramfs and console again and again, while one thread reads a file every 5 ms and
/// others ask the console. Stands in the shell's place, since the shell's manifest lets it end
/// services.
///
/// It reports facts as the test programs do, and turns the machine off.
@main struct Restarts: Program {
  static func run(_ start: inout StartContext) -> UInt64 {
    do throws(SyscallStatus) {
      let directory = Client<NameProtocol>(try start.take(ShortName("directory")))
      let processes = Client<ProcessProtocol>(try start.take(ShortName("processes")))
      let files = try find(Name("vfs"), directory)
      let console = try find(Name("console"), directory)
      var report = Report(Client(try console.copy(rights: ReceiveEndpoint.senderRights)))
      try judge(start, files, console, processes, &report)
      report.finish()
      _ = try? processes.call(.power(.off))
      return 0
    } catch {
      return UInt64(error.rawValue)
    }
  }

  private static func find(
    _ name: Name, _ directory: borrowing Client<NameProtocol>
  ) throws(SyscallStatus) -> SendEndpoint {
    do throws(CallFailure<NameProtocol.Failure>) {
      return try directory.lookUp(name)
    } catch {
      throw .unavailable
    }
  }

  /// Below the services, and the same for all threads, so that kills come at any point of what the
  /// others do.
  private static var priority: UInt8 { 90 }

  private static func judge(
    _ start: borrowing StartContext, _ files: consuming SendEndpoint,
    _ console: consuming SendEndpoint, _ processes: borrowing Client<ProcessProtocol>,
    _ report: inout Report
  ) throws(SyscallStatus) {
    let holder = Holder.start(start.budget, files, processes)
    let reader = FileReader(files)
    report.judge("anotherProcessHoldsManyFiles", holder != nil)
    report.judge("whoeverComesNextIsServed", reader.attempt() == .worked)
    let wanted = reader.wantedKills()
    let reading = Repeated(reader, try start.budget.makeNotification())
    let waiting = Repeated(
      ConsoleReader(Client(try console.copy(rights: ReceiveEndpoint.senderRights))),
      try start.budget.makeNotification())
    let asking = Repeated(ConsoleAsker(Client(console)), try start.budget.makeNotification())
    var readingThread = try RunningThread.start(in: start, priority: priority) { reading.run() }
    var askingThread = try RunningThread.start(in: start, priority: priority) { asking.run() }
    // Ends with this function: its last call is never answered.
    let waitingThread = try RunningThread.start(in: start, priority: priority) { waiting.run() }
    var killer = Killer(seed: Clock.now(), pause: try start.budget.makeNotification())
    let before = killer.restartCount(processes)
    while killer.killCount < wanted {
      guard killer.killOne(processes) else { break }
      // Half of the time the next one comes while this one is away.
      if killer.chance(of: 2) { killer.wait(for: reading) }
      if killer.killCount % 100 == 0 { report.progress(killer.killCount) }
    }
    killer.wait(for: reading)
    killer.wait(for: asking)
    reading.stop()
    asking.stop()
    _ = try readingThread.join()
    _ = try askingThread.join()
    report.tell("files", reading.tally, killer.killCount)
    report.tell("console", asking.tally, killer.killCount)
    report.tell("typing", waiting.tally, killer.consoleKillCount)
    report.judge("everyKillIsCarriedOut", killer.killCount == wanted)
    let restartCount = killer.restartCount(processes) - before
    report.write("restarts: services were started anew ")
    report.write(decimal: restartCount)
    report.write(" times\n")
    // A start that fails, because what the killed one had is not all back, counts once more.
    report.judge(
      "everyKilledServiceIsStartedAnew",
      restartCount >= killer.killCount && restartCount <= killer.killCount * 11 / 10 + 2)
    report.judge(
      "readsFailAtMostOnceForEachKill",
      reading.tally.goneCount <= killer.killCount - killer.consoleKillCount)
    report.judge("readsFailInNoOtherWay", reading.tally.otherCount == 0)
    report.judge("whatIsReadIsWhole", reader.wrongCount == 0)
    report.judge("readsGoOn", reading.tally.lastOneWorked)
    report.judge("theConsoleFailsAtMostOnceForEachKill", asking.tally.goneCount <= killer.consoleKillCount)
    report.judge("theConsoleFailsInNoOtherWay", asking.tally.otherCount == 0)
    report.judge("theConsoleGoesOn", asking.tally.lastOneWorked)
    // One that comes while no instance is there is received by the next one, and ends with that.
    report.judge(
      "aReceivedCallEndsAtMostOnceForEachKill",
      waiting.tally.goneCount <= killer.consoleKillCount && waiting.tally.goneCount > 0)
    report.judge(
      "aReceivedCallEndsInNoOtherWay",
      waiting.tally.otherCount == 0 && waiting.tally.workedCount == 0)
    _ = consume waitingThread
  }
}

/// What came of one attempt.
enum Attempt {
  case worked
  /// The status of a call that its server did not live to answer.
  case gone
  case other
}

/// Something that is done every 5 ms.
protocol Repeatable: AnyObject {
  func attempt() -> Attempt
}

/// How attempts went.
struct Tally {
  var workedCount: UInt64 = 0
  var goneCount: UInt64 = 0
  var otherCount: UInt64 = 0
  var longest: UInt64 = 0
  var lastOneWorked = false

  mutating func note(_ attempt: Attempt, after time: UInt64) {
    lastOneWorked = false
    longest = max(longest, time)
    switch attempt {
    case .worked:
      workedCount += 1
      lastOneWorked = true
    case .gone: goneCount += 1
    case .other: otherCount += 1
    }
  }
}

/// The loop of a thread: an attempt, a pause of 5 ms, until it is stopped.
final class Repeated {
  static var pause: UInt64 { 5_000_000 }

  private let work: any Repeatable
  private let end: Notification
  // Written by one thread; another looks at it from time to time.
  private(set) var tally = Tally()

  init(_ work: any Repeatable, _ end: consuming Notification) {
    self.work = work
    self.end = end
  }

  func run() -> UInt64 {
    repeat {
      let start = Clock.now()
      let attempt = work.attempt()
      tally.note(attempt, after: Clock.now() - start)
    } while (try? end.wait(deadline: Clock.now() + Self.pause)) == nil
    return 0
  }

  func stop() { try? end.makeSignaller(bits: 1).signal() }
}
